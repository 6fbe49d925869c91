//! The states of a session and what each of them knows.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Obligations;
use crate::audit::Digest256;
use crate::identity::Standing;
use crate::ids::UserId;
use crate::plan::Plan;

/// Defines `State`, `Status`, and the way between each state's own type and `State`.
macro_rules! states {
    ($($(#[$meta:meta])* $name:ident = $text:literal,)*) => {
        /// Any state, as stored.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "status", rename_all = "snake_case")]
        pub enum State {
            $($(#[$meta])* $name($name),)*
        }

        /// The name of a state.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Status {
            $($(#[$meta])* $name,)*
        }

        impl Status {
            /// Every state, in the order of a session's life.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name as it is stored and shown.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }

        impl State {
            /// The state's name.
            #[must_use]
            pub fn status(&self) -> Status {
                match self {
                    $(Self::$name(_) => Status::$name,)*
                }
            }
        }

        $(
            impl From<$name> for State {
                fn from(state: $name) -> Self {
                    Self::$name(state)
                }
            }

            impl TryFrom<State> for $name {
                type Error = State;

                fn try_from(state: State) -> Result<Self, State> {
                    match state {
                        State::$name(state) => Ok(state),
                        other => Err(other),
                    }
                }
            }

            impl Stage for $name {}
        )*
    };
}

/// A type that is one of the states.
pub trait Stage: Into<State> + TryFrom<State, Error = State> {}

states! {
    /// Asked for; not yet decided. Never stored.
    Requested = "requested",
    /// The rules said no.
    Refused = "refused",
    /// Waits for people to approve.
    PendingApproval = "pending_approval",
    /// A person said no.
    Denied = "denied",
    /// Nobody decided in time.
    Lapsed = "lapsed",
    /// Allowed; nothing exists in AWS yet.
    Approved = "approved",
    /// The plan is stored; the role may or may not exist.
    Provisioning = "provisioning",
    /// The role works; credentials may be issued.
    Active = "active",
    /// Somebody ended it; the role is being killed.
    Revoking = "revoking",
    /// Its time is up; the role is being killed.
    Expiring = "expiring",
    /// Ended by somebody; the role is verified gone.
    Revoked = "revoked",
    /// Ended by time; the role is verified gone.
    Expired = "expired",
    /// The role could not be made, and nothing of it is left.
    Failed = "failed",
    /// The role could not be killed, six times over; people were alarmed, and we keep trying.
    Stuck = "stuck",
}

/// See [`State::Requested`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requested {}

/// See [`State::Refused`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// What was lacking.
    pub why: String,
}

/// See [`State::PendingApproval`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingApproval {
    /// When the request lapses.
    pub lapses_at: Timestamp,
    /// What approvals are bound to: [`super::Facts::request_hash`] when it was asked for.
    pub request_hash: Digest256,
    /// The requester as they stood when they asked.
    pub standing: Standing,
    /// What has to be met: what the rules demanded, when somebody last approved or else when it was asked for.
    pub demanded: Obligations,
}

/// See [`State::Denied`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denied {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: UserId,
    /// Why.
    pub why: String,
}

/// See [`State::Lapsed`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lapsed {
    /// When.
    pub at: Timestamp,
}

/// See [`State::Approved`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approved {
    /// When.
    pub at: Timestamp,
}

/// See [`State::Provisioning`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provisioning {
    /// What is being made.
    pub plan: Plan,
    /// When the plan was first stored.
    pub since: Timestamp,
    /// How often it was tried.
    pub attempts: Attempts,
}

/// See [`State::Active`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Active {
    /// What exists.
    pub plan: Plan,
    /// When the session's clock started.
    pub activated_at: Timestamp,
    /// How often credentials were issued.
    pub credentials_issued: u32,
    /// A later end that is being written to AWS. Until it is known to be written, the old end counts here.
    pub extension: Option<Extension>,
}

/// What became of a session while it worked; kept when it ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// When the session's clock started; `None` when it never worked.
    pub activated_at: Option<Timestamp>,
    /// How often credentials were issued.
    pub credentials_issued: u32,
}

