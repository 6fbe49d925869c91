//! Reading: single items, many items, and queries with all their pages. Whatever is read from a table itself is read
//! consistently; an index of DynamoDB is always a moment behind.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use daypass_vending::ports::StoreError;

use super::DynamoStore;
use super::item::{Item, text};
use crate::errors::Failure;

/// How many items one `BatchGetItem` takes
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>).
const BATCH: usize = 100;

/// How often what DynamoDB left out of a batch is asked for again.
const TRIES: u32 = 8;

/// A question to one partition of a table or index.
pub(super) struct Query<'a> {
    pub(super) table: &'a str,
    pub(super) index: Option<&'static str>,
    pub(super) partition: (&'static str, AttributeValue),
    /// Which part of the partition: the sort key, how it compares (`<`, `<=`, `>`), and with what.
    pub(super) sort: Option<(&'static str, &'static str, AttributeValue)>,
    pub(super) descending: bool,
    pub(super) limit: usize,
}

impl DynamoStore {
    /// One of the records, by its two names.
    pub(super) async fn record(&self, part: &str, name: &str) -> Result<Option<Item>, StoreError> {
        self.get(&self.names.records, [("Part", text(part)), ("Item", text(name))]).await
    }

    /// One item.
    pub(super) async fn get(&self, table: &str, key: [(&str, AttributeValue); 2]) -> Result<Option<Item>, StoreError> {
        let mut request = self.client.get_item().table_name(table).consistent_read(true);
        for (name, value) in key {
            request = request.key(name, value);
        }
        let answer = request.send().await.map_err(|error| Failure::of(&error))?;
        Ok(answer.item)
    }

    /// The items of these keys that are there, in no order.
    pub(super) async fn get_all(&self, table: &str, keys: &[Item]) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::new();
        for batch in keys.chunks(BATCH) {
            let mut asked = batch.to_vec();
            for tries in 1.. {
                let (found, left) = self.batch(table, asked).await?;
                items.extend(found);
                if left.is_empty() {
                    break;
                }
                if tries == TRIES {
                    return Err(StoreError::Unavailable("DynamoDB leaves items out of every answer".to_owned()));
                }
                self.pause(tries).await;
                asked = left;
            }
        }
        Ok(items)
    }

    /// What DynamoDB has of a batch, and what it did not get to: it stops at 16 MB, or when it is busy.
    async fn batch(&self, table: &str, keys: Vec<Item>) -> Result<(Vec<Item>, Vec<Item>), StoreError> {
        let keys = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
        let keys = keys.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let answer = self.client.batch_get_item().request_items(table, keys).send().await;
        let answer = answer.map_err(|error| Failure::of(&error))?;
        let of_table = |tables: Option<HashMap<String, _>>| tables.and_then(|mut tables| tables.remove(table));
        let left = answer.unprocessed_keys.and_then(|mut tables| tables.remove(table));
        Ok((of_table(answer.responses).unwrap_or_default(), left.map(|left| left.keys).unwrap_or_default()))
    }

    /// Up to `limit` items, over as many answers as it takes: one ends at 1 MB.
    pub(super) async fn query(&self, query: Query<'_>) -> Result<Vec<Item>, StoreError> {
        let Query { table, index, partition: (partition, value), sort, descending, limit } = query;
        let mut condition = "#partition = :partition".to_owned();
        let mut request = self
            .client
            .query()
            .table_name(table)
            .set_index_name(index.map(str::to_owned))
            .consistent_read(index.is_none())
            .scan_index_forward(!descending)
            .expression_attribute_names("#partition", partition)
            .expression_attribute_values(":partition", value);
        if let Some((sort, comparison, value)) = sort {
            condition.push_str(&format!(" AND #sort {comparison} :sort"));
            request = request.expression_attribute_names("#sort", sort).expression_attribute_values(":sort", value);
        }
        let request = request.key_condition_expression(condition);
        let (mut items, mut start) = (Vec::new(), None);
        loop {
            let wanted = limit.saturating_sub(items.len());
            let part = i32::try_from(wanted).unwrap_or(i32::MAX).max(1);
            let answer = request.clone().limit(part).set_exclusive_start_key(start).send().await;
            let answer = answer.map_err(|error| Failure::of(&error))?;
            items.extend(answer.items.unwrap_or_default());
            start = answer.last_evaluated_key;
            if start.is_none() || items.len() >= limit {
                items.truncate(limit);
                return Ok(items);
            }
        }
    }
}
