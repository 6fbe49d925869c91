//! Starting other programs, above all cargo, as if nobody stood between the person and them.

use std::env;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context as _, Result};

/// The workspace this `xtask` was started in.
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// Find the root by what `cargo run` says about this package, so that a moved checkout keeps working.
    pub(crate) fn of_this_run() -> Result<Self> {
        let manifest_dir = env::var_os("CARGO_MANIFEST_DIR").context("start this program as `cargo xtask`")?;
        let root = Path::new(&manifest_dir).parent().context("the package `xtask` has no folder above it")?;
        Ok(Self { root: root.to_owned() })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A program, in the root, as if nobody had started it from here.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).stdin(Stdio::null());
        forget_own_package(&mut command);
        command
    }

    /// Cargo, in the root, with `arguments`.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(arguments).current_dir(&self.root).stdin(Stdio::null());
        forget_own_package(&mut command);
        command
    }
}

/// Keep what `cargo run` set for this package from `command`: build scripts that watch these would run again,
/// and a test would take our folder for its own.
pub(crate) fn forget_own_package(command: &mut Command) {
    let ours = |name: &str| {
        name.starts_with("CARGO_PKG_")
            || matches!(
                name,
                "CARGO_MANIFEST_DIR" | "CARGO_MANIFEST_PATH" | "CARGO_PRIMARY_PACKAGE" | "LD_LIBRARY_PATH"
            )
    };
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(ours) {
            command.env_remove(name);
        }
    }
}

/// Run `command` to its end and hand each line of its standard output to `on_line`; its other streams are ours.
pub(crate) fn for_each_line(command: &mut Command, mut on_line: impl FnMut(&str)) -> Result<ExitStatus> {
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start `{program}`"))?;
    if let Some(output) = child.stdout.take() {
        // Split bytes, not text: what a test prints need not be UTF-8.
        for line in BufReader::new(output).split(b'\n') {
            let line = line.with_context(|| format!("cannot read from `{program}`"))?;
            on_line(&String::from_utf8_lossy(&line));
        }
    }
    child.wait().with_context(|| format!("cannot wait for `{program}`"))
}

/// All that `command` prints on standard output; a failure of the command is an error.
pub(crate) fn output_of(command: &mut Command) -> Result<Vec<u8>> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("cannot start `{program}`"))?;
    anyhow::ensure!(output.status.success(), "`{program}` ended with {}", output.status);
    Ok(output.stdout)
}