impl Provisioning {
    /// What is begun now.
    #[must_use]
    pub fn new(plan: Plan, now: Timestamp) -> Self {
        Self { plan, since: now, attempts: Attempts::fresh(now) }
    }
}

impl Active {
    /// What became of the session so far.
    #[must_use]
    pub fn usage(&self) -> Usage {
        Usage { activated_at: Some(self.activated_at), credentials_issued: self.credentials_issued }
    }
}

/// A new end on its way into AWS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// What the role is to become.
    pub plan: Plan,
    /// How often it was tried.
    pub attempts: Attempts,
}

/// See [`State::Revoking`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoking {
    /// Why.
    pub cause: EndCause,
    /// How far it is.
    pub teardown: Teardown,
}

/// See [`State::Expiring`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expiring {
    /// How far it is.
    pub teardown: Teardown,
}

/// See [`State::Revoked`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoked {
    /// Why.
    pub cause: EndCause,
    /// How it went.
    pub ended: Ended,
}

/// See [`State::Expired`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expired {
    /// How it went.
    pub ended: Ended,
}

/// See [`State::Failed`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// When.
    pub at: Timestamp,
    /// Why, without secrets.
    pub why: String,
}

/// See [`State::Stuck`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stuck {
    /// Why the session ends; `None` when its time is up.
    pub cause: Option<EndCause>,
    /// How far the kill got.
    pub teardown: Teardown,
    /// Since when it is stuck.
    pub since: Timestamp,
}

/// Why a session ended before its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum EndCause {
    /// Its holder gave it back.
    Released,
    /// Somebody with the right to killed it.
    Revoked {
        /// Who.
        by: UserId,
        /// Why.
        reason: String,
    },
    /// The role in AWS was no longer what we made.
    Drifted {
        /// What differed.
        findings: Vec<String>,
    },
}

/// The killing of a role, as far as it is known to have got. Each time is when the step was *done and known to be*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Teardown {
    /// The role's plan.
    pub plan: Plan,
    /// What became of the session before.
    pub usage: Usage,
    /// When the end was decided.
    pub started_at: Timestamp,
    /// What is known to be done.
    pub report: KillReport,
    /// How often it was tried.
    pub attempts: Attempts,
}

/// What was done to kill a role, what was verified, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KillReport {
    /// When an unconditional denial was put on the role: from here on live credentials die.
    pub denied_at: Option<Timestamp>,
    /// When the trust policy was closed: from here on nobody gets new credentials.
    pub trust_closed_at: Option<Timestamp>,
    /// When credentials of this very role, issued before the kill, were seen to be refused. `None` when there was nothing to
    /// try them on: the role could no longer be assumed, or was gone.
    pub refusal_seen_at: Option<Timestamp>,
    /// When AWS was seen to know the role no more.
    pub role_gone_at: Option<Timestamp>,
}

/// How a session's role ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// The role's plan, for the record.
    pub plan: Plan,
    /// What became of the session before.
    pub usage: Usage,
    /// When the end was decided.
    pub started_at: Timestamp,
    /// When the role was verified gone.
    pub at: Timestamp,
    /// What was verified when.
    pub report: KillReport,
}

/// How often something was tried, and when it is to be tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempts {
    /// Failed attempts so far.
    pub failed: u32,
    /// Not before.
    pub next_at: Timestamp,
    /// What went wrong last, at most 240 characters.
    pub last_error: Option<String>,
}

impl Attempts {
    /// How long whoever starts something may take before the reconciler does it: longer than any saga takes.
    pub const GRACE: SignedDuration = SignedDuration::from_mins(5);
    /// After so many failures a kill counts as stuck.
    pub const LIMIT: u32 = 6;

    /// Nothing tried yet; the reconciler keeps away until `now` plus [`Attempts::GRACE`].
    #[must_use]
    pub fn fresh(now: Timestamp) -> Self {
        Self { failed: 0, next_at: later(now, Self::GRACE), last_error: None }
    }

