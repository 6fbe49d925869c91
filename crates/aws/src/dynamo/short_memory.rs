//! The port [`ShortMemory`]: an item for each proof and each allowance, which DynamoDB's TTL clears away. TTL may be two days
//! late, which harms neither: a proof that is over is refused by its own time, and an old allowance is whole again.

use async_trait::async_trait;
use daypass_vending::audit::Digest256;
use daypass_vending::ports::{Allowance, ShortMemory, StoreError};
use jiff::{SignedDuration, Timestamp};

use super::DynamoStore;
use super::item::{count_of, item, number, text, text_of};
use super::schema::TTL;
use super::transaction::{Cancelled, Condition, Write};
use crate::errors::Failure;

/// How long an allowance is remembered: longer than any of them takes to be whole again.
const KEPT: SignedDuration = SignedDuration::from_hours(1);

/// The one item of a proof or an allowance.
const ONLY: &str = "only";

#[async_trait]
impl ShortMemory for DynamoStore {
    async fn first_use(&self, proof: &Digest256, _now: Timestamp, until: Timestamp) -> Result<bool, StoreError> {
        // A second more, since TTL counts whole ones.
        let forgotten = number(until.as_second().saturating_add(1));
        let item = item([("Part", text(format!("proof#{proof}"))), ("Item", text(ONLY)), (TTL, forgotten)]);
        let write = Write { table: &self.names.records, item, condition: Condition::Absent("Part") };
        match self.transact(vec![write]).await {
            Ok(()) => Ok(true),
            Err(Cancelled::Refused(_)) => Ok(false),
            Err(Cancelled::Store(error)) => Err(error),
        }
    }

    async fn allowance(&self, name: &str) -> Result<Option<Allowance>, StoreError> {
        let Some(stored) = self.record(&part(name), ONLY).await? else { return Ok(None) };
        let corrupt = |what: String| StoreError::Corrupt(format!("an allowance cannot be read: {what}"));
        Ok(Some(Allowance {
            left: u32::try_from(count_of(&stored, "Left")?).map_err(|error| corrupt(error.to_string()))?,
            at: text_of(&stored, "At")?.parse().map_err(|error: jiff::Error| corrupt(error.to_string()))?,
        }))
    }

    async fn keep_allowance(&self, name: &str, allowance: Allowance) -> Result<(), StoreError> {
        let forgotten = allowance.at.checked_add(KEPT).unwrap_or(Timestamp::MAX);
        let item = item([
            ("Part", text(part(name))),
            ("Item", text(ONLY)),
            ("Left", number(allowance.left)),
            ("At", text(allowance.at.to_string())),
            (TTL, number(forgotten.as_second())),
        ]);
        let put = self.client.put_item().table_name(&self.names.records).set_item(Some(item));
        put.send().await.map(drop).map_err(|error| Failure::of(&error).into())
    }
}

fn part(name: &str) -> String {
    format!("allowance#{name}")
}
