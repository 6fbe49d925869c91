//! The records: sessions, the trail, and what is to be told. One adapter implements all three, because a transition, its
//! event, its alerts and its life-cycle event are stored in one transaction.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::alert::Alert;
use crate::audit::{ChainId, Checkpoint, Digest256, Event, EventDraft, Head};
use crate::ids::{AccountId, ProjectId, SessionId, TierName, UserId};
use crate::life_event::LifeEvent;
use crate::session::{Bookkeeping, IdempotentCall, Session, Status, Transition};

/// Sessions.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Store a transition, its event (chained to its chain's head), its alerts, its life-cycle event and its idempotency
    /// key: all or nothing, and only if the stored version still is the one it started from.
    ///
    /// # Errors
    /// See [`CommitError`].
    async fn commit(&self, transition: &Transition) -> Result<(), CommitError>;

    /// Store bookkeeping under the same condition.
    ///
    /// # Errors
    /// See [`CommitError`].
    async fn keep(&self, bookkeeping: &Bookkeeping) -> Result<(), CommitError>;

    /// The session of this id.
    ///
    /// # Errors
    /// When the store cannot tell.
    async fn session(&self, id: &SessionId) -> Result<Option<Session>, StoreError>;

    /// One page of the sessions that pass the filter, newest request first.
    ///
    /// # Errors
    /// When the store cannot tell, or the cursor is not one of its own.
    async fn sessions(&self, filter: &SessionFilter, page: &PageRequest) -> Result<Page<Session>, StoreError>;

    /// Up to `limit` sessions whose [`Session::due_at`] is not after `now`, longest due first.
    ///
    /// # Errors
    /// When the store cannot tell.
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Session>, StoreError>;

    /// The same as a list of names, for whoever has too many to hold.
    ///
    /// # Errors
    /// When the store cannot tell.
    async fn due_list(&self, now: Timestamp, limit: usize) -> Result<Vec<DueSession>, StoreError> {
        Ok(self.due(now, limit).await?.iter().map(DueSession::of).collect())
    }

    /// The session that an earlier call with this key led to.
    ///
    /// # Errors
    /// [`CommitError::KeyReused`] when the key stood for a different call.
    async fn replayed(&self, call: &IdempotentCall) -> Result<Option<SessionId>, CommitError>;
}

/// The trail.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Append an event that belongs to no transition: a refusal, a read of somebody else's session.
    ///
    /// # Errors
    /// When it was not, or may not have been, stored; what it reports must then not happen (invariant 10).
    async fn record(&self, event: &EventDraft) -> Result<(), StoreError>;

    /// One page of a chain, or of all chains when `chain` is `None`, in the order of storing. One chain is listed as it is
    /// now; the list of all chains may be a moment late.
    ///
    /// # Errors
    /// When the store cannot tell.
    async fn events(&self, chain: Option<&ChainId>, page: &PageRequest) -> Result<Page<Event>, StoreError>;

    /// The heads of all chains, as recorded when the last event of each was appended, sorted by chain.
    ///
    /// # Errors
    /// When the store cannot tell.
    async fn heads(&self) -> Result<Vec<Head>, StoreError>;

    /// The newest signed checkpoint.
    ///
    /// # Errors
    /// When the store cannot tell.
    async fn last_checkpoint(&self) -> Result<Option<Checkpoint>, StoreError>;

    /// Store a checkpoint, unless its number is taken.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when its number is taken.
    async fn add_checkpoint(&self, checkpoint: &Checkpoint) -> Result<(), StoreError>;
}

/// Alerts and life-cycle events on their way. The two do not wait for each other.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Up to `limit` alerts that are not known to be delivered and may be tried at `now`, oldest first.
    ///
    /// # Errors
    /// When the store cannot tell.
    async fn undelivered(&self, now: Timestamp, limit: usize) -> Result<Vec<OutboxEntry>, StoreError>;

    /// Every alert about one session, oldest first.
    ///
    /// # Errors
    /// When the store cannot tell.
    async fn alerts_of(&self, session: &SessionId) -> Result<Vec<OutboxEntry>, StoreError>;

    /// The alert was delivered.
    ///
    /// # Errors
    /// When that could not be stored; it will be delivered again.
    async fn delivered(&self, number: u64, at: Timestamp) -> Result<(), StoreError>;

    /// The alert could not be delivered; try again at `next_at`.
    ///
    /// # Errors
    /// When that could not be stored.
    async fn undeliverable(&self, number: u64, next_at: Timestamp) -> Result<(), StoreError>;

    /// Up to `limit` life-cycle events that are not known to be published and may be tried at `now`, oldest first.
    ///
    /// # Errors
    /// When the store cannot tell.
    async fn unpublished(&self, now: Timestamp, limit: usize) -> Result<Vec<WaitingEvent>, StoreError>;

    /// These events were published, and are forgotten.
    ///
    /// # Errors
    /// When that could not be stored for all of them; those will be published again.
    async fn published(&self, numbers: &[u64]) -> Result<(), StoreError>;

    /// The event could not be published; try again at `next_at`.
    ///
    /// # Errors
    /// When that could not be stored.
    async fn unpublishable(&self, number: u64, next_at: Timestamp) -> Result<(), StoreError>;
}

