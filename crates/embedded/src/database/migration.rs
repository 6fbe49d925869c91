//! The format of the file: `PRAGMA user_version` counts the migrations it has been through.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::DatabaseError;

/// Says in the file's header whose it is (`PRAGMA application_id`): "dayp".
const APPLICATION_ID: i32 = 0x6461_7970;

/// One step from a format to the next. Steps that were released are never changed.
struct Migration {
    /// What it is about.
    name: &'static str,
    /// What it does.
    sql: &'static str,
}

/// All steps, in order: the first makes format 1. The SQL lives with the module whose tables it makes.
const MIGRATIONS: &[Migration] = &[
    Migration { name: "sessions, trail and outbox", sql: include_str!("../store/schema.sql") },
    Migration { name: "development issuer", sql: include_str!("../issuer/schema.sql") },
    Migration { name: "simulated AWS accounts", sql: include_str!("../aws/schema.sql") },
    Migration { name: "life-cycle events", sql: include_str!("../store/life_events.sql") },
    Migration { name: "short memory", sql: include_str!("../store/short_memory.sql") },
    Migration { name: "open reviews", sql: include_str!("../store/reviews.sql") },
];

/// Refuse a file that is not ours before anything is changed in it.
pub(super) fn check_owner(connection: &Connection, path: &Path) -> Result<(), DatabaseError> {
    let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0));
    let foreign = || DatabaseError::Foreign(path.to_owned());
    let owner = number("application_id").map_err(|_| foreign())?;
    let objects: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if owner == APPLICATION_ID || (owner == 0 && objects == 0) { Ok(()) } else { Err(foreign()) }
}

/// Bring the file to the newest format. Each step is one transaction: it is done whole or not at all.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), DatabaseError> {
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    if found > known {
        return Err(DatabaseError::Newer { found, known });
    }
    for (number, migration) in (1..=known).zip(MIGRATIONS).filter(|(number, _)| *number > found) {
        apply(connection, number, migration).map_err(|source| DatabaseError::Migration {
            number,
            name: migration.name,
            source,
        })?;
    }
    Ok(())
}

fn apply(connection: &mut Connection, number: u32, migration: &Migration) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(migration.sql)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", number)?;
    transaction.commit()
}
