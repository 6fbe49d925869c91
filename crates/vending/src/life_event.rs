//! What other programs may know of a session's life. A life-cycle event is derived from a transition, written in its
//! transaction like an alert (invariant 7), and published afterwards, at least once, by whoever comes first. It is not the
//! trail: it is not chained, and nothing is decided by it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, IncidentId, ProjectId, RoleName, SessionId, TierName, UserId};
use crate::session::{EndCause, Session, State, Status};

/// What happened to a session. Each transition is one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Milestone {
    /// The rules said no.
    Refused,
    /// It was asked for, and waits for people to approve.
    Requested,
    /// Somebody said yes, and more people have to.
    ApprovalGiven,
    /// Enough people said yes.
    Approved,
    /// Somebody said no.
    Denied,
    /// Nobody decided in time.
    Lapsed,
    /// It was allowed: its role is being made.
    Granted,
    /// Its role works.
    Activated,
    /// Credentials were issued.
    CredentialsIssued,
    /// A later end was granted, and is being written.
    ExtensionGranted,
    /// The later end counts.
    Extended,
    /// The later end could not be written: the old one counts.
    ExtensionFailed,
    /// Its role could not be made, and nothing of it is left.
    Failed,
    /// Somebody ended it, or its role was no longer what Daypass made: the role is being killed.
    Revoking,
    /// Its time is up: the role is being killed.
    Expiring,
    /// Its role could not be killed, six times over.
    Stuck,
    /// It was ended, and its role is verified gone.
    Revoked,
    /// Its time was up, and its role is verified gone.
    Expired,
    /// Somebody said what came of it.
    Reviewed,
}

impl Milestone {
    /// All of them, in the order of a session's life.
    pub const ALL: [Self; 19] = [
        Self::Refused,
        Self::Requested,
        Self::ApprovalGiven,
        Self::Approved,
        Self::Denied,
        Self::Lapsed,
        Self::Granted,
        Self::Activated,
        Self::CredentialsIssued,
        Self::ExtensionGranted,
        Self::Extended,
        Self::ExtensionFailed,
        Self::Failed,
        Self::Revoking,
        Self::Expiring,
        Self::Stuck,
        Self::Revoked,
        Self::Expired,
        Self::Reviewed,
    ];
}

/// One event of a session's life. Holds no secret, and nothing by which one could be found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LifeEvent {
    /// What happened.
    pub milestone: Milestone,
    /// To which session.
    pub session: SessionId,
    /// Grows with everything that is stored about the session, with gaps: later events have higher numbers, and the same
    /// number of the same session is the same event.
    pub sequence: u64,
    /// For which project.
    pub project: ProjectId,
    /// In which account.
    pub account: AccountId,
    /// At which tier.
    pub tier: TierName,
    /// Whose session.
    pub user: UserId,
    /// The incident, if one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
    /// In which state the session is since.
    pub status: Status,
    /// When it happened.
    pub at: Timestamp,
    /// Why the session was asked for.
    pub reason: String,
    /// The role, once there is a plan for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<RoleName>,
    /// When access ends, or should have ended; once that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// What ended the session before its time: `released`, `revoked` or `drifted`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// Who ended or denied it, where that was somebody else than its holder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<UserId>,
    /// Why it was refused, denied or ended, failed or is stuck; at most [`LONGEST_WHY`] characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Longer explanations are cut: buses limit what an event may weigh, and the trail has them whole.
pub const LONGEST_WHY: usize = 1_000;

impl LifeEvent {
    /// What a session that has just come to this state tells.
    pub(crate) fn of(milestone: Milestone, after: &Session, at: Timestamp) -> Self {
        let facts = after.facts();
        let (cause, by, why) = explanation(after.state());
        Self {
            milestone,
            session: facts.id,
            sequence: after.version().get(),
            project: facts.request.project.clone(),
            account: facts.request.account.clone(),
            tier: facts.request.tier.clone(),
            user: facts.user.clone(),
            incident: facts.request.incident.clone(),
            status: after.status(),
            at,
            reason: facts.request.reason.to_string(),
            role: after.state().plan().map(|plan| plan.role.clone()),
            expires_at: after.expires_at(),
            cause: cause.map(|cause| cause.as_str().to_owned()),
            by,
            why: why.map(|why| why.chars().take(LONGEST_WHY).collect()),
        }
    }
}

/// Cause, person and words of a state that has any.
fn explanation(state: &State) -> (Option<&EndCause>, Option<UserId>, Option<String>) {
    match state {
        State::Refused(refused) => (None, None, Some(refused.why.clone())),
        State::Denied(denied) => (None, Some(denied.by.clone()), Some(denied.why.clone())),
        State::Failed(failed) => (None, None, Some(failed.why.clone())),
        State::Revoking(revoking) => ended(&revoking.cause),
        State::Revoked(revoked) => ended(&revoked.cause),
        State::Stuck(stuck) => {
            let (cause, by, _) = stuck.cause.as_ref().map_or((None, None, None), ended);
            (cause, by, stuck.teardown.attempts.last_error.clone())
        }
        State::Requested(_)
        | State::PendingApproval(_)
        | State::Lapsed(_)
        | State::Approved(_)
        | State::Provisioning(_)
        | State::Active(_)
        | State::Expiring(_)
        | State::Expired(_) => (None, None, None),
    }
}

fn ended(cause: &EndCause) -> (Option<&EndCause>, Option<UserId>, Option<String>) {
    match cause {
        EndCause::Released => (Some(cause), None, None),
        EndCause::Revoked { by, reason } => (Some(cause), Some(by.clone()), Some(reason.clone())),
        EndCause::Drifted { findings } => (Some(cause), None, Some(findings.join("; "))),
    }
}
