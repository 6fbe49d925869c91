//! Judging a login: pure, so that every rule has its test.

use daypass_vending::audit::Digest256;
use daypass_vending::secret::Secret;
use jiff::{SignedDuration, Timestamp};
use subtle::ConstantTimeEq;

use super::LoginError;
use super::record::{Attempts, Record, seconds};

/// So many failures in a row are a person's own; from then on each next attempt has to wait.
const FREE_FAILURES: u32 = 5;

/// How long it waits. At this pace, guessing a six-digit code of which three are valid takes months.
const WAIT: SignedDuration = SignedDuration::from_mins(1);

/// What somebody presents.
pub(super) struct Attempt {
    pub(super) password: Secret,
    pub(super) code: Option<String>,
    pub(super) now: Timestamp,
}

/// What was proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Accepted {
    /// The password.
    Password,
    /// The password and a one-time code.
    PasswordAndCode,
}

/// The judgement, and what is to be remembered of the attempt, if anything.
pub(super) struct Outcome {
    pub(super) verdict: Result<Accepted, LoginError>,
    pub(super) attempts: Option<Attempts>,
}

impl Attempt {
    /// Judge the attempt on what is kept about the person, if there is one.
    pub(super) fn judge(&self, record: Option<&Record>) -> Outcome {
        // The names of the sample users are no secret: that a stranger is turned away sooner gives nothing away.
        let Some(record) = record else { return Outcome { verdict: Err(LoginError::Wrong), attempts: None } };
        if let Some(until) = record.attempts.wait_until.filter(|until| self.now < *until) {
            return Outcome { verdict: Err(LoginError::Wait { until }), attempts: None };
        }
        match self.check(record) {
            Ok(None) => {
                // Failures stay counted: else who knows the password could clear the count between guesses of the code.
                Outcome { verdict: Ok(Accepted::Password), attempts: None }
            }
            Ok(Some(used_step)) => Outcome {
                verdict: Ok(Accepted::PasswordAndCode),
                attempts: Some(Attempts { used_step, failed: 0, wait_until: None }),
            },
            Err(error) => Outcome { verdict: Err(error), attempts: Some(self.failed(record.attempts)) },
        }
    }

    /// The step of the code, if there is a code and all is right.
    fn check(&self, record: &Record) -> Result<Option<u64>, LoginError> {
        if !same(&self.password, &record.password) {
            return Err(LoginError::Wrong);
        }
        let Some(code) = &self.code else { return Ok(None) };
        let step = record.totp.check(code, seconds(self.now)).ok_or(LoginError::WrongCode)?;
        if step <= record.attempts.used_step { Err(LoginError::CodeUsed) } else { Ok(Some(step)) }
    }

    fn failed(&self, before: Attempts) -> Attempts {
        let failed = before.failed.saturating_add(1);
        let wait = (failed >= FREE_FAILURES).then(|| self.now.checked_add(WAIT).unwrap_or(Timestamp::MAX));
        Attempts { failed, wait_until: wait, ..before }
    }
}

/// Whether two secrets are the same, in a time that tells nothing: not where they differ, and not how long they are.
fn same(left: &Secret, right: &Secret) -> bool {
    let digest = |secret: &Secret| Digest256::of(secret.reveal().as_bytes()).to_string();
    digest(left).as_bytes().ct_eq(digest(right).as_bytes()).into()
}
