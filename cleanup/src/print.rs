//! The only place that prints: data to stdout, the rest to stderr. What came from elsewhere cannot drive the terminal.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

/// How data is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum OutputFormat {
    /// For people.
    Table,
    /// One JSON document, for programs.
    Json,
}

/// Whether to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();

/// Prints.
pub(crate) struct Printer {
    data: Mutex<Box<dyn Write + Send>>,
    other: Mutex<Box<dyn Write + Send>>,
}

impl Printer {
    /// To the process's own streams.
    pub(crate) fn new(color: Color) -> Self {
        let choice = |auto| match color {
            Color::Auto => auto,
            Color::Always => ColorChoice::AlwaysAnsi,
            Color::Never => ColorChoice::Never,
        };
        let data = AutoStream::new(io::stdout(), choice(AutoStream::choice(&io::stdout())));
        let other = AutoStream::new(io::stderr(), choice(AutoStream::choice(&io::stderr())));
        Self { data: Mutex::new(Box::new(data)), other: Mutex::new(Box::new(other)) }
    }

    /// Print data. Whoever closes stdout early does not want it; the work goes on all the same.
    pub(crate) fn data(&self, text: &str) {
        let mut stream = self.data.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
    }

    /// Say something to whoever watches.
    pub(crate) fn say(&self, text: &str) {
        let mut stream = self.other.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.write_all(b"\n")).and_then(|()| stream.flush());
    }
}

impl Printer {
    /// Say why it ends here, and what to do about it.
    pub(crate) fn fail(&self, message: &str, hint: Option<&str>) {
        self.say(&format!("{BAD}error:{BAD:#} {}", escape(message)));
        if let Some(hint) = hint {
            self.say(&format!("\n{BOLD}hint:{BOLD:#} {hint}"));
        }
    }
}

/// The text with every character that would drive a terminal spelled out.
pub(crate) fn escape(text: &str) -> String {
    let is_active = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let spelled =
        |letter: char| if is_active(letter) { letter.escape_default().to_string() } else { letter.to_string() };
    text.chars().map(spelled).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_drive_a_terminal_is_spelled_out() {
        assert_eq!(escape("ünï\u{1b}[2J\u{202e}"), "ünï\\u{1b}[2J\\u{202e}");
    }
}
