//! One SQLite file, opened once, written by one thread.
//!
//! Why one writer: SQLite allows one write transaction at a time, so more would only wait for each other; and changes that
//! wait together can share one commit, which is what costs (the disk must confirm it). Each change runs in a savepoint of
//! its own: it succeeds or fails alone, and is answered only after the commit that carries it.
//!
//! Readers see the last commit (WAL, <https://www.sqlite.org/wal.html>) and never wait for the writer.

mod connection;
mod error;
mod lock;
mod migration;
mod readers;
#[cfg(test)]
mod tests;
mod writer;

use std::path::Path;
use std::sync::Arc;

use rusqlite::Transaction;
use tokio::sync::oneshot;

pub use error::{DatabaseError, JobError};

use lock::FileLock;
use readers::Readers;
use writer::Writer;

/// The open database. Dropping the last handle finishes what is queued and closes the file cleanly.
#[derive(Debug)]
pub struct Database {
    // The order of the fields is the order of closing: readers let go first, so that the writer can fold the log into the
    // file; only then may another process open it.
    readers: Option<Readers>,
    writer: Writer,
    _lock: Option<FileLock>,
}

impl Database {
    /// Open the database file, create it if it is not there, and bring its tables up to date.
    ///
    /// # Errors
    /// When another process has it open, a newer Daypass wrote it, or it cannot be used.
    pub fn open(path: &Path) -> Result<Arc<Self>, DatabaseError> {
        let lock = FileLock::acquire(path)?;
        let connection = connection::open_file(path)?;
        let readers = Readers::start(path)?;
        let writer = Writer::start(connection)?;
        Ok(Arc::new(Self { readers: Some(readers), writer, _lock: Some(lock) }))
    }

    /// A database that lives and dies with its handle, for tests.
    ///
    /// # Errors
    /// When SQLite or the operating system lacks resources.
    pub fn open_in_memory() -> Result<Arc<Self>, DatabaseError> {
        let writer = Writer::start(connection::open_memory()?)?;
        Ok(Arc::new(Self { readers: None, writer, _lock: None }))
    }

    /// Run `job` in a transaction, and come back once its changes are durable. If it fails, none of them remains. It is run
    /// even when the caller stops waiting.
    ///
    /// # Errors
    /// What the job returned, or what kept the database from storing it; only [`JobError::Unknown`] may have happened.
    pub(crate) async fn write<T, R, F>(&self, job: F) -> Result<T, JobError<R>>
    where
        T: Send + 'static,
        R: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, JobError<R>> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        self.writer.submit(writer::job(job, answer))?;
        answered.await.unwrap_or_else(|_| Err(JobError::Unknown("the writing thread ended".to_owned())))
    }

    /// Run `job` on one consistent view of everything that was committed before.
    ///
    /// # Errors
    /// What the job returned, or what kept the database from answering.
    pub(crate) async fn read<T, R, F>(&self, job: F) -> Result<T, JobError<R>>
    where
        T: Send + 'static,
        R: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, JobError<R>> + Send + 'static,
    {
        // An in-memory database has no second connection: reads take their turn with the writes.
        let Some(readers) = &self.readers else { return self.write(job).await };
        let (answer, answered) = oneshot::channel();
        readers.submit(readers::job(job, answer))?;
        answered.await.unwrap_or_else(|_| Err(JobError::Unavailable("the reading thread ended".to_owned())))
    }
}
