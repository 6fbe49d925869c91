//! Life-cycle events that are not published yet: an item each, in the same sparse index as alerts but in parts of their
//! own, so that however many wait for a bus, alerts are found at once. What is published is deleted: the trail has it all.

use daypass_vending::audit::Digest256;
use daypass_vending::life_event::LifeEvent;
use daypass_vending::ports::{StoreError, WaitingEvent};
use futures::future::try_join_all;
use jiff::Timestamp;

use super::DynamoStore;
use super::item::{Item, count_of, number, record, recorded, text};
use super::outbox::ALERT_SHARDS;
use super::place::epoch_seconds;
use super::transaction::{Condition, Write};
use crate::errors::Failure;

/// In how many parts events are kept, behind those of alerts.
const SHARDS: u64 = 4;

/// The second name of each item; the first one has the number.
const ITEM: &str = "event";

impl DynamoStore {
    /// The item of a transition's event.
    pub(super) fn life_event(&self, event: &LifeEvent) -> Result<Write<'_>, StoreError> {
        let number = number_of(event);
        let item = recorded(
            event,
            [
                ("Part", text(part(number))),
                ("Item", text(ITEM)),
                ("Number", self::number(number)),
                ("Failed", self::number(0)),
                ("OutboxShard", self::number(ALERT_SHARDS + number % SHARDS)),
                ("NextAt", self::number(epoch_seconds(event.at))),
            ],
        )?;
        Ok(Write { table: &self.names.records, item, condition: Condition::Absent("Part") })
    }

    /// Read from an index, which is a moment behind: an event may come again right after it was published.
    pub(super) async fn waiting_events(&self, now: Timestamp, limit: usize) -> Result<Vec<WaitingEvent>, StoreError> {
        let found = self.waiting(ALERT_SHARDS..ALERT_SHARDS + SHARDS, now, limit).await?;
        let mut entries = found.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
        entries.sort_by_key(|entry| (entry.event.at, entry.event.session, entry.event.sequence));
        entries.truncate(limit);
        Ok(entries)
    }

    pub(super) async fn forget_events(&self, numbers: &[u64]) -> Result<(), StoreError> {
        let deletions = numbers.iter().map(|number| async {
            let request = self.client.delete_item().table_name(&self.names.records);
            let done = request.key("Part", text(part(*number))).key("Item", text(ITEM)).send().await;
            done.map(drop).map_err(|error| StoreError::from(Failure::of(&error)))
        });
        try_join_all(deletions).await.map(drop)
    }

    /// One that is published meanwhile stays forgotten.
    pub(super) async fn postpone_event(&self, number: u64, next_at: Timestamp) -> Result<(), StoreError> {
        let request = self
            .client
            .update_item()
            .table_name(&self.names.records)
            .key("Part", text(part(number)))
            .key("Item", text(ITEM))
            .update_expression("SET NextAt = :next ADD Failed :one")
            .condition_expression("attribute_exists(Part)")
            .expression_attribute_values(":next", self::number(epoch_seconds(next_at)))
            .expression_attribute_values(":one", self::number(1));
        match request.send().await {
            Err(error)
                if !error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Err(Failure::of(&error).into())
            }
            _ => Ok(()),
        }
    }
}

fn part(number: u64) -> String {
    format!("event#{number}")
}

/// An event's number follows from what it is about, so that a transaction that is tried again writes the same.
fn number_of(event: &LifeEvent) -> u64 {
    let digest = Digest256::of(format!("{} {}", event.session, event.sequence).as_bytes()).to_string();
    digest.get(..15).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or_default()
}

fn entry(item: &Item) -> Result<WaitingEvent, StoreError> {
    Ok(WaitingEvent {
        number: count_of(item, "Number")?,
        event: record(item)?,
        failed: u32::try_from(count_of(item, "Failed")?).unwrap_or(u32::MAX),
    })
}
