//! Opening a browser, where there is one.

use std::process::{Command, Stdio};

use url::Url;

/// Have a browser show the page; whether one was started. The address is an argument and never goes through a shell.
pub(crate) fn open(page: &Url) -> bool {
    let Some((program, arguments)) = opener() else { return false };
    let mut command = Command::new(program);
    command.args(arguments).arg(page.as_str()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().is_ok()
}

/// What opens pages here: the program that the person chose, else the one of the system.
fn opener() -> Option<(String, &'static [&'static str])> {
    if let Some(chosen) = std::env::var("BROWSER").ok().filter(|name| !name.is_empty()) {
        return Some((chosen, &[]));
    }
    if cfg!(target_os = "macos") {
        return Some(("open".to_owned(), &[]));
    }
    if cfg!(windows) {
        return Some(("rundll32".to_owned(), &["url.dll,FileProtocolHandler"]));
    }
    // On a machine without a screen it would open a browser for the terminal, in the middle of ours.
    let has_screen = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
    has_screen.then(|| ("xdg-open".to_owned(), [].as_slice()))
}
