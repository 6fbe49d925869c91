//! What the executor needs of the world: look at one thing, change one thing, end the sessions.

use async_trait::async_trait;
use daypass_aws::deployment::{Action, Presence, Progress, Resource};
use daypass_vending::ports::CloudError;
use serde::Serialize;

/// A deployment as it stands.
#[async_trait]
pub trait Estate: Send + Sync {
    /// Whether something is there and whose it is, as its own service says now.
    ///
    /// # Errors
    /// When it cannot tell.
    async fn look(&self, resource: &Resource) -> Result<Presence, CloudError>;

    /// Make one change. Nothing left to do is success.
    ///
    /// # Errors
    /// See [`CloudError`]; after [`CloudError::Unknown`] it may have happened.
    async fn change(&self, action: Action, resource: &Resource) -> Result<Progress, CloudError>;

    /// End every session in every account, and see that none of their roles is left. `tell` hears how it goes.
    ///
    /// # Errors
    /// When that is not so for certain.
    async fn end_sessions(&self, tell: &(dyn Fn(String) + Send + Sync)) -> Result<Ended, SessionsLeft>;

    /// See again that no session's role is left, and remove any that is. Needs no records.
    ///
    /// # Errors
    /// When that is not so for certain.
    async fn look_again(&self, tell: &(dyn Fn(String) + Send + Sync)) -> Result<Ended, SessionsLeft>;
}

/// What ending the sessions came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ended {
    /// Sessions that were ended on record, each with its role seen to be gone.
    pub sessions: usize,
    /// Roles without a session on record that were removed.
    pub roles: usize,
    /// What did not work and is no reason to stop, such as an alert that nobody took.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
}

/// Sessions may still live. Nothing that could be needed to kill them may go.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sessions may still live: {}", .troubles.join("; "))]
pub struct SessionsLeft {
    /// Each thing that stood in the way.
    pub troubles: Vec<String>,
}
