//! What the tests of the program share.

use std::path::PathBuf;

use assert_cmd::Command;

/// The program, in an environment of its own: whatever this machine has set must not show.
pub(crate) fn daypass() -> Command {
    let mut command = Command::cargo_bin("daypass").unwrap();
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", "/nonexistent");
    command
}

/// A home of its own for one test.
pub(crate) struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// The program at home here.
    pub(crate) fn daypass(&self) -> Command {
        let mut command = daypass();
        command.env("HOME", self.folder.path());
        command
    }

    /// A path at home.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// What a run of the program showed: stdout, stderr and exit code, as one text to compare.
pub(crate) fn transcript(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap();
    format!("exit code: {code}\n--- stdout\n{}--- stderr\n{}", text(output.stdout), text(output.stderr))
}
