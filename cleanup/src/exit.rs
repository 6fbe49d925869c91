//! What the exit code says. One enum, so that scripts can rely on it: `--help` and the README list it.

use std::process::ExitCode;

/// How a teardown ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// Nothing is left but what is kept on purpose; of a dry run, that the plan was shown.
    NothingLeft,
    /// Something stayed, and is listed; or AWS could not be asked, or somebody said no, and everything stayed.
    Stayed,
    /// The command line is wrong, or nobody can be asked and `--force` is not given.
    Usage,
}

impl ExitStatus {
    /// Every status, by code.
    pub const ALL: [Self; 3] = [Self::NothingLeft, Self::Stayed, Self::Usage];

    /// The number the shell sees.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::NothingLeft => 0,
            Self::Stayed => 1,
            Self::Usage => 2,
        }
    }

    /// What it means, in a few words.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::NothingLeft => "nothing is left but what is kept on purpose; of --dry-run: the plan is shown",
            Self::Stayed => "something stayed and is listed, or nothing was done; stderr says why",
            Self::Usage => "the command line is wrong, or nobody can be asked and --force is not given",
        }
    }

    /// All codes and meanings, a line each.
    #[must_use]
    pub fn table() -> String {
        Self::ALL.iter().map(|status| format!("  {}  {}\n", status.code(), status.meaning())).collect()
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status.code())
    }
}
