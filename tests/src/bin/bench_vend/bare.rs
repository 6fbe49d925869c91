//! What SQLite commits with nothing of ours around it: transactions of the size that a vend's have, with the same settings,
//! in a file next to the server's. One by one, each waiting for the disk; and together, as our store does it: whoever waits
//! shares the next commit, each in a savepoint of its own.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::census::Census;

/// At most so many share a commit, as in our store.
const BATCH: usize = 256;

/// Transactions per second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BareRate(pub(crate) f64);

/// Somebody who waits for the commit that carries their transaction.
type Waiting = oneshot::Sender<()>;

impl BareRate {
    /// One connection that commits one after the other.
    pub(crate) fn one_by_one(folder: &Path, census: Census, length: Duration) -> Result<Self> {
        let (mut connection, row) = open(folder, census)?;
        let (started, mut count) = (Instant::now(), 0_u32);
        while started.elapsed() < length {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            insert(&transaction, &row)?;
            transaction.commit()?;
            count += 1;
        }
        Ok(Self::of(count, started))
    }

    /// So many clients, each of which waits for its commit before the next.
    pub(crate) async fn together(folder: &Path, census: Census, length: Duration, clients: u16) -> Result<Self> {
        let (connection, row) = open(folder, census)?;
        let (queue, waiting) = channel();
        let writer = thread::spawn(move || write(connection, &row, &waiting));
        let (started, mut tasks) = (Instant::now(), JoinSet::new());
        for _ in 0..clients {
            tasks.spawn(commit_until(started, length, queue.clone()));
        }
        drop(queue);
        let mut count = 0;
        while let Some(ended) = tasks.join_next().await {
            count += ended.context("a bare client panicked")??;
        }
        let rate = Self::of(count, started);
        writer.join().map_err(|_| anyhow::anyhow!("the bare writer panicked"))??;
        Ok(rate)
    }

    fn of(count: u32, started: Instant) -> Self {
        Self(f64::from(count) / started.elapsed().as_secs_f64())
    }
}

async fn commit_until(started: Instant, length: Duration, queue: Sender<Waiting>) -> Result<u32> {
    let mut count = 0;
    while started.elapsed() < length {
        let (answer, answered) = oneshot::channel();
        queue.send(answer).context("the bare writer ended")?;
        answered.await.context("a bare transaction failed")?;
        count += 1;
    }
    Ok(count)
}

fn write(mut connection: Connection, row: &[u8], waiting: &Receiver<Waiting>) -> Result<()> {
    while let Ok(first) = waiting.recv() {
        let batch: Vec<_> = std::iter::once(first).chain(waiting.try_iter().take(BATCH - 1)).collect();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for _ in &batch {
            transaction.prepare_cached("SAVEPOINT change")?.execute([])?;
            insert(&transaction, row)?;
            transaction.prepare_cached("RELEASE change")?.execute([])?;
        }
        transaction.commit()?;
        for answer in batch {
            // A client that gave up needs no answer.
            let _ = answer.send(());
        }
    }
    Ok(())
}

fn insert(transaction: &Transaction<'_>, row: &[u8]) -> Result<()> {
    transaction.prepare_cached("INSERT INTO bare (row) VALUES (?1)")?.execute([row])?;
    Ok(())
}

/// An empty database with the settings of `daypass_embedded::database`, and what each transaction puts in.
fn open(folder: &Path, census: Census) -> Result<(Connection, Vec<u8>)> {
    let path = folder.join("bare.sqlite");
    for suffix in ["", "-wal", "-shm"] {
        let old = folder.join(format!("bare.sqlite{suffix}"));
        if old.exists() {
            std::fs::remove_file(old)?;
        }
    }
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    connection.execute_batch("CREATE TABLE bare (number INTEGER PRIMARY KEY, row BLOB NOT NULL) STRICT")?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some kilobytes")]
    let size = census.bytes_per_transaction().round() as usize;
    Ok((connection, vec![b'x'; size]))
}
