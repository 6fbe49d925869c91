//! What a pass leaves behind, counted in the records: what somebody is woken up for.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::ports::{PageRequest, SessionFilter, StoreError};
use crate::service::Vending;
use crate::session::Status;

/// The most that is counted of anything; beyond it a number says "at least".
const MOST_COUNTED: usize = 1_000;

/// How many sessions are held in memory while they are counted.
const PAGE: usize = 100;

/// Work that waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Backlog {
    /// Sessions whose role could not be killed so far, up to 1,000.
    pub stuck: usize,
    /// Alerts that are not delivered, up to 1,000.
    pub undelivered_alerts: usize,
    /// For how many seconds the longest due session has been due; 0 when none is.
    pub oldest_due_seconds: i64,
}

impl Vending {
    /// Count what waits.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn backlog(&self) -> Result<Backlog, StoreError> {
        let now = self.now();
        let oldest = self.deps.store.due(now, 1).await?;
        let due_for = oldest.first().and_then(|session| session.due_at()).map(|at| now.duration_since(at));
        Ok(Backlog {
            stuck: self.count(Status::Stuck).await?,
            undelivered_alerts: self.deps.outbox.undelivered(Timestamp::MAX, MOST_COUNTED).await?.len(),
            oldest_due_seconds: due_for.unwrap_or(SignedDuration::ZERO).as_secs(),
        })
    }

    async fn count(&self, status: Status) -> Result<usize, StoreError> {
        let filter = SessionFilter { statuses: vec![status], ..SessionFilter::default() };
        let (mut count, mut cursor) = (0, None);
        while count < MOST_COUNTED {
            let page = self.deps.store.sessions(&filter, &PageRequest { cursor, limit: PAGE }).await?;
            count += page.items.len();
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        Ok(count.min(MOST_COUNTED))
    }
}
