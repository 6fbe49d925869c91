//! Who may do what. The rules themselves are data (Cedar policies); this port asks them.

use jiff::Timestamp;

use crate::identity::Identity;
use crate::request::{PassDuration, SessionRequest};
use crate::session::{Facts, Obligations, RulingRecord};
use crate::settings::Project;
use crate::tier::Limits;

/// Decides. Pure and quick: no I/O, so that a decision costs no waiting and cannot fail half way.
pub trait Authorizer: Send + Sync {
    /// The ruling on a question. Whatever goes wrong inside is a refusal.
    fn decide(&self, question: &Question<'_>) -> Ruling;

    /// What would have turned a refusal, in words for the person; never empty. Asked only where somebody is told, because
    /// finding it takes many times as long as deciding.
    fn lacking(&self, question: &Question<'_>) -> Vec<String>;
}

/// May this person do this, now?
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Who asks, with proof.
    pub who: &'a Identity,
    /// What they want to do, to what.
    pub subject: Subject<'a>,
    /// Now.
    pub at: Timestamp,
}

/// What somebody wants to do.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// Get a new session.
    RequestSession {
        /// What they ask for.
        request: &'a SessionRequest,
        /// The project it is for.
        project: &'a Project,
        /// The limits of the tier they ask for.
        limits: &'a Limits,
        /// How many of this person's emergencies wait for a review.
        open_reviews: u32,
    },
    /// See a session.
    ReadSession(&'a Facts),
    /// See sessions of everybody, not only their own.
    ListAllSessions,
    /// Get credentials of a session.
    IssueCredentials(&'a Facts),
    /// Move a session's end.
    ExtendSession(&'a Facts),
    /// Give a session back as its holder.
    ReleaseSession(&'a Facts),
    /// End somebody's session.
    RevokeSession(&'a Facts),
    /// Say yes to somebody's request.
    ApproveSession(&'a Facts),
    /// Say no to somebody's request.
    DenySession(&'a Facts),
    /// Say what came of an emergency.
    ReviewSession(&'a Facts),
    /// End many sessions at once.
    RevokeMany,
    /// Read the trail.
    ReadAudit,
    /// See how full the accounts are.
    ReadCapacity,
}

impl<'a> Subject<'a> {
    /// The action's name, the same in Cedar, the trail and the documentation.
    #[must_use]
    pub fn action(&self) -> &'static str {
        match self {
            Self::RequestSession { .. } => "RequestSession",
            Self::ReadSession(_) => "ReadSession",
            Self::ListAllSessions => "ListAllSessions",
            Self::IssueCredentials(_) => "IssueCredentials",
            Self::ExtendSession(_) => "ExtendSession",
            Self::ReleaseSession(_) => "ReleaseSession",
            Self::RevokeSession(_) => "RevokeSession",
            Self::ApproveSession(_) => "ApproveSession",
            Self::DenySession(_) => "DenySession",
            Self::ReviewSession(_) => "ReviewSession",
            Self::RevokeMany => "RevokeMany",
            Self::ReadAudit => "ReadAudit",
            Self::ReadCapacity => "ReadCapacity",
        }
    }

    /// The session it is about, if it is about one.
    #[must_use]
    pub fn session(&self) -> Option<&'a Facts> {
        match self {
            Self::ReadSession(facts)
            | Self::IssueCredentials(facts)
            | Self::ExtendSession(facts)
            | Self::ReleaseSession(facts)
            | Self::RevokeSession(facts)
            | Self::ApproveSession(facts)
            | Self::DenySession(facts)
            | Self::ReviewSession(facts) => Some(facts),
            Self::RequestSession { .. }
            | Self::ListAllSessions
            | Self::RevokeMany
            | Self::ReadAudit
            | Self::ReadCapacity => None,
        }
    }
}

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// Yes or no.
    pub allowed: bool,
    /// Which policies decided, and of which rule set.
    pub record: RulingRecord,
    /// What an allowed request has to meet first; nothing for every other action.
    pub obligations: Obligations,
    /// The longest session that the rule which allows it gives; `None` when it leaves that to the tier.
    pub max: Option<PassDuration>,
}
