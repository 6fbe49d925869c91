//! The port [`ShortMemory`]. Whatever is over is cleared away by the next write.

use async_trait::async_trait;
use daypass_vending::audit::Digest256;
use daypass_vending::ports::{Allowance, ShortMemory, StoreError};
use jiff::{SignedDuration, Timestamp};
use rusqlite::params;

use super::{SqliteStore, execute, list, micros, time};
use crate::database::JobError;

/// How long an allowance is remembered: longer than any of them takes to be whole again.
const KEPT: SignedDuration = SignedDuration::from_hours(1);

#[async_trait]
impl ShortMemory for SqliteStore {
    async fn first_use(&self, proof: &Digest256, now: Timestamp, until: Timestamp) -> Result<bool, StoreError> {
        let proof = proof.to_string();
        let noted = self.database.write(move |transaction| -> Result<bool, JobError> {
            execute(transaction, "DELETE FROM proofs WHERE until < ?1", [micros(now)])?;
            let sql = "INSERT INTO proofs (digest, until) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
            Ok(execute(transaction, sql, params![proof, micros(until)])? == 1)
        });
        Ok(noted.await?)
    }

    async fn allowance(&self, name: &str) -> Result<Option<Allowance>, StoreError> {
        let name = name.to_owned();
        let found = self.database.read(move |transaction| -> Result<_, JobError> {
            list(transaction, "SELECT remaining, at FROM allowances WHERE name = ?1", [name], |row| {
                Ok(Allowance { left: row.get(0)?, at: time(row.get(1)?)? })
            })
        });
        Ok(found.await?.pop())
    }

    async fn keep_allowance(&self, name: &str, allowance: Allowance) -> Result<(), StoreError> {
        let name = name.to_owned();
        let over = allowance.at.checked_sub(KEPT).unwrap_or(Timestamp::MIN);
        let kept = self.database.write(move |transaction| -> Result<(), JobError> {
            execute(transaction, "DELETE FROM allowances WHERE at < ?1", [micros(over)])?;
            let sql = "INSERT OR REPLACE INTO allowances (name, remaining, at) VALUES (?1, ?2, ?3)";
            execute(transaction, sql, params![name, allowance.left, micros(allowance.at)])?;
            Ok(())
        });
        Ok(kept.await?)
    }
}
