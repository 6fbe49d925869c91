//! What the database promises to everything that is built on it.

use std::sync::Arc;

use rusqlite::Connection;
use tempfile::TempDir;

use super::*;

type Declined = JobError<&'static str>;

async fn database(folder: &TempDir) -> Arc<Database> {
    let database = Database::open(&folder.path().join("test.db")).unwrap();
    let table = "CREATE TABLE IF NOT EXISTS notes (text TEXT NOT NULL UNIQUE)";
    database.write::<_, &str, _>(|transaction| Ok(transaction.execute_batch(table)?)).await.unwrap();
    database
}

fn add(transaction: &Transaction<'_>, text: &str) -> Result<(), Declined> {
    transaction.prepare_cached("INSERT INTO notes VALUES (?1)")?.execute([text])?;
    Ok(())
}

async fn notes(database: &Database) -> i64 {
    database.read::<_, &str, _>(count).await.unwrap()
}

fn count(transaction: &Transaction<'_>) -> Result<i64, Declined> {
    Ok(transaction.query_row("SELECT count(*) FROM notes", [], |row| row.get(0))?)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_failing_change_does_not_harm_its_neighbours() {
    let folder = TempDir::new().unwrap();
    let database = database(&folder).await;
    let changes = (0..96).map(|number| {
        let database = Arc::clone(&database);
        tokio::spawn(async move {
            let work = move |transaction: &Transaction<'_>| {
                add(transaction, &format!("note {number}"))?;
                match number % 3 {
                    0 => Ok(number),
                    1 => Err(JobError::Declined("no")),
                    _ => panic!("a mistake in change {number}"),
                }
            };
            (number, database.write(work).await)
        })
    });
    for change in changes.collect::<Vec<_>>() {
        match change.await.unwrap() {
            (number, Ok(same)) => assert!(number == same && number % 3 == 0),
            (number, Err(JobError::Declined(_))) => assert_eq!(number % 3, 1),
            (number, Err(JobError::Unavailable(why))) => {
                assert!(number % 3 == 2 && why.ends_with(&format!("change {number}")));
            }
            (_, Err(other)) => panic!("{other:?}"),
        }
    }
    assert_eq!(notes(&database).await, 32);
}

#[test]
fn changes_that_wait_together_share_a_commit() {
    let folder = TempDir::new().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let database = database(&folder).await;
        let (release, wait) = std::sync::mpsc::channel::<()>();
        let before = commits(&folder);
        let first = database.write::<_, &str, _>(move |_| {
            // Held back until all others are queued.
            wait.recv().unwrap();
            Ok(())
        });
        let others = (0..64).map(|number| {
            database.write(move |transaction: &Transaction<'_>| add(transaction, &format!("note {number}")))
        });
        let others: Vec<_> = others.collect();
        let all = async { tokio::join!(first, join_all(others)) };
        // The first poll queues everything, in order; only then may the first change go on.
        let mut all = Box::pin(all);
        assert!(poll_once(all.as_mut()).is_pending());
        release.send(()).unwrap();
        let (first, others) = all.await;
        first.unwrap();
        assert!(others.into_iter().all(|other| other.is_ok()));
        assert_eq!(commits(&folder), before + 1);
        assert_eq!(notes(&database).await, 64);
    });
}

#[tokio::test]
async fn a_refused_commit_is_known_not_to_have_happened() {
    let folder = TempDir::new().unwrap();
    let database = database(&folder).await;
    let tables = "CREATE TABLE parents (id INTEGER PRIMARY KEY);
        CREATE TABLE children (parent REFERENCES parents DEFERRABLE INITIALLY DEFERRED)";
    database.write::<_, &str, _>(|transaction| Ok(transaction.execute_batch(tables)?)).await.unwrap();
    let orphan = |transaction: &Transaction<'_>| -> Result<(), Declined> {
        Ok(transaction.execute_batch("INSERT INTO children VALUES (1)")?)
    };
    let error = database.write(orphan).await.unwrap_err();
    assert!(matches!(error, JobError::Unavailable(_)), "{error:?}");
    database.write(|transaction: &Transaction<'_>| add(transaction, "next")).await.unwrap();
    assert_eq!(notes(&database).await, 1);
}

