//! How a command fails: an exit status, a sentence, what caused it, and what to do about it. The chain of causes is joined
//! here, once.

use std::error::Error;
use std::fmt;
use std::io;

use daypass_api::ClientError;

use crate::connection;
use crate::exit::ExitStatus;

/// Why a command did not do what was asked. Never contains a secret: it is made of errors that do not.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What the shell is told.
    pub(crate) status: ExitStatus,
    /// What happened, outermost layer first, each cause after a colon.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) hint: Option<String>,
    /// Whether stdout was closed by whoever read it, as `head` does: not a failure at all.
    pub(crate) reader_left: bool,
}

/// What every command returns.
pub(crate) type Outcome = Result<ExitStatus, Failure>;

impl Failure {
    pub(crate) fn new(status: ExitStatus, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), hint: None, reader_left: false }
    }

    /// A failure without a code of its own.
    pub(crate) fn plain(message: impl Into<String>) -> Self {
        Self::new(ExitStatus::Failure, message)
    }

    /// The command line is wrong in a way that clap cannot see.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(ExitStatus::Usage, message)
    }

    /// Say what to do about it.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl<E: Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        // A blanket implementation leaves no room for one of its own for errors that mean more.
        if let Some(error) = (&error as &(dyn Error + 'static)).downcast_ref::<ClientError>() {
            return connection::explain(error);
        }
        let mut failure = Self::plain(chain(&error));
        failure.reader_left = is_broken_pipe(&error);
        failure
    }
}

/// Say what was being done when an error occurred.
pub(crate) trait While<T> {
    /// `doing` reads as a sentence of its own: ``cannot write `path` ``.
    fn context(self, doing: impl fmt::Display) -> Result<T, Failure>;
}

impl<T, E: Error> While<T> for Result<T, E> {
    fn context(self, doing: impl fmt::Display) -> Result<T, Failure> {
        self.map_err(|error| Failure::plain(format!("{doing}: {}", chain(&error))))
    }
}

/// An error and its causes in one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        // Some libraries repeat their cause in their own text.
        if !line.ends_with(&text) {
            line.push_str(": ");
            line.push_str(&text);
        }
        cause = error.source();
    }
    line
}

fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
            return true;
        }
        next = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_pipe_is_told_from_other_failures() {
        assert!(Failure::from(io::Error::from(io::ErrorKind::BrokenPipe)).reader_left);
        assert!(!Failure::from(io::Error::from(io::ErrorKind::PermissionDenied)).reader_left);
    }

    #[test]
    fn a_cause_is_named_once() {
        let missing: Result<(), _> = Err(io::Error::other("no space"));
        let failure = missing.context("cannot write `x`").expect_err("it was an error");
        assert_eq!(failure.message, "cannot write `x`: no space");
    }
}
