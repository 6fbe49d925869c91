//! A store that keeps a life-cycle event with every transition. Whatever commits goes through it, so that no transition can
//! forget its event; without a bus it is not there, and no event is ever written.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::ids::SessionId;
use crate::ports::{CommitError, DueSession, Page, PageRequest, SessionFilter, SessionStore, StoreError};
use crate::session::{Bookkeeping, IdempotentCall, Session, Transition};

/// Wraps the store of sessions.
pub(super) struct Announcing(pub(super) Arc<dyn SessionStore>);

#[async_trait]
impl SessionStore for Announcing {
    async fn commit(&self, transition: &Transition) -> Result<(), CommitError> {
        self.0.commit(&transition.clone().announced()).await
    }

    async fn keep(&self, bookkeeping: &Bookkeeping) -> Result<(), CommitError> {
        self.0.keep(bookkeeping).await
    }

    async fn session(&self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        self.0.session(id).await
    }

    async fn sessions(&self, filter: &SessionFilter, page: &PageRequest) -> Result<Page<Session>, StoreError> {
        self.0.sessions(filter, page).await
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Session>, StoreError> {
        self.0.due(now, limit).await
    }

    async fn due_list(&self, now: Timestamp, limit: usize) -> Result<Vec<DueSession>, StoreError> {
        self.0.due_list(now, limit).await
    }

    async fn replayed(&self, call: &IdempotentCall) -> Result<Option<SessionId>, CommitError> {
        self.0.replayed(call).await
    }
}
