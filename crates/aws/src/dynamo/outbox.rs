//! The port [`Outbox`]: an alert stands with those of its session, and beside it a pointer by its number. Until it is
//! delivered it is also in a sparse index by when it may be tried.

use std::ops::Range;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use daypass_vending::alert::Alert;
use daypass_vending::audit::Digest256;
use daypass_vending::ids::SessionId;
use daypass_vending::ports::{Outbox, OutboxEntry, StoreError, WaitingEvent};
use daypass_vending::session::Session;
use futures::future::try_join_all;
use jiff::Timestamp;

use super::DynamoStore;
use super::item::{Item, count_of, item, number, record, recorded, text, text_of};
use super::place::epoch_seconds;
use super::read::Query;
use super::schema::OUTBOX;
use super::transaction::{Condition, Write};
use crate::errors::Failure;

/// In how many parts alerts that are not delivered are kept.
pub(super) const ALERT_SHARDS: u64 = 4;

#[async_trait]
impl Outbox for DynamoStore {
    /// Read from an index, which is a moment behind: an alert may come again right after its delivery was noted.
    async fn undelivered(&self, now: Timestamp, limit: usize) -> Result<Vec<OutboxEntry>, StoreError> {
        let found = self.waiting(0..ALERT_SHARDS, now, limit).await?;
        let mut entries = found.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
        entries.sort_by_key(|entry| (entry.alert.at, entry.number));
        entries.truncate(limit);
        Ok(entries)
    }

    async fn alerts_of(&self, session: &SessionId) -> Result<Vec<OutboxEntry>, StoreError> {
        let query = Query {
            table: &self.names.records,
            index: None,
            partition: ("Part", text(part(session))),
            sort: None,
            descending: false,
            limit: usize::MAX,
        };
        self.query(query).await?.iter().map(entry).collect()
    }

    async fn delivered(&self, number: u64, at: Timestamp) -> Result<(), StoreError> {
        // Two deliverers may have done it: the first time counts.
        let change = "SET DeliveredAt = :value REMOVE OutboxShard, NextAt";
        self.note(number, change, text(at.to_string())).await
    }

    async fn undeliverable(&self, number: u64, next_at: Timestamp) -> Result<(), StoreError> {
        let change = "SET NextAt = :value ADD Failed :one";
        self.note(number, change, self::number(epoch_seconds(next_at))).await
    }

    async fn unpublished(&self, now: Timestamp, limit: usize) -> Result<Vec<WaitingEvent>, StoreError> {
        self.waiting_events(now, limit).await
    }

    async fn published(&self, numbers: &[u64]) -> Result<(), StoreError> {
        self.forget_events(numbers).await
    }

    async fn unpublishable(&self, number: u64, next_at: Timestamp) -> Result<(), StoreError> {
        self.postpone_event(number, next_at).await
    }
}

impl DynamoStore {
    /// The items of a transition's alerts: two for each.
    pub(super) fn alerts(&self, session: &Session, alerts: &[Alert]) -> Result<Vec<Write<'_>>, StoreError> {
        let mut writes = Vec::new();
        for (place, alert) in alerts.iter().enumerate() {
            let (id, version) = (session.id(), session.version().get());
            let name = format!("{version:010}-{place:02}");
            let number = number_of(&id, &name);
            let pointer = item([
                ("Part", text(pointer_part(number))),
                ("Item", text(POINTER)),
                ("Session", text(part(&id))),
                ("Alert", text(&name)),
            ]);
            for item in [entry_item(alert, &id, &name, number)?, pointer] {
                writes.push(Write { table: &self.names.records, item, condition: Condition::Absent("Part") });
            }
        }
        Ok(writes)
    }

    /// Up to `limit` items of each of these parts of the index that may be tried at `now`: alerts and events have parts of
    /// their own.
    pub(super) async fn waiting(
        &self,
        parts: Range<u64>,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Item>, StoreError> {
        let parts = parts.map(|part| {
            self.query(Query {
                table: &self.names.records,
                index: Some(OUTBOX),
                partition: ("OutboxShard", number(part)),
                sort: Some(("NextAt", "<=", number(epoch_seconds(now)))),
                descending: false,
                limit,
            })
        });
        Ok(try_join_all(parts).await?.concat())
    }

    /// Change an alert that is not delivered yet; one that is, or is not there, is left alone.
    async fn note(&self, number: u64, change: &str, value: AttributeValue) -> Result<(), StoreError> {
        let Some(pointer) = self.record(&pointer_part(number), POINTER).await? else { return Ok(()) };
        let mut request = self
            .client
            .update_item()
            .table_name(&self.names.records)
            .key("Part", text(text_of(&pointer, "Session")?))
            .key("Item", text(text_of(&pointer, "Alert")?))
            .update_expression(change)
            .condition_expression("attribute_exists(Part) AND attribute_not_exists(DeliveredAt)")
            .expression_attribute_values(":value", value);
        if change.contains(":one") {
            request = request.expression_attribute_values(":one", self::number(1));
        }
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(())
            }
            Err(error) => Err(Failure::of(&error).into()),
        }
    }
}

/// The item that says where an alert is.
const POINTER: &str = "alert";

fn pointer_part(number: u64) -> String {
    format!("alert#{number}")
}

fn part(session: &SessionId) -> String {
    format!("alerts#{session}")
}

/// An alert's number follows from what it is about, so that a transaction that is tried again writes the same.
fn number_of(session: &SessionId, name: &str) -> u64 {
    let digest = Digest256::of(format!("{session} {name}").as_bytes()).to_string();
    // Sixty bits: no two alerts meet, and whoever counts in signed or floating numbers can hold it nearly always.
    digest.get(..15).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or_default()
}

fn entry_item(alert: &Alert, session: &SessionId, name: &str, number: u64) -> Result<Item, StoreError> {
    recorded(
        alert,
        [
            ("Part", text(part(session))),
            ("Item", text(name)),
            ("Number", self::number(number)),
            ("Failed", self::number(0)),
            ("OutboxShard", self::number(number % ALERT_SHARDS)),
            ("NextAt", self::number(epoch_seconds(alert.at))),
        ],
    )
}

fn entry(item: &Item) -> Result<OutboxEntry, StoreError> {
    let delivered_at = match item.contains_key("DeliveredAt") {
        true => Some(text_of(item, "DeliveredAt")?.parse().map_err(|error| corrupt(&error))?),
        false => None,
    };
    Ok(OutboxEntry {
        number: count_of(item, "Number")?,
        alert: record(item)?,
        delivered_at,
        failed: u32::try_from(count_of(item, "Failed")?).unwrap_or(u32::MAX),
    })
}

fn corrupt(error: &jiff::Error) -> StoreError {
    StoreError::Corrupt(format!("an alert: {error}"))
}
