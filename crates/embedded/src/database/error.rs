//! What can go wrong, told apart by what a caller can do about it.

use std::any::Any;
use std::convert::Infallible;
use std::path::PathBuf;

use daypass_vending::ports::{CommitError, StoreError};
use rusqlite::ErrorCode;

/// Why a database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// Another process works with it.
    #[error(
        "another process has `{}` open; stop the other daypass-server or `daypass dev`, or give this one a file of its own",
        .0.display()
    )]
    InUse(PathBuf),
    /// A newer Daypass wrote it.
    #[error(
        "the database has format {found}, and this Daypass knows formats up to {known}; use the newer Daypass that wrote it"
    )]
    Newer {
        /// The format of the file.
        found: u32,
        /// The newest format this program knows.
        known: u32,
    },
    /// It is something else.
    #[error("`{}` is not a Daypass database", .0.display())]
    Foreign(PathBuf),
    /// Bringing its tables up to date failed; it is as it was.
    #[error("cannot bring the database to format {number} ({name})")]
    Migration {
        /// The format that was to be reached.
        number: u32,
        /// What it is about.
        name: &'static str,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// The file system refused.
    #[error("cannot use `{}`", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// SQLite refused.
    #[error("SQLite cannot open the database")]
    Sqlite(#[from] rusqlite::Error),
}

/// Why work on the database was not done. `R` is what the work itself can decline with; without one it cannot.
#[derive(Debug, thiserror::Error)]
pub enum JobError<R = Infallible> {
    /// The work declined; nothing of it was stored.
    #[error("declined")]
    Declined(R),
    /// SQLite refused; nothing of the work was stored.
    #[error("SQLite refused")]
    Sqlite(#[from] rusqlite::Error),
    /// What is stored cannot be read.
    #[error("a stored record cannot be read: {0}")]
    Corrupt(String),
    /// The database cannot be used; nothing of the work was stored.
    #[error("the database cannot be used: {0}")]
    Unavailable(String),
    /// The work may have been stored.
    #[error("the database did not say whether the work was stored: {0}")]
    Unknown(String),
}

impl<R> JobError<R> {
    /// The work panicked; it was rolled back like any other failure.
    pub(super) fn panicked(payload: &(dyn Any + Send)) -> Self {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default();
        Self::Unavailable(format!("the work panicked: {text}"))
    }

    /// The same error of work that declines otherwise; what it declined with is translated by `translate`.
    pub(crate) fn map<Q>(self, translate: impl FnOnce(R) -> Q) -> JobError<Q> {
        match self {
            Self::Declined(why) => JobError::Declined(translate(why)),
            Self::Sqlite(error) => JobError::Sqlite(error),
            Self::Corrupt(text) => JobError::Corrupt(text),
            Self::Unavailable(text) => JobError::Unavailable(text),
            Self::Unknown(text) => JobError::Unknown(text),
        }
    }
}

impl From<JobError> for StoreError {
    fn from(error: JobError) -> Self {
        error.map(|never| -> Self { match never {} }).into()
    }
}

impl From<JobError<StoreError>> for StoreError {
    fn from(error: JobError<StoreError>) -> Self {
        match error {
            JobError::Declined(why) => why,
            JobError::Sqlite(error) if is_damage(&error) => Self::Corrupt(error.to_string()),
            JobError::Sqlite(error) => Self::Unavailable(error.to_string()),
            JobError::Corrupt(text) => Self::Corrupt(text),
            JobError::Unavailable(text) => Self::Unavailable(text),
            JobError::Unknown(text) => Self::Unknown(text),
        }
    }
}

impl From<JobError<CommitError>> for CommitError {
    fn from(error: JobError<CommitError>) -> Self {
        match error {
            JobError::Declined(why) => why,
            other => Self::Store(other.map(|_| StoreError::Conflict).into()),
        }
    }
}

fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}
