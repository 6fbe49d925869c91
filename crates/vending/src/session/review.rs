//! What came of an emergency. A session whose tier demands it owes a review from its end on; until somebody else than its
//! holder says what came of it, the rules see an open review.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Requester, Said, Session, State, Transition};
use crate::audit::{EventDraft, Outcome};
use crate::identity::Evidence;
use crate::ids::{Findings, UserId};
use crate::life_event::Milestone;

/// What came of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Who says so.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
    /// What came of it.
    pub findings: Findings,
    /// How we knew who it was.
    pub evidence: Evidence,
}

/// A session that waits for a review. Only [`Session::owing`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwedReview(Session);

impl Session {
    /// Whether it waits for a review: its tier demanded one, it had access, and its end was decided.
    #[must_use]
    pub fn owes_review(&self) -> bool {
        let has_ended = matches!(
            self.state(),
            State::Revoking(_) | State::Expiring(_) | State::Stuck(_) | State::Revoked(_) | State::Expired(_)
        );
        let had_access = self.state().usage().activated_at.is_some();
        self.facts().review_required && self.said().review.is_none() && has_ended && had_access
    }

    /// This session if it waits for a review, else itself back.
    ///
    /// # Errors
    /// The session unchanged, when it does not.
    #[expect(clippy::result_large_err, reason = "the error is the session itself, given back")]
    pub fn owing(self) -> Result<OwedReview, Self> {
        if self.owes_review() { Ok(OwedReview(self)) } else { Err(self) }
    }
}

impl OwedReview {
    /// Somebody says what came of it. Its state stays: a role that is still being killed is killed as before.
    #[must_use]
    pub fn close(self, review: Review, now: Timestamp) -> Transition {
        let Self(session) = self;
        let by = Requester::known_by(&review.by, &review.evidence);
        let mut event: EventDraft =
            session.event("session.review", Outcome::Done, by.into(), now).with("findings", &review.findings);
        if let Some(incident) = &session.facts().request.incident {
            event = event.with("incident", incident);
        }
        let said = Said { review: Some(review), ..session.said().clone() };
        Transition::new(&session, Milestone::Reviewed, session.state().clone(), event, vec![]).saying(said)
    }
}