/// What servers remember together for minutes, across restarts. Nothing here is a record: it may be forgotten once its time
/// is over.
#[async_trait]
pub trait ShortMemory: Send + Sync {
    /// Note at `now` that a proof was used, which counts once until `until`; whether this is its first use.
    ///
    /// # Errors
    /// When that could not be stored; the proof must then be refused.
    async fn first_use(&self, proof: &Digest256, now: Timestamp, until: Timestamp) -> Result<bool, StoreError>;

    /// What is remembered of somebody's allowance of calls.
    ///
    /// # Errors
    /// When the store cannot tell.
    async fn allowance(&self, name: &str) -> Result<Option<Allowance>, StoreError>;

    /// Remember what somebody has left of their allowance; forgotten an hour later.
    ///
    /// # Errors
    /// When it could not be stored.
    async fn keep_allowance(&self, name: &str, allowance: Allowance) -> Result<(), StoreError>;
}

/// How many calls somebody had left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// How many.
    pub left: u32,
    /// When.
    pub at: Timestamp,
}

/// A session that is due, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueSession {
    /// The session.
    pub id: SessionId,
    /// The account that it takes work in.
    pub account: AccountId,
}

impl DueSession {
    /// The entry of this session.
    #[must_use]
    pub fn of(session: &Session) -> Self {
        Self { id: session.id(), account: session.facts().request.account.clone() }
    }
}

/// Everything that is kept, behind one adapter.
pub trait Records: SessionStore + AuditLog + Outbox + ShortMemory {}

impl<T: SessionStore + AuditLog + Outbox + ShortMemory> Records for T {}

/// Why a change was not stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// Somebody else changed the session first; load it again and decide anew.
    #[error("the session was changed by somebody else meanwhile")]
    Conflict,
    /// The same call was made before and led to this session.
    #[error("the same call was made before")]
    Replayed(SessionId),
    /// The idempotency key stood for a different call.
    #[error("the idempotency key was used for a different call")]
    KeyReused,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why the store did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The change is known not to have happened.
    #[error("the store cannot be used: {0}")]
    Unavailable(String),
    /// The change may have happened.
    #[error("the store did not say whether the change happened: {0}")]
    Unknown(String),
    /// What is stored cannot be read; somebody or something damaged it.
    #[error("a stored record cannot be read: {0}")]
    Corrupt(String),
    /// The cursor is not one that this store gave out.
    #[error("the cursor is not valid")]
    BadCursor,
    /// Somebody else was first.
    #[error("somebody else was first")]
    Conflict,
}

/// Which sessions to list. Every given field must match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionFilter {
    /// Of this person.
    pub user: Option<UserId>,
    /// For this project.
    pub project: Option<ProjectId>,
    /// In this account.
    pub account: Option<AccountId>,
    /// At this tier.
    pub tier: Option<TierName>,
    /// In one of these states; all when empty.
    pub statuses: Vec<Status>,
    /// Only those that wait for a review: [`Session::owes_review`].
    pub owing_review: bool,
}

/// Which page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// Where the page before ended; `None` for the first.
    pub cursor: Option<String>,
    /// At most so many.
    pub limit: usize,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page starts; `None` when this is the last.
    pub next: Option<String>,
    /// Where this page ended, be it the last: whoever asks from here later sees what was added since. `None` when nothing is
    /// on it.
    pub end: Option<String>,
}

impl<T> Page<T> {
    /// Nothing.
    #[must_use]
    pub fn empty() -> Self {
        Self { items: vec![], next: None, end: None }
    }
}

/// An alert in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxEntry {
    /// Names the entry.
    pub number: u64,
    /// The alert.
    pub alert: Alert,
    /// When it was delivered, if it was.
    pub delivered_at: Option<Timestamp>,
    /// How often delivery failed.
    pub failed: u32,
}

/// A life-cycle event in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingEvent {
    /// Names the entry.
    pub number: u64,
    /// The event.
    pub event: LifeEvent,
    /// How often publishing it failed.
    pub failed: u32,
}
