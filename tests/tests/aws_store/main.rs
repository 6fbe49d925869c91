//! The DynamoDB store on dynoxide, which `cargo xtask test --suite aws` starts.
//!
//! Where it is laxer than DynamoDB: indexes are never behind, and transactions never meet each other
//! (`TransactionConflict`), so that what the store does about both is tested beside it, not here.

#![expect(clippy::unwrap_used, reason = "this whole file is test code")]

mod contracts;
mod crash;
mod doubt;
mod protection;
mod sizes;
mod writers;

use daypass_aws::dynamo::DynamoStore;
use daypass_tests::emulated::{dynamodb, store_at, tables};

/// A store in tables of its own.
async fn store(prefix: &str) -> DynamoStore {
    store_at(dynamodb(), &tables(prefix).await).await
}
