//! What a store is given: a session's next state together with the event and alerts that belong to it. The fields are
//! private and only the life-cycle makes one, so a store cannot be asked for an illegal change.

use serde::{Deserialize, Serialize};

use super::{RulingRecord, Said, Session, State};
use crate::alert::Alert;
use crate::audit::{Digest256, EventDraft};
use crate::identity::Evidence;
use crate::ids::{IdempotencyKey, UserId};
use crate::life_event::{LifeEvent, Milestone};

/// Counts the stored changes of one session; zero has never been stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(u64);

impl Version {
    /// Not stored yet.
    pub const NEW: Self = Self(0);

    /// The number.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }

    fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// One transition, to be stored whole or not at all, on condition that the stored version still is `before`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    before: Version,
    after: Session,
    event: EventDraft,
    alerts: Vec<Alert>,
    milestone: Milestone,
    life_event: Option<LifeEvent>,
    call: Option<IdempotentCall>,
}

/// A change that is no transition: who works on the session now, and how far they are. Has no event of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bookkeeping {
    before: Version,
    after: Session,
}

/// A call that its caller may repeat without doing the thing twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotentCall {
    /// Whose key it is; keys of different people never meet.
    pub user: UserId,
    /// The caller's name for the call.
    pub key: IdempotencyKey,
    /// The digest of the call, so that one key cannot stand for two different calls.
    pub fingerprint: Digest256,
}

impl Transition {
    pub(super) fn new<S: Into<State>>(
        before: &Session<impl Sized>,
        milestone: Milestone,
        state: S,
        event: EventDraft,
        alerts: Vec<Alert>,
    ) -> Self {
        let (facts, version) = (before.facts.clone(), before.version.next());
        let after = Session { facts, version, said: before.said.clone(), state: state.into() };
        Self { before: before.version, after, event, alerts, milestone, life_event: None, call: None }
    }

    /// Store this with it.
    #[must_use]
    pub(super) fn saying(mut self, said: Said) -> Self {
        self.after.said = said;
        self
    }

    /// Store the idempotency key in the same transaction.
    #[must_use]
    pub fn called_by(mut self, call: Option<IdempotentCall>) -> Self {
        self.call = call;
        self
    }

    /// Store the life-cycle event of this transition with it.
    #[must_use]
    pub fn announced(mut self) -> Self {
        self.life_event = Some(LifeEvent::of(self.milestone, &self.after, self.event.at));
        self
    }

    /// Say in the event which rules allowed it, and how it was known who asked.
    #[must_use]
    pub fn allowed_by(mut self, ruling: &RulingRecord, evidence: &Evidence) -> Self {
        self.event = self.event.decided_by(ruling).proved_by(evidence);
        self
    }

    /// The version that must still be stored; [`Version::NEW`] when the session must not be there yet.
    #[must_use]
    pub fn before(&self) -> Version {
        self.before
    }

    /// The session afterwards.
    #[must_use]
    pub fn after(&self) -> &Session {
        &self.after
    }

    /// The event for the trail.
    #[must_use]
    pub fn event(&self) -> &EventDraft {
        &self.event
    }

    /// The alerts for the outbox.
    #[must_use]
    pub fn alerts(&self) -> &[Alert] {
        &self.alerts
    }

    /// The life-cycle event for the outbox, where there is somebody to publish it to.
    #[must_use]
    pub fn life_event(&self) -> Option<&LifeEvent> {
        self.life_event.as_ref()
    }

    /// The call that caused it, when it may be repeated.
    #[must_use]
    pub fn call(&self) -> Option<&IdempotentCall> {
        self.call.as_ref()
    }
}

impl Bookkeeping {
    pub(super) fn new<S: Into<State>>(before: &Session<impl Sized>, state: S) -> Self {
        let (facts, version) = (before.facts.clone(), before.version.next());
        Self {
            before: before.version,
            after: Session { facts, version, said: before.said.clone(), state: state.into() },
        }
    }

    /// The version that must still be stored.
    #[must_use]
    pub fn before(&self) -> Version {
        self.before
    }

    /// The session afterwards.
    #[must_use]
    pub fn after(&self) -> &Session {
        &self.after
    }
}
