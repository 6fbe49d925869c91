//! One server per database file. SQLite itself would let two processes take turns, and both would run the sagas and the
//! reconciler that the other one is running.

use std::fs::{File, TryLockError};
use std::path::Path;

use super::DatabaseError;
use crate::private_file;

/// Held while the database is open; the operating system lets go of it when the process dies, however it dies.
#[derive(Debug)]
pub(super) struct FileLock(#[expect(dead_code, reason = "closing the file is what unlocks it")] File);

impl FileLock {
    /// Lock `<database>.lock`. Not the database itself: closing any handle of it would drop SQLite's own locks
    /// (<https://www.sqlite.org/howtocorrupt.html>, 2.2).
    pub(super) fn acquire(database: &Path) -> Result<Self, DatabaseError> {
        let mut path = database.as_os_str().to_owned();
        path.push(".lock");
        let path = Path::new(&path);
        let io = |source| DatabaseError::Io { path: path.to_owned(), source };
        private_file::create_parent(path).map_err(io)?;
        let file = private_file::open_or_create(path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(DatabaseError::InUse(database.to_owned())),
            Err(TryLockError::Error(source)) => Err(io(source)),
        }
    }
}
