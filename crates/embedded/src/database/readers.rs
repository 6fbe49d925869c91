//! The reading threads. Each has a connection of its own, with its prepared statements, and sees the last commit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use rusqlite::{Connection, Transaction};
use tokio::sync::oneshot;

use super::{DatabaseError, JobError, connection};

/// More threads than this do not answer faster: what is read is in memory, and the processor is what limits.
const MOST: usize = 4;

/// A question that waits for its turn.
pub(super) type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// The reading threads' handle. Dropping it lets them finish the queue.
#[derive(Debug)]
pub(super) struct Readers {
    queue: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    /// Start the threads; the file is there and migrated.
    pub(super) fn start(path: &Path) -> Result<Self, DatabaseError> {
        let (queue, jobs) = channel();
        let jobs = Arc::new(Mutex::new(jobs));
        let count = thread::available_parallelism().map_or(2, |count| count.get().clamp(2, MOST));
        let mut readers = Self { queue: Some(queue), threads: Vec::with_capacity(count) };
        for number in 1..=count {
            let connection = connection::open_reader(path)?;
            let jobs = Arc::clone(&jobs);
            let thread = thread::Builder::new().name(format!("daypass-reader-{number}"));
            let thread = thread
                .spawn(move || run(connection, &jobs))
                .map_err(|source| DatabaseError::Io { path: "a reading thread".into(), source })?;
            readers.threads.push(thread);
        }
        Ok(readers)
    }

    /// Queue a question.
    pub(super) fn submit<R>(&self, job: Job) -> Result<(), JobError<R>> {
        let sent = self.queue.as_ref().is_some_and(|queue| queue.send(job).is_ok());
        if sent { Ok(()) } else { Err(JobError::Unavailable("the reading threads ended".to_owned())) }
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        drop(self.queue.take());
        for thread in self.threads.drain(..).filter(|thread| thread.thread().id() != thread::current().id()) {
            if thread.join().is_err() {
                tracing::error!(target: "daypass::database", "a reading thread panicked");
            }
        }
    }
}

/// Wrap a question so that it answers its caller. A panic is the failure of this question alone.
pub(super) fn job<T, R, F>(work: F, caller: oneshot::Sender<Result<T, JobError<R>>>) -> Job
where
    T: Send + 'static,
    R: Send + 'static,
    F: FnOnce(&Transaction<'_>) -> Result<T, JobError<R>> + Send + 'static,
{
    Box::new(move |connection| {
        let result = catch_unwind(AssertUnwindSafe(|| work(&connection.transaction()?)))
            .unwrap_or_else(|payload| Err(JobError::panicked(payload.as_ref())));
        // A caller that stopped waiting does not want the answer.
        drop(caller.send(result));
    })
}

fn run(mut connection: Connection, jobs: &Mutex<Receiver<Job>>) {
    loop {
        // One thread waits at the queue, the others for the lock; work is done without it.
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            Ok(job) => job(&mut connection),
            Err(_) => return,
        }
    }
}
