//! The port [`Outbox`].

use async_trait::async_trait;
use daypass_vending::ids::SessionId;
use daypass_vending::ports::{Outbox, OutboxEntry, StoreError, WaitingEvent};
use jiff::Timestamp;
use rusqlite::{Row, params};

use super::{SqliteStore, execute, from_integer, from_json, list, micros, time, to_integer};
use crate::database::JobError;

/// What is to be tried now, oldest first.
pub(super) const UNDELIVERED: &str = "SELECT number, document, delivered_at, failed FROM outbox
    WHERE delivered_at IS NULL AND (next_at IS NULL OR next_at <= ?1) ORDER BY number LIMIT ?2";

/// What is to be published now, oldest first.
pub(super) const UNPUBLISHED: &str = "SELECT number, document, failed FROM life_events
    WHERE next_at IS NULL OR next_at <= ?1 ORDER BY number LIMIT ?2";

/// Everything about one session, oldest first.
pub(super) const OF_SESSION: &str =
    "SELECT number, document, delivered_at, failed FROM outbox WHERE session = ?1 ORDER BY number";

#[async_trait]
impl Outbox for SqliteStore {
    async fn undelivered(&self, now: Timestamp, limit: usize) -> Result<Vec<OutboxEntry>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let entries = self.database.read(move |transaction| -> Result<_, JobError> {
            list(transaction, UNDELIVERED, params![micros(now), limit], entry)
        });
        Ok(entries.await?)
    }

    async fn alerts_of(&self, session: &SessionId) -> Result<Vec<OutboxEntry>, StoreError> {
        let session = session.to_string();
        let entries = self
            .database
            .read(move |transaction| -> Result<_, JobError> { list(transaction, OF_SESSION, [session], entry) });
        Ok(entries.await?)
    }

    async fn delivered(&self, number: u64, at: Timestamp) -> Result<(), StoreError> {
        // Two deliverers may have done it: the first time counts.
        self.update(number, at, "UPDATE outbox SET delivered_at = ?2 WHERE number = ?1 AND delivered_at IS NULL").await
    }

    async fn undeliverable(&self, number: u64, next_at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE outbox SET failed = failed + 1, next_at = ?2 WHERE number = ?1 AND delivered_at IS NULL";
        self.update(number, next_at, sql).await
    }

    async fn unpublished(&self, now: Timestamp, limit: usize) -> Result<Vec<WaitingEvent>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let entries = self.database.read(move |transaction| -> Result<_, JobError> {
            list(transaction, UNPUBLISHED, params![micros(now), limit], waiting_event)
        });
        Ok(entries.await?)
    }

    async fn published(&self, numbers: &[u64]) -> Result<(), StoreError> {
        if numbers.is_empty() {
            return Ok(());
        }
        let numbers = numbers.to_vec();
        let forgotten = self.database.write(move |transaction| -> Result<(), JobError> {
            for number in numbers {
                execute(transaction, "DELETE FROM life_events WHERE number = ?1", [to_integer(number)?])?;
            }
            Ok(())
        });
        Ok(forgotten.await?)
    }

    async fn unpublishable(&self, number: u64, next_at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE life_events SET failed = failed + 1, next_at = ?2 WHERE number = ?1";
        self.update(number, next_at, sql).await
    }
}

impl SqliteStore {
    async fn update(&self, number: u64, at: Timestamp, sql: &'static str) -> Result<(), StoreError> {
        let updated = self.database.write(move |transaction| -> Result<(), JobError> {
            execute(transaction, sql, params![to_integer(number)?, micros(at)])?;
            Ok(())
        });
        Ok(updated.await?)
    }
}

fn entry(row: &Row<'_>) -> Result<OutboxEntry, JobError> {
    let failed = from_integer(row.get(3)?)?;
    Ok(OutboxEntry {
        number: from_integer(row.get(0)?)?,
        alert: from_json(&row.get::<_, String>(1)?)?,
        delivered_at: row.get::<_, Option<i64>>(2)?.map(time).transpose()?,
        failed: u32::try_from(failed).unwrap_or(u32::MAX),
    })
}

fn waiting_event(row: &Row<'_>) -> Result<WaitingEvent, JobError> {
    let failed = from_integer(row.get(2)?)?;
    Ok(WaitingEvent {
        number: from_integer(row.get(0)?)?,
        event: from_json(&row.get::<_, String>(1)?)?,
        failed: u32::try_from(failed).unwrap_or(u32::MAX),
    })
}
