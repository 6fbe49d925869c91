//! The session: one person's time-bound access to one account at one tier, and all that can happen to it.
//!
//! `Session<S>` is a session in state `S`. Each state has exactly the transitions of the design's life-cycle as methods,
//! each of which consumes the session and returns a [`Transition`]: the next state, its audit event and its alerts, to be
//! stored in one transaction on condition that nobody else changed the session meanwhile. An illegal transition does not
//! compile; a lost race is not stored.
//!
//! ```text
//! requested → pending_approval → approved → provisioning → active → revoking → revoked
//!           ↘ refused           ↘ denied / lapsed          ↘ expiring → expired
//! provisioning → failed            revoking | expiring → stuck (retried, counted, alarmed)
//! ```

mod approval;
mod life;
mod review;
mod state;
mod teardown;
mod transition;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use approval::{Approval, same_person};
pub use life::{Issued, Requester};
pub use review::{OwedReview, Review};
pub use state::{
    Active, Approved, Attempts, Denied, EndCause, Ended, Expired, Expiring, Extension, Failed, KillReport, Lapsed,
    PendingApproval, Provisioning, Refused, Requested, Revoked, Revoking, Stage, State, Status, Stuck, Teardown, Usage,
};
pub use teardown::{Ending, TeardownFailure};
pub use transition::{Bookkeeping, IdempotentCall, Transition, Version};

use crate::identity::Evidence;
use crate::ids::{GroupName, RoleName, SessionId, UserId};
use crate::request::SessionRequest;

/// A session in state `S`; `Session` alone is one in any state, as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session<S = State> {
    facts: Facts,
    version: Version,
    #[serde(default, skip_serializing_if = "Said::is_empty")]
    said: Said,
    state: S,
}

/// What people said about a session, whatever state it was in. Grows only: nothing in it is overwritten by later states.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Who approved it, in the order of their approvals.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<Approval>,
    /// What came of it, once somebody said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<Review>,
}

impl Said {
    fn is_empty(&self) -> bool {
        self.approvals.is_empty() && self.review.is_none()
    }
}

/// What never changes about a session. Later states add to it; none overwrites it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The session's id.
    pub id: SessionId,
    /// Whose session it is.
    pub user: UserId,
    /// What was asked for.
    pub request: SessionRequest,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// How we knew who asked.
    pub evidence: Evidence,
    /// Why it was allowed or refused.
    pub ruling: RulingRecord,
    /// What the rule that allowed it demands besides.
    #[serde(default)]
    pub obligations: Obligations,
    /// Which occasions of this session alert people: the tier's choice at the time.
    pub alerts: Vec<crate::alert::Occasion>,
    /// The longest it may live in all: the tier's limit at the time.
    pub max: crate::request::PassDuration,
    /// Whether somebody else has to say what came of it: the tier's choice at the time.
    #[serde(default)]
    pub review_required: bool,
}

/// What the one rule that allows a request demands before it is granted. Obligations of different rules never mix.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obligations {
    /// How many people have to approve.
    pub approvals: u32,
    /// The group they have to be in. INVARIANT: there when `approvals` is not zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approvers: Option<GroupName>,
}

/// Which rules decided, for the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulingRecord {
    /// The ids of the policies that decided.
    pub policies: Vec<String>,
    /// The hash of the rule set they belong to.
    pub rules_hash: String,
}

impl<S> Session<S> {
    /// What never changes.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The session's id.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.facts.id
    }

    /// Counts stored changes; every change is conditional on it.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// What people said about it.
    #[must_use]
    pub fn said(&self) -> &Said {
        &self.said
    }

    /// The state.
    #[must_use]
    pub fn state(&self) -> &S {
        &self.state
    }

    /// The name of the session's role, whether it exists or not.
    #[must_use]
    pub fn role(&self) -> RoleName {
        RoleName::of(&self.facts.request.project, &self.facts.id)
    }
}

impl<S: Stage> Session<S> {
    /// The same session, as one in any state.
    #[must_use]
    pub fn widen(self) -> Session {
        Session { facts: self.facts, version: self.version, said: self.said, state: self.state.into() }
    }
}

impl Session {
    /// The state's name.
    #[must_use]
    pub fn status(&self) -> Status {
        self.state.status()
    }

    /// This session if it is in state `S`, else itself back.
    ///
    /// # Errors
    /// The session unchanged, in whatever other state it is.
    #[expect(clippy::result_large_err, reason = "the error is the session itself, given back")]
    pub fn narrow<S: Stage>(self) -> Result<Session<S>, Self> {
        let Self { facts, version, said, state } = self;
        match S::try_from(state) {
            Ok(state) => Ok(Session { facts, version, said, state }),
            Err(state) => Err(Self { facts, version, said, state }),
        }
    }

    /// When the reconciler next owes this session something; `None` when it is over, or waits for a person.
    #[must_use]
    pub fn due_at(&self) -> Option<Timestamp> {
        self.state.due_at()
    }

    /// When the session's access ends or ended, once that is known.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.state.plan().map(|plan| plan.expires_at)
    }
}
