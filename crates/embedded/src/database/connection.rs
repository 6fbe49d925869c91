//! Opening connections with the settings that everything else relies on.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::{DatabaseError, migration};
use crate::private_file;

/// How many prepared statements a connection keeps; more than the crate has.
const STATEMENTS: usize = 96;

/// Open the file for writing, create it if need be, and migrate it.
pub(super) fn open_file(path: &Path) -> Result<Connection, DatabaseError> {
    let io = |source| DatabaseError::Io { path: path.to_owned(), source };
    // SQLite gives the log and the index next to the file the permissions of the file.
    let file = private_file::open_or_create(path).map_err(io)?;
    drop(file);
    if private_file::is_open_to_others(path).map_err(io)? {
        tracing::warn!(target: "daypass::database", path = %path.display(), "other users of this machine may open the database");
    }
    let mut connection = Connection::open_with_flags(path, flags())?;
    // The first statement that reads the file: a file of another kind fails here.
    migration::check_owner(&connection, path)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    // FULL: a commit is on disk before it is answered. WAL alone would only be consistent, not durable.
    connection.pragma_update(None, "synchronous", "full")?;
    // Only where the operating system does not flush the drive's cache by itself (macOS).
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    prepare(&connection)?;
    migration::migrate(&mut connection)?;
    Ok(connection)
}

/// Open a database without a file.
pub(super) fn open_memory() -> Result<Connection, DatabaseError> {
    let mut connection = Connection::open_in_memory()?;
    prepare(&connection)?;
    migration::migrate(&mut connection)?;
    Ok(connection)
}

/// Open the file for reading only; it is there and migrated.
pub(super) fn open_reader(path: &Path) -> Result<Connection, DatabaseError> {
    let connection = Connection::open_with_flags(path, flags())?;
    prepare(&connection)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn prepare(connection: &Connection) -> Result<(), DatabaseError> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // A damaged or edited schema must not run anything.
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

/// Each connection stays with one thread at a time, so SQLite need not lock around it.
fn flags() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX
}