/// A full disk may end the transaction of a whole batch. Then nobody in it may be told that their change is stored.
#[tokio::test]
async fn on_a_full_disk_answers_and_content_agree() {
    let folder = TempDir::new().unwrap();
    let database = database(&folder).await;
    let limit = |pages: &'static str| {
        database.write::<_, &str, _>(move |transaction| {
            Ok(transaction.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?)
        })
    };
    limit("1").await.unwrap(); // The least it accepts is what there is.
    let changes = (0..12).map(|number| {
        let text = if number % 4 == 3 { "large ".repeat(5000) } else { format!("note {number}") };
        database.write(move |transaction: &Transaction<'_>| add(transaction, &text))
    });
    let answers = join_all(changes.collect()).await;
    let stored = answers.iter().filter(|answer| answer.is_ok()).count();
    assert!(answers.iter().any(Result::is_err));
    for error in answers.into_iter().filter_map(Result::err) {
        assert!(matches!(error, JobError::Sqlite(_) | JobError::Unavailable(_)), "{error:?}");
    }
    assert_eq!(notes(&database).await, i64::try_from(stored).unwrap());
    limit("1000000").await.unwrap();
    database.write(|transaction: &Transaction<'_>| add(transaction, &"large ".repeat(5000))).await.unwrap();
}

#[tokio::test]
async fn what_was_answered_is_there_after_reopening() {
    let folder = TempDir::new().unwrap();
    let database_ = database(&folder).await;
    database_.write(|transaction: &Transaction<'_>| add(transaction, "kept")).await.unwrap();
    // A copy of the files as they are now is what a power cut would leave behind.
    let after_crash = TempDir::new().unwrap();
    for name in ["test.db", "test.db-wal"] {
        std::fs::copy(folder.path().join(name), after_crash.path().join(name)).unwrap();
    }
    drop(database_);
    assert!(!folder.path().join("test.db-wal").exists(), "a clean end leaves one file");
    for folder in [folder, after_crash] {
        assert_eq!(notes(&*database(&folder).await).await, 1);
    }
}

#[tokio::test]
async fn a_change_is_finished_when_its_caller_is_gone() {
    let folder = TempDir::new().unwrap();
    let database = database(&folder).await;
    {
        let change = database.write(|transaction: &Transaction<'_>| add(transaction, "left alone"));
        let mut change = Box::pin(change);
        drop(poll_once(change.as_mut()));
    }
    database.write(|transaction: &Transaction<'_>| add(transaction, "next")).await.unwrap();
    assert_eq!(notes(&database).await, 2);
}

#[tokio::test]
async fn readers_cannot_write() {
    let folder = TempDir::new().unwrap();
    let database = database(&folder).await;
    let error = database.read(|transaction: &Transaction<'_>| add(transaction, "sneaked in")).await.unwrap_err();
    assert!(matches!(error, JobError::Sqlite(_)), "{error:?}");
}

#[tokio::test]
async fn memory_keeps_the_same_promises() {
    let database = Database::open_in_memory().unwrap();
    database.write::<_, &str, _>(|t| Ok(t.execute_batch("CREATE TABLE notes (text TEXT)")?)).await.unwrap();
    database.write(|transaction: &Transaction<'_>| add(transaction, "kept")).await.unwrap();
    let failed = |transaction: &Transaction<'_>| {
        add(transaction, "undone")?;
        Err::<(), _>(JobError::Declined("no"))
    };
    database.write(failed).await.unwrap_err();
    assert_eq!(notes(&database).await, 1);
}

#[test]
fn two_processes_cannot_share_a_file() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("deep/er/test.db");
    let first = Database::open(&path).unwrap();
    let error = Database::open(&path).unwrap_err();
    assert!(matches!(error, DatabaseError::InUse(_)), "{error}");
    assert!(error.to_string().contains("stop the other daypass-server"), "{error}");
    drop(first);
    Database::open(&path).unwrap();
}

#[test]
fn a_file_of_a_newer_program_or_of_another_is_left_alone() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("newer.db");
    drop(Database::open(&path).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 999).unwrap();
    assert!(matches!(Database::open(&path).unwrap_err(), DatabaseError::Newer { found: 999, .. }));

    let foreign = folder.path().join("foreign.db");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    let text = folder.path().join("text.db");
    std::fs::write(&text, "not a database, but long enough to look at".repeat(50)).unwrap();
    for path in [foreign, text] {
        let before = std::fs::read(&path).unwrap();
        assert!(matches!(Database::open(&path).unwrap_err(), DatabaseError::Foreign(_)));
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_may_read_the_files() {
    let folder = TempDir::new().unwrap();
    let _open = database(&folder).await;
    let mut names = vec![];
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        assert!(!crate::private_file::is_open_to_others(&path).unwrap(), "{}", path.display());
        names.push(path);
    }
    assert!(names.len() >= 3, "{names:?}");
}

/// How many commits the write-ahead log holds: its frames that carry a database size
/// (<https://www.sqlite.org/fileformat2.html#walformat>).
fn commits(folder: &TempDir) -> usize {
    let log = std::fs::read(folder.path().join("test.db-wal")).unwrap();
    let number = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().unwrap());
    let page = usize::try_from(number(&log[8..12])).unwrap();
    log[32..].chunks_exact(24 + page).filter(|frame| number(&frame[4..8]) != 0).count()
}

async fn join_all<T>(futures: Vec<impl Future<Output = T>>) -> Vec<T> {
    let mut pending: Vec<_> = futures.into_iter().map(Box::pin).collect();
    // Poll each once so that all are queued, then wait for one after the other.
    let mut results = vec![];
    std::future::poll_fn(|context| {
        results = pending.iter_mut().map(|future| future.as_mut().poll(context)).collect();
        std::task::Poll::Ready(())
    })
    .await;
    let mut done = vec![];
    for (result, future) in results.into_iter().zip(pending) {
        done.push(match result {
            std::task::Poll::Ready(value) => value,
            std::task::Poll::Pending => future.await,
        });
    }
    done
}

fn poll_once<T>(future: std::pin::Pin<&mut (impl Future<Output = T> + ?Sized)>) -> std::task::Poll<T> {
    future.poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
}
