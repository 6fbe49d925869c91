//! The writing thread, and how changes that wait together share one commit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use super::{DatabaseError, JobError};

/// At most so many changes share a commit, so that the first of them does not wait for long.
const BATCH: usize = 256;

/// A change that waits for its turn. Given a reason instead of a transaction, it is not run and tells its caller so.
pub(super) type Job = Box<dyn FnOnce(Result<&Transaction<'_>, &str>) -> Finished + Send>;

/// A change that ran, and waits for the commit.
pub(super) struct Finished {
    /// Whether its changes are to be kept.
    keep: bool,
    /// Tells the caller, given what became of the commit.
    answer: Box<dyn FnOnce(&Committed) + Send>,
}

/// What became of a batch.
pub(super) enum Committed {
    /// It is on disk.
    Yes,
    /// It is known not to be.
    No(String),
    /// It may be.
    Unknown(String),
}

/// The writing thread's handle. Dropping it lets the thread finish its queue and close the database.
#[derive(Debug)]
pub(super) struct Writer {
    queue: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Start the thread that owns `connection` from now on.
    pub(super) fn start(connection: Connection) -> Result<Self, DatabaseError> {
        let (queue, jobs) = channel();
        let thread = thread::Builder::new().name("daypass-writer".to_owned());
        let thread = thread
            .spawn(move || run(connection, &jobs))
            .map_err(|source| DatabaseError::Io { path: "the writing thread".into(), source })?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Queue a change.
    pub(super) fn submit<R>(&self, job: Job) -> Result<(), JobError<R>> {
        let sent = self.queue.as_ref().is_some_and(|queue| queue.send(job).is_ok());
        if sent { Ok(()) } else { Err(JobError::Unavailable("the writing thread ended".to_owned())) }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        // The last handle may have been held by a change itself; the thread cannot wait for its own end.
        if let Some(thread) = self.thread.take().filter(|thread| thread.thread().id() != thread::current().id())
            && thread.join().is_err()
        {
            tracing::error!(target: "daypass::database", "the writing thread panicked");
        }
    }
}

/// Wrap a change so that it answers its caller once its fate is known. A panic is the failure of this change alone.
pub(super) fn job<T, R, F>(work: F, caller: oneshot::Sender<Result<T, JobError<R>>>) -> Job
where
    T: Send + 'static,
    R: Send + 'static,
    F: FnOnce(&Transaction<'_>) -> Result<T, JobError<R>> + Send + 'static,
{
    Box::new(move |transaction| {
        let result = match transaction {
            Ok(transaction) => catch_unwind(AssertUnwindSafe(|| work(transaction)))
                .unwrap_or_else(|payload| Err(JobError::panicked(payload.as_ref()))),
            Err(why) => Err(JobError::Unavailable(why.to_owned())),
        };
        let keep = result.is_ok();
        let answer = move |committed: &Committed| {
            let result = match (result, committed) {
                (Ok(_), Committed::No(why)) => Err(JobError::Unavailable(why.clone())),
                (Ok(_), Committed::Unknown(why)) => Err(JobError::Unknown(why.clone())),
                (result, _) => result,
            };
            // A caller that stopped waiting does not want the answer.
            drop(caller.send(result));
        };
        Finished { keep, answer: Box::new(answer) }
    })
}

fn run(mut connection: Connection, jobs: &Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        let batch = std::iter::once(first).chain(jobs.try_iter().take(BATCH - 1));
        write_batch(&mut connection, batch);
    }
    // Fold the log into the file: what is left behind is one file.
    if let Err(error) = connection.pragma_update(None, "wal_checkpoint", "truncate") {
        tracing::warn!(target: "daypass::database", %error, "could not fold the write-ahead log into the database; nothing is lost");
    }
}

/// Run a batch in one transaction and answer every change in it.
fn write_batch(connection: &mut Connection, mut jobs: impl Iterator<Item = Job>) {
    let mut finished = Vec::new();
    let committed = match connection.transaction_with_behavior(TransactionBehavior::Immediate) {
        Ok(transaction) => match jobs.try_for_each(|job| run_one(&transaction, job, &mut finished)) {
            Ok(()) => commit(transaction),
            Err(why) => Committed::No(why),
        },
        Err(error) => {
            let why = error.to_string();
            finished.extend(jobs.map(|job| job(Err(&why))));
            Committed::No(why)
        }
    };
    for change in finished {
        (change.answer)(&committed);
    }
}

/// Run one change in a savepoint. The error is about the whole transaction: SQLite rolls that back by itself when the disk
/// is full or fails (<https://www.sqlite.org/lang_transaction.html>, "Response To Errors Within A Transaction"), and
/// then the savepoint is gone. Nothing may be added to such a transaction, and nothing of it may be answered as stored.
fn run_one(transaction: &Transaction<'_>, job: Job, finished: &mut Vec<Finished>) -> Result<(), String> {
    if let Err(why) = execute(transaction, "SAVEPOINT change") {
        finished.push(job(Err(&why)));
        return Err(why);
    }
    let change = job(Ok(transaction));
    let keep = change.keep;
    finished.push(change);
    if !keep {
        execute(transaction, "ROLLBACK TO change")?;
    }
    execute(transaction, "RELEASE change")
}

fn execute(transaction: &Transaction<'_>, sql: &str) -> Result<(), String> {
    let executed = transaction.prepare_cached(sql).and_then(|mut statement| statement.execute([]));
    executed.map(drop).map_err(|error| error.to_string())
}

fn commit(transaction: Transaction<'_>) -> Committed {
    match transaction.commit() {
        Ok(()) => Committed::Yes,
        Err(error) if is_refusal(&error) => Committed::No(error.to_string()),
        // The disk failed: what it was given may be on it all the same.
        Err(error) => Committed::Unknown(error.to_string()),
    }
}

/// Whether SQLite refused the commit before it wrote anything.
fn is_refusal(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::ConstraintViolation | ErrorCode::DatabaseBusy))
}
