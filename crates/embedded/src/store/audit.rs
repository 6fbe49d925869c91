//! The port [`AuditLog`].

use async_trait::async_trait;
use daypass_vending::audit::{ChainId, Checkpoint, Digest256, Event, EventDraft, Head};
use daypass_vending::ports::{AuditLog, Page, PageRequest, StoreError};
use rusqlite::{Row, params};

use super::commit::append;
use super::cursor::{List, Part, Position};
use super::{SqliteStore, execute, find, from_integer, from_json, list, to_integer, to_json};
use crate::database::JobError;

/// One chain, by place.
pub(super) const CHAIN: &str =
    "SELECT seq, 0, document FROM events WHERE chain = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";

/// All chains, in the order of storing.
pub(super) const TRAIL: &str = "SELECT number, 0, document FROM events WHERE number > ?1 ORDER BY number LIMIT ?2";

#[async_trait]
impl AuditLog for SqliteStore {
    async fn record(&self, event: &EventDraft) -> Result<(), StoreError> {
        let event = event.clone();
        let appended = self.database.write(move |transaction| -> Result<(), JobError> { append(transaction, event) });
        Ok(appended.await?)
    }

    async fn events(&self, chain: Option<&ChainId>, page: &PageRequest) -> Result<Page<Event>, StoreError> {
        let Some(chain) = chain else { return self.all_events(page).await };
        let part = Part::of(List::Chain, page)?;
        let chain = chain.as_str().to_owned();
        let (seq, _) = part.after.unwrap_or((0, 0));
        let found = self.database.read(move |transaction| -> Result<_, JobError> {
            list(transaction, CHAIN, params![chain, seq, part.fetch()], event)
        });
        Ok(part.page(found.await?))
    }

    async fn heads(&self) -> Result<Vec<Head>, StoreError> {
        let heads = self.database.read(|transaction| -> Result<Vec<Head>, JobError> {
            list(transaction, "SELECT chain, seq, hash FROM heads ORDER BY chain", [], head)
        });
        Ok(heads.await?)
    }

    async fn last_checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        let found = self.database.read(|transaction| -> Result<Option<String>, JobError> {
            Ok(find(transaction, "SELECT document FROM checkpoints ORDER BY number DESC LIMIT 1", [])?)
        });
        let checkpoint = found.await?.map(|document| from_json(&document)).transpose();
        checkpoint.map_err(|error: JobError| error.into())
    }

    async fn add_checkpoint(&self, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        let (number, document) = (checkpoint.number, to_json(checkpoint)?);
        let added = self.database.write(move |transaction| {
            let sql = "INSERT INTO checkpoints (number, document) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
            let added = execute(transaction, sql, params![to_integer(number)?, document])?;
            if added == 1 { Ok(()) } else { Err(JobError::Declined(StoreError::Conflict)) }
        });
        Ok(added.await?)
    }
}

impl SqliteStore {
    async fn all_events(&self, page: &PageRequest) -> Result<Page<Event>, StoreError> {
        let part = Part::of(List::Trail, page)?;
        let (number, _) = part.after.unwrap_or((0, 0));
        let found = self.database.read(move |transaction| -> Result<_, JobError> {
            list(transaction, TRAIL, params![number, part.fetch()], event)
        });
        Ok(part.page(found.await?))
    }
}

/// The event is what its document says; the columns only place it.
fn event(row: &Row<'_>) -> Result<(Position, Event), JobError> {
    Ok(((row.get(0)?, row.get(1)?), from_json(&row.get::<_, String>(2)?)?))
}

fn head(row: &Row<'_>) -> Result<Head, JobError> {
    let hash = Digest256::try_from(row.get::<_, String>(2)?).map_err(|error| JobError::Corrupt(error.to_string()))?;
    Ok(Head { chain: ChainId::named(&row.get::<_, String>(0)?), seq: from_integer(row.get(1)?)?, hash })
}