    /// Claimed by somebody who works on it from `now`.
    #[must_use]
    pub fn claimed(&self, now: Timestamp) -> Self {
        Self { next_at: later(now, Self::GRACE), ..self.clone() }
    }

    /// One more failure. The next attempt is after 10 s × 2ⁿ, spread by half in both directions by `jitter` (any number),
    /// so that a thousand sessions that failed together do not come back together.
    #[must_use]
    pub fn failed(&self, now: Timestamp, error: &str, jitter: u64) -> Self {
        let failed = self.failed.saturating_add(1);
        let base_ms: i64 = 10_000 << failed.min(Self::LIMIT);
        let spread_ms = i64::try_from(jitter % u64::try_from(base_ms).unwrap_or(1)).unwrap_or(0);
        let wait = SignedDuration::from_millis(base_ms / 2 + spread_ms);
        Self { failed, next_at: later(now, wait), last_error: Some(error.chars().take(240).collect()) }
    }
}

impl State {
    /// See [`super::Session::due_at`].
    #[must_use]
    pub(super) fn due_at(&self) -> Option<Timestamp> {
        match self {
            Self::Requested(_)
            | Self::Refused(_)
            | Self::Denied(_)
            | Self::Lapsed(_)
            | Self::Revoked(_)
            | Self::Expired(_)
            | Self::Failed(_) => None,
            Self::PendingApproval(pending) => Some(pending.lapses_at),
            Self::Approved(approved) => Some(later(approved.at, Attempts::GRACE)),
            Self::Provisioning(provisioning) => Some(provisioning.attempts.next_at),
            Self::Active(active) => {
                let extension = active.extension.as_ref().map(|extension| extension.attempts.next_at);
                Some(extension.map_or(active.plan.expires_at, |at| at.min(active.plan.expires_at)))
            }
            Self::Revoking(Revoking { teardown, .. })
            | Self::Expiring(Expiring { teardown })
            | Self::Stuck(Stuck { teardown, .. }) => Some(teardown.attempts.next_at),
        }
    }

    /// The plan of the role that exists, may exist, or existed.
    #[must_use]
    pub fn plan(&self) -> Option<&Plan> {
        match self {
            Self::Requested(_)
            | Self::Refused(_)
            | Self::PendingApproval(_)
            | Self::Denied(_)
            | Self::Lapsed(_)
            | Self::Approved(_)
            | Self::Failed(_) => None,
            Self::Provisioning(Provisioning { plan, .. }) | Self::Active(Active { plan, .. }) => Some(plan),
            Self::Revoking(Revoking { teardown, .. })
            | Self::Expiring(Expiring { teardown })
            | Self::Stuck(Stuck { teardown, .. }) => Some(&teardown.plan),
            Self::Revoked(Revoked { ended, .. }) | Self::Expired(Expired { ended }) => Some(&ended.plan),
        }
    }
}

impl State {
    /// What became of the session while it worked; all zero when it never did.
    #[must_use]
    pub fn usage(&self) -> Usage {
        match self {
            Self::Active(active) => active.usage(),
            Self::Revoking(Revoking { teardown, .. })
            | Self::Expiring(Expiring { teardown })
            | Self::Stuck(Stuck { teardown, .. }) => teardown.usage,
            Self::Revoked(Revoked { ended, .. }) | Self::Expired(Expired { ended }) => ended.usage,
            _ => Usage::default(),
        }
    }
}

impl Status {
    /// Whether a role may exist in AWS for a session in this state. What is not live here must not exist there.
    #[must_use]
    pub fn may_have_role(self) -> bool {
        matches!(self, Self::Provisioning | Self::Active | Self::Revoking | Self::Expiring | Self::Stuck)
    }
}

/// `at + wait`, at the end of time when that is beyond it.
fn later(at: Timestamp, wait: SignedDuration) -> Timestamp {
    at.checked_add(wait).unwrap_or(Timestamp::MAX)
}
