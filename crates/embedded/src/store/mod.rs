//! Sessions, trail and outbox in SQLite. A session is a JSON document with copies of what conditions and queries need in
//! columns beside it; a transition, its event, its alerts, its life-cycle event and its idempotency key are one transaction.

mod audit;
mod commit;
mod cursor;
mod outbox;
mod sessions;
mod short_memory;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use daypass_vending::ports::StoreError;
use jiff::Timestamp;
use rusqlite::types::FromSql;
use rusqlite::{OptionalExtension, Params, Row, Transaction};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::database::{Database, JobError};

/// The records of one machine: [`daypass_vending::ports::SessionStore`], [`daypass_vending::ports::AuditLog`],
/// [`daypass_vending::ports::Outbox`] and [`daypass_vending::ports::ShortMemory`] on one database.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    database: Arc<Database>,
}

impl SqliteStore {
    /// The store in this database.
    #[must_use]
    pub fn new(database: Arc<Database>) -> Self {
        Self { database }
    }
}

/// A page has at most so many items, whatever was asked for.
const PAGE_LIMIT: usize = 1000;

/// How a time is stored: as whole microseconds, which reach from year -9999 to 9999.
fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

fn time<R>(micros: i64) -> Result<Timestamp, JobError<R>> {
    Timestamp::from_microsecond(micros).map_err(|error| JobError::Corrupt(error.to_string()))
}

fn to_json(record: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(record).map_err(|error| StoreError::Unavailable(format!("cannot write a record: {error}")))
}

fn from_json<T: DeserializeOwned, R>(document: &str) -> Result<T, JobError<R>> {
    serde_json::from_str(document).map_err(|error| JobError::Corrupt(error.to_string()))
}

/// A count or place that is never negative; SQLite's integers end at 2⁶³ - 1.
fn to_integer<R>(number: u64) -> Result<i64, JobError<R>> {
    i64::try_from(number).map_err(|_| JobError::Corrupt(format!("{number} is too large to be stored")))
}

fn from_integer<R>(number: i64) -> Result<u64, JobError<R>> {
    u64::try_from(number).map_err(|_| JobError::Corrupt(format!("{number} is negative")))
}

/// Run a prepared statement that changes rows; returns how many.
fn execute(transaction: &Transaction<'_>, sql: &str, values: impl Params) -> rusqlite::Result<usize> {
    transaction.prepare_cached(sql)?.execute(values)
}

/// The single value that a query finds, if any.
fn find<T: FromSql>(transaction: &Transaction<'_>, sql: &str, values: impl Params) -> rusqlite::Result<Option<T>> {
    transaction.prepare_cached(sql)?.query_row(values, |row| row.get(0)).optional()
}

/// Every row that a query finds, turned into what it stands for.
fn list<T, R>(
    transaction: &Transaction<'_>,
    sql: &str,
    values: impl Params,
    mut read: impl FnMut(&Row<'_>) -> Result<T, JobError<R>>,
) -> Result<Vec<T>, JobError<R>> {
    let mut statement = transaction.prepare_cached(sql)?;
    let mut rows = statement.query(values)?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        items.push(read(row)?);
    }
    Ok(items)
}
