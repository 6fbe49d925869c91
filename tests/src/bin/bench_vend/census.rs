//! What a vend stores, counted in the server's own database while one client vends: transactions from the write-ahead log,
//! rows and bytes by triggers that are planted beforehand. The database is used for nothing else.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use rusqlite::Connection;
use serde::Serialize;

use crate::installation::Installation;
use crate::load::Load;
use crate::people::People;
use crate::server::Server;

/// How many vends are counted.
const VENDS: u16 = 100;

/// How many come before, so that what happens only once is not counted.
const BEFORE: usize = 10;

/// What one vend stores, on average.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Census {
    /// How many transactions it commits.
    pub(crate) transactions: f64,
    /// How many rows it inserts, updates or deletes.
    pub(crate) rows: f64,
    /// How many bytes are in the rows it inserts and updates, indices not counted.
    pub(crate) bytes: f64,
}

impl Census {
    /// Count in an installation of its own.
    pub(crate) async fn take(program: &Path, people: &People) -> Result<Self> {
        let installation = Installation::new(people, 2)?;
        let (server, _) = Server::start(program, &installation).await?;
        server.stop().await?;
        plant(&installation.database())?;
        let (server, _) = Server::start(program, &installation).await?;
        let load = Load::new(&server, people, &installation)?;
        load.one_by_one(BEFORE).await?;
        let reader = Connection::open(installation.database())?;
        // As long as somebody reads an older state, SQLite does not begin the log anew; it may do so at once, hence the vend.
        reader.execute_batch("BEGIN; SELECT count(*) FROM census;")?;
        load.one_by_one(1).await?;
        let before = Count::now(&installation.database())?;
        load.one_by_one(usize::from(VENDS)).await?;
        let after = Count::now(&installation.database())?;
        drop(reader);
        server.stop().await?;
        Ok(after.since(before))
    }

    /// How many bytes of rows one of its transactions stores.
    pub(crate) fn bytes_per_transaction(self) -> f64 {
        self.bytes / self.transactions
    }
}

/// What was stored so far.
struct Count {
    commits: u32,
    rows: u32,
    bytes: u32,
}

impl Count {
    fn now(database: &Path) -> Result<Self> {
        let log = fs::read(database.with_extension("sqlite-wal")).context("there is no write-ahead log")?;
        let commits = commits(&log).context("the write-ahead log is not as expected")?;
        let connection = Connection::open(database)?;
        let (rows, bytes) =
            connection.query_row("SELECT rows, bytes FROM census", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Self { commits, rows, bytes })
    }

    fn since(&self, before: Self) -> Census {
        let per_vend = |after: u32, before: u32| f64::from(after - before) / f64::from(VENDS);
        Census {
            transactions: per_vend(self.commits, before.commits),
            rows: per_vend(self.rows, before.rows),
            bytes: per_vend(self.bytes, before.bytes),
        }
    }
}

/// Plant a trigger for every way in which a row of any table can change.
fn plant(database: &Path) -> Result<()> {
    let connection = Connection::open(database)?;
    connection.execute_batch(
        "CREATE TABLE census (rows INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT; INSERT INTO census VALUES (0, 0);",
    )?;
    let mut statement = connection.prepare(
        "SELECT t.name, group_concat('coalesce(octet_length(NEW.\"' || c.name || '\"), 0)', ' + ')
         FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name <> 'census' GROUP BY t.name",
    )?;
    let tables = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    for (table, size) in tables.collect::<Result<Vec<_>, _>>()? {
        for (change, size) in [("INSERT", size.as_str()), ("UPDATE", size.as_str()), ("DELETE", "0")] {
            connection.execute_batch(&format!(
                "CREATE TRIGGER census_{change}_{table} AFTER {change} ON {table}
                 BEGIN UPDATE census SET rows = rows + 1, bytes = bytes + {size}; END;"
            ))?;
        }
    }
    Ok(())
}

/// How many commits there are in a write-ahead log (<https://www.sqlite.org/fileformat2.html#walformat>): frames that say
/// how large the database is from then on. What an earlier use of the file left behind bears other salts.
fn commits(log: &[u8]) -> Option<u32> {
    let page_size = usize::try_from(u32::from_be_bytes(log.get(8..12)?.try_into().ok()?)).ok()?;
    let salts = log.get(16..24)?;
    let frames = log.get(32..)?.chunks_exact(24 + page_size).take_while(|frame| frame.get(8..16) == Some(salts));
    let is_commit = |frame: &&[u8]| frame.get(4..8) != Some(&[0; 4]);
    u32::try_from(frames.filter(is_commit).count()).ok()
}
