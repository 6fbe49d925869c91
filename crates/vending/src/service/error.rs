//! Why a person's wish was not fulfilled, by what they can do about it.

use jiff::SignedDuration;

use crate::ids::SessionId;
use crate::plan::PlanError;
use crate::ports::{CloudError, CommitError, KeyError, StoreError};
use crate::session::Status;

/// The rules say no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What was refused, such as `RequestSession`.
    pub action: &'static str,
    /// What would be needed, in words.
    pub lacking: Vec<String>,
    /// The session that records a refused request.
    pub session: Option<SessionId>,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the rules do not allow {}", self.action)?;
        if !self.lacking.is_empty() {
            write!(f, "; needed: {}", self.lacking.join(", "))?;
        }
        Ok(())
    }
}

/// Why a request for a session led to none.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// There is no such tier.
    #[error("there is no tier `{0}`")]
    UnknownTier(String),
    /// Longer than the tier allows.
    #[error("tier `{tier}` allows at most {max_hours} h")]
    TooLong {
        /// Which tier.
        tier: String,
        /// Its limit.
        max_hours: i64,
    },
    /// The tier is for incidents only.
    #[error("tier `{0}` needs an incident id")]
    IncidentRequired(String),
    /// The rules say no; recorded.
    #[error("{0}")]
    Refused(Refusal),
    /// The account has no room for another role.
    #[error("the account has {used} of {limit} roles in use, and the rest is kept for incidents")]
    AccountFull {
        /// Roles in use.
        used: u32,
        /// The account's quota.
        limit: u32,
    },
    /// The idempotency key stood for a different call.
    #[error("the idempotency key was used for a different call")]
    KeyReused,
    /// The tier cannot be used for this request.
    #[error("no plan can be made")]
    Plan(#[from] PlanError),
    /// The keys cannot be used.
    #[error("no external id can be kept")]
    Key(#[from] KeyError),
    /// The store cannot be used.
    #[error("the request cannot be recorded")]
    Store(#[from] StoreError),
}

/// Why something could not be done with a session, or be shown.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// There is no such session, or none that this person may know of.
    #[error("there is no such session")]
    NotFound,
    /// The rules say no; recorded.
    #[error("{0}")]
    Refused(Refusal),
    /// The request that waits is not the one that the approver saw.
    #[error("the request is not the one that you saw")]
    Changed,
    /// The session is not in a state for this.
    #[error("the session is {}; {needed}", .status.as_str())]
    WrongState {
        /// Its state.
        status: Status,
        /// What would be needed.
        needed: &'static str,
    },
    /// The session will soon be in a state for this.
    #[error("the session is not ready yet")]
    NotReady {
        /// When to ask again.
        retry_after: SignedDuration,
    },
    /// The tier's limit is reached.
    #[error("tier `{tier}` allows at most {max_hours} h in all")]
    TooLong {
        /// Which tier.
        tier: String,
        /// Its limit.
        max_hours: i64,
    },
    /// The question makes no sense.
    #[error("{field} {rule}")]
    Invalid {
        /// Which part of it.
        field: &'static str,
        /// What would be right.
        rule: String,
    },
    /// The idempotency key stood for a different call.
    #[error("the idempotency key was used for a different call")]
    KeyReused,
    /// Others keep changing the session; try again.
    #[error("the session was changed by somebody else meanwhile")]
    Conflict,
    /// AWS did not do its part.
    #[error("AWS did not do its part")]
    Cloud(#[from] CloudError),
    /// No plan can be made.
    #[error("no plan can be made")]
    Plan(#[from] PlanError),
    /// The keys cannot be used.
    #[error("the external id cannot be opened")]
    Key(#[from] KeyError),
    /// The store cannot be used.
    #[error("the records cannot be used")]
    Store(#[from] StoreError),
}

impl From<CommitError> for ActError {
    fn from(error: CommitError) -> Self {
        match error {
            // A replayed call is looked up before anything is decided; met here, somebody made the same call at once.
            CommitError::Conflict | CommitError::Replayed(_) => Self::Conflict,
            CommitError::KeyReused => Self::KeyReused,
            CommitError::Store(error) => Self::Store(error),
        }
    }
}
