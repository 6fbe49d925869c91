//! Writing: every change is one `TransactWriteItems`, every item in it conditional.
//!
//! A transaction carries a client request token, by which DynamoDB recognises an attempt that is repeated because its
//! answer was lost, for ten minutes, and answers it as it did the first. The token is drawn for each change, not derived
//! from what is written: two servers that make the same change in the same instant write the very same items, and both
//! would be told that they were first.

use std::time::Duration;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};
use daypass_vending::ports::{Entropy, StoreError};

use super::Client;
use super::item::Item;
use crate::errors::Failure;

/// One item to store.
pub(super) struct Write<'a> {
    pub(super) table: &'a str,
    pub(super) item: Item,
    pub(super) condition: Condition,
}

/// On what condition.
pub(super) enum Condition {
    /// No item of this key is there; the attribute is part of the key.
    Absent(&'static str),
    /// The stored item has this number there.
    Still(&'static str, u64),
}

/// Why a transaction stored nothing.
#[derive(Debug)]
pub(super) enum Cancelled {
    /// These conditions did not hold, by the place of the write; with the item that is there instead, if one is.
    Refused(Vec<(usize, Option<Item>)>),
    /// Anything else.
    Store(StoreError),
}

/// How many items one transaction takes
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html>).
const MOST_ITEMS: usize = 100;

/// How often a transaction that met another one is tried again.
const TRIES: u32 = 8;

/// Store everything or nothing.
pub(super) async fn write(client: &Client, entropy: &dyn Entropy, writes: Vec<Write<'_>>) -> Result<(), Cancelled> {
    let items = writes.into_iter().map(put).collect::<Result<Vec<_>, _>>().map_err(Cancelled::Store)?;
    if items.len() > MOST_ITEMS {
        let why = format!("{} items are more than the {MOST_ITEMS} of one DynamoDB transaction", items.len());
        return Err(Cancelled::Store(StoreError::Unavailable(why)));
    }
    let mut token = token(entropy);
    let mut tries = 0;
    loop {
        tries += 1;
        let request = client.transact_write_items().client_request_token(&token);
        let Err(error) = request.set_transact_items(Some(items.clone())).send().await else { return Ok(()) };
        let met = met(error.as_service_error());
        match met {
            Met::Refusal(refused) => return Err(Cancelled::Refused(refused)),
            _ if tries == TRIES => return Err(Cancelled::Store(exhausted(&Failure::of(&error), &met))),
            // It is known that nothing was stored, so that the next try is a new change.
            Met::Others => token = self::token(entropy),
            // Our own earlier attempt is still at work: ask for it by its token.
            Met::Ourselves => {}
            Met::Other => return Err(Cancelled::Store(Failure::of(&error).into())),
        }
        tokio::time::sleep(pause(tries, entropy)).await;
    }
}

/// What a transaction met.
enum Met {
    /// Conditions that do not hold.
    Refusal(Vec<(usize, Option<Item>)>),
    /// Other transactions on the same items.
    Others,
    /// An earlier attempt of its own.
    Ourselves,
    /// Anything else.
    Other,
}

fn met(error: Option<&TransactWriteItemsError>) -> Met {
    match error {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            reasons(cancelled.cancellation_reasons())
        }
        Some(TransactWriteItemsError::TransactionInProgressException(_)) => Met::Ourselves,
        _ => Met::Other,
    }
}

/// There is a reason for every item, in their order; most say `None`.
fn reasons(reasons: &[CancellationReason]) -> Met {
    let is = |code: &'static str| move |reason: &CancellationReason| reason.code() == Some(code);
    let mut refused = Vec::new();
    for (place, reason) in reasons.iter().enumerate() {
        if is("ConditionalCheckFailed")(reason) {
            refused.push((place, reason.item().cloned()));
        }
    }
    if !refused.is_empty() {
        return Met::Refusal(refused);
    }
    let patience = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];
    if patience.into_iter().any(|code| reasons.iter().any(is(code))) { Met::Others } else { Met::Other }
}

fn exhausted(failure: &Failure, met: &Met) -> StoreError {
    match met {
        Met::Others => StoreError::Unavailable(format!("too many writers at once: {failure}")),
        _ => StoreError::Unknown(failure.to_string()),
    }
}

fn put(write: Write<'_>) -> Result<TransactWriteItem, StoreError> {
    let put = Put::builder()
        .table_name(write.table)
        .set_item(Some(write.item))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    let put = match write.condition {
        Condition::Absent(key) => {
            put.condition_expression("attribute_not_exists(#key)").expression_attribute_names("#key", key)
        }
        Condition::Still(name, number) => put
            .condition_expression("#name = :number")
            .expression_attribute_names("#name", name)
            .expression_attribute_values(":number", AttributeValue::N(number.to_string())),
    };
    let put = put.build().map_err(|error| StoreError::Unavailable(error.to_string()))?;
    Ok(TransactWriteItem::builder().put(put).build())
}

/// Up to 36 characters, never the same again.
fn token(entropy: &dyn Entropy) -> String {
    entropy.bytes::<16>().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Longer each time, up to about a second, and different for everybody.
pub(super) fn pause(tries: u32, entropy: &dyn Entropy) -> Duration {
    let longest = 20_u64 << tries.min(6);
    Duration::from_millis(longest / 2 + entropy.jitter() % (longest / 2).max(1))
}

#[cfg(test)]
mod tests;
