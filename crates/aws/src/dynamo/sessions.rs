//! The port [`SessionStore`].

use async_trait::async_trait;
use daypass_vending::ids::SessionId;
use daypass_vending::ports::{CommitError, DueSession, Page, PageRequest, SessionFilter, SessionStore, StoreError};
use daypass_vending::session::{Bookkeeping, IdempotentCall, Session, Transition};
use jiff::Timestamp;

use super::DynamoStore;
use super::commit::{POINTER, session_part};
use super::item::{record, text, text_of};

#[async_trait]
impl SessionStore for DynamoStore {
    async fn commit(&self, transition: &Transition) -> Result<(), CommitError> {
        self.store_transition(transition).await
    }

    async fn keep(&self, bookkeeping: &Bookkeeping) -> Result<(), CommitError> {
        self.store_bookkeeping(bookkeeping).await
    }

    async fn session(&self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        // The first item of a session says in which project it is, and never changes.
        let Some(pointer) = self.record(&session_part(id), POINTER).await? else { return Ok(None) };
        let key = [("ProjectId", text(text_of(&pointer, "ProjectId")?)), ("SessionId", text(id.to_string()))];
        self.get(&self.names.sessions, key).await?.as_ref().map(record).transpose()
    }

    /// Which sessions there are is read from an index, which is a moment behind; each of them as it is now.
    async fn sessions(&self, filter: &SessionFilter, page: &PageRequest) -> Result<Page<Session>, StoreError> {
        self.list(filter, page).await
    }

    /// From an index, a moment behind: a session that is no longer due is left out, one that just became due comes with
    /// the next question.
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Session>, StoreError> {
        self.due_sessions(now, limit, |session| session).await
    }

    async fn due_list(&self, now: Timestamp, limit: usize) -> Result<Vec<DueSession>, StoreError> {
        self.due_sessions(now, limit, |session| DueSession::of(&session)).await
    }

    async fn replayed(&self, call: &IdempotentCall) -> Result<Option<SessionId>, CommitError> {
        self.earlier(call).await
    }
}
