//! What the exit code of `daypass` says. One enum, so that scripts can rely on it: the table in the README and in
//! `daypass --help` is made from it and checked against it.

use std::fmt::Write as _;
use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// It did what was asked.
    Ok,
    /// It did not, for a reason that has no code of its own.
    Failure,
    /// The command line is wrong.
    Usage,
    /// Nobody is logged in, or the login has expired.
    NotLoggedIn,
    /// The rules do not allow it, or would not (`explain`); what would be needed is printed.
    Refused,
    /// There is no such thing, or it is hidden from whoever asks.
    NotFound,
    /// `policy check`, `policy simulate`, `policy explain`: the call would be denied.
    PolicyDenied,
    /// The server cannot be reached, or cannot answer now.
    Unreachable,
    /// The session is in the wrong state for this, or somebody else changed it first.
    Conflict,
    /// `demo`, `--batch`, `rules test`: an expectation did not hold. `audit verify`: the trail was tampered with.
    NotAsExpected,
    /// `policy compare` and its kin: a policy grants more than it may; a request that shows it is printed.
    GrantsMore,
    /// `policy compare` and its kin: neither proved nor refuted; the reason is printed.
    Unknown,
    /// `policy lint`: there are findings as severe as `--fail-on` says. `rules check`: a permit can never count.
    Findings,
    /// A file cannot be read, or something in it is no policy or no case.
    Unreadable,
    /// Ctrl-C.
    Interrupted,
}

impl ExitStatus {
    /// Every status, by code.
    pub const ALL: [Self; 15] = [
        Self::Ok,
        Self::Failure,
        Self::Usage,
        Self::NotLoggedIn,
        Self::Refused,
        Self::NotFound,
        Self::PolicyDenied,
        Self::Unreachable,
        Self::Conflict,
        Self::NotAsExpected,
        Self::GrantsMore,
        Self::Unknown,
        Self::Findings,
        Self::Unreadable,
        Self::Interrupted,
    ];

    /// The number the shell sees.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Failure => 1,
            Self::Usage => 2,
            Self::NotLoggedIn => 3,
            Self::Refused => 4,
            Self::NotFound => 5,
            Self::PolicyDenied => 6,
            Self::Unreachable => 7,
            Self::Conflict => 8,
            Self::NotAsExpected => 9,
            Self::GrantsMore => 10,
            Self::Unknown => 11,
            Self::Findings => 12,
            Self::Unreadable => 13,
            // 128 + SIGINT, as shells report it.
            Self::Interrupted => 130,
        }
    }

    /// What it means, in a few words.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Ok => "done",
            Self::Failure => "failed, for a reason that has no code of its own",
            Self::Usage => "the command line is wrong",
            Self::NotLoggedIn => "not logged in, or the login has expired",
            Self::Refused => "the rules do not allow it",
            Self::NotFound => "no such session, action or service, or not for you to see",
            Self::PolicyDenied => "`policy check`, `simulate`, `explain`: the call would be denied",
            Self::Unreachable => "the server cannot be reached, or cannot answer now",
            Self::Conflict => "the session's state does not allow it, or somebody else was first",
            Self::NotAsExpected => {
                "`demo`, `--batch`, `rules test`: not as expected; `audit verify`: the trail was changed"
            }
            Self::GrantsMore => "`policy compare`, `diff`, `check-…`, `prove`: more is granted; a request shows it",
            Self::Unknown => "`policy compare`, `diff`, `check-…`, `prove`: not decided; the reason is printed",
            Self::Findings => {
                "`policy lint`: there are findings as severe as `--fail-on` says; `rules check`: a permit never counts"
            }
            Self::Unreadable => "a file cannot be read, or something in it is no policy, no rule or no case",
            Self::Interrupted => "interrupted by Ctrl-C",
        }
    }

    /// All codes and meanings, a line each.
    #[must_use]
    pub fn table() -> String {
        let mut table = String::new();
        for status in Self::ALL {
            // Writing to a `String` cannot fail.
            let _ = writeln!(table, "  {:>3}  {}", status.code(), status.meaning());
        }
        table
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status.code())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_status_has_a_code_of_its_own() {
        let codes: BTreeSet<u8> = ExitStatus::ALL.iter().map(|status| status.code()).collect();
        assert_eq!(codes, BTreeSet::from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 130]));
    }

    #[test]
    fn the_readme_documents_every_code() {
        let readme = include_str!("../README.md");
        for status in ExitStatus::ALL {
            let row = format!("| {} | {} |", status.code(), status.meaning());
            assert!(readme.contains(&row), "the README lacks `{row}`");
        }
    }
}
