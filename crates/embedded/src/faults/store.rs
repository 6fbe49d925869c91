//! A store whose calls fail as the script says.

use std::sync::Arc;

use async_trait::async_trait;
use daypass_vending::audit::{ChainId, Checkpoint, Event, EventDraft, Head};
use daypass_vending::ids::SessionId;
use daypass_vending::ports::{
    AuditLog, CommitError, Outbox, OutboxEntry, Page, PageRequest, Records, SessionFilter, SessionStore, StoreError,
    WaitingEvent,
};
use daypass_vending::session::{Bookkeeping, IdempotentCall, Session, Transition};
use jiff::Timestamp;

use super::{CallKind, FaultScript, Injected, Refusal, guarded};

/// Wraps a store. Calls are named `store.<verb>`, whichever of the three ports they belong to.
pub struct FaultyStore {
    sessions: Arc<dyn SessionStore>,
    trail: Arc<dyn AuditLog>,
    outbox: Arc<dyn Outbox>,
    script: FaultScript,
}

impl FaultyStore {
    /// This store, failing as `script` says.
    #[must_use]
    pub fn new(store: Arc<dyn Records>, script: FaultScript) -> Self {
        Self { sessions: store.clone(), trail: store.clone(), outbox: store, script }
    }
}

impl Injected for StoreError {
    fn refused(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Refused(_) => Self::Conflict,
            Refusal::Throttled | Refusal::Unavailable => Self::Unavailable("an injected fault".to_owned()),
        }
    }

    fn lost() -> Self {
        Self::Unknown("an injected fault".to_owned())
    }

    fn dead() -> Self {
        Self::Unavailable("an injected crash".to_owned())
    }
}

impl Injected for CommitError {
    fn refused(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Refused(_) => Self::Conflict,
            Refusal::Throttled | Refusal::Unavailable => Self::Store(StoreError::refused(refusal)),
        }
    }

    fn lost() -> Self {
        Self::Store(StoreError::lost())
    }

    fn dead() -> Self {
        Self::Store(StoreError::dead())
    }
}

#[async_trait]
impl SessionStore for FaultyStore {
    async fn commit(&self, transition: &Transition) -> Result<(), CommitError> {
        let subject = transition.after().id().to_string();
        guarded(&self.script, "store.commit", CallKind::Write, subject, self.sessions.commit(transition)).await
    }

    async fn keep(&self, bookkeeping: &Bookkeeping) -> Result<(), CommitError> {
        let subject = bookkeeping.after().id().to_string();
        guarded(&self.script, "store.keep", CallKind::Write, subject, self.sessions.keep(bookkeeping)).await
    }

    async fn session(&self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        guarded(&self.script, "store.session", CallKind::Read, id.to_string(), self.sessions.session(id)).await
    }

    async fn sessions(&self, filter: &SessionFilter, page: &PageRequest) -> Result<Page<Session>, StoreError> {
        let effect = self.sessions.sessions(filter, page);
        guarded(&self.script, "store.sessions", CallKind::Read, String::new(), effect).await
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Session>, StoreError> {
        guarded(&self.script, "store.due", CallKind::Read, String::new(), self.sessions.due(now, limit)).await
    }

    async fn replayed(&self, call: &IdempotentCall) -> Result<Option<SessionId>, CommitError> {
        let subject = call.user.to_string();
        guarded(&self.script, "store.replayed", CallKind::Read, subject, self.sessions.replayed(call)).await
    }
}

#[async_trait]
impl AuditLog for FaultyStore {
    async fn record(&self, event: &EventDraft) -> Result<(), StoreError> {
        let subject = event.chain.as_str().to_owned();
        guarded(&self.script, "store.record", CallKind::Write, subject, self.trail.record(event)).await
    }

    async fn events(&self, chain: Option<&ChainId>, page: &PageRequest) -> Result<Page<Event>, StoreError> {
        let subject = chain.map(|chain| chain.as_str().to_owned()).unwrap_or_default();
        guarded(&self.script, "store.events", CallKind::Read, subject, self.trail.events(chain, page)).await
    }

    async fn heads(&self) -> Result<Vec<Head>, StoreError> {
        guarded(&self.script, "store.heads", CallKind::Read, String::new(), self.trail.heads()).await
    }

    async fn last_checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        let effect = self.trail.last_checkpoint();
        guarded(&self.script, "store.last_checkpoint", CallKind::Read, String::new(), effect).await
    }

    async fn add_checkpoint(&self, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        let effect = self.trail.add_checkpoint(checkpoint);
        guarded(&self.script, "store.add_checkpoint", CallKind::Write, checkpoint.number.to_string(), effect).await
    }
}

#[async_trait]
impl Outbox for FaultyStore {
    async fn undelivered(&self, now: Timestamp, limit: usize) -> Result<Vec<OutboxEntry>, StoreError> {
        let effect = self.outbox.undelivered(now, limit);
        guarded(&self.script, "store.undelivered", CallKind::Read, String::new(), effect).await
    }

    async fn alerts_of(&self, session: &SessionId) -> Result<Vec<OutboxEntry>, StoreError> {
        let effect = self.outbox.alerts_of(session);
        guarded(&self.script, "store.alerts_of", CallKind::Read, session.to_string(), effect).await
    }

    async fn delivered(&self, number: u64, at: Timestamp) -> Result<(), StoreError> {
        let effect = self.outbox.delivered(number, at);
        guarded(&self.script, "store.delivered", CallKind::Write, number.to_string(), effect).await
    }

    async fn undeliverable(&self, number: u64, next_at: Timestamp) -> Result<(), StoreError> {
        let effect = self.outbox.undeliverable(number, next_at);
        guarded(&self.script, "store.undeliverable", CallKind::Write, number.to_string(), effect).await
    }
    async fn unpublished(&self, now: Timestamp, limit: usize) -> Result<Vec<WaitingEvent>, StoreError> {
        let effect = self.outbox.unpublished(now, limit);
        guarded(&self.script, "store.unpublished", CallKind::Read, String::new(), effect).await
    }

    async fn published(&self, numbers: &[u64]) -> Result<(), StoreError> {
        let effect = self.outbox.published(numbers);
        guarded(&self.script, "store.published", CallKind::Write, numbers.len().to_string(), effect).await
    }

    async fn unpublishable(&self, number: u64, next_at: Timestamp) -> Result<(), StoreError> {
        let effect = self.outbox.unpublishable(number, next_at);
        guarded(&self.script, "store.unpublishable", CallKind::Write, number.to_string(), effect).await
    }
}
