//! The DynamoDB store on dynoxide, which `cargo xtask test --suite aws` starts.
//!
//! Where it is laxer than DynamoDB: indexes are never behind, and transactions never meet each other
//! (`TransactionConflict`), so that what the store does about both is tested beside it, not here.

#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "this whole file is test code")]

mod contracts;
mod doubt;
mod proxy;
mod sizes;
mod tables;
mod writers;

use std::sync::Arc;

use daypass_aws::client::{Place, configuration};
use daypass_aws::dynamo::{Client, DynamoStore, TableNames, client, create_tables};
use daypass_embedded::entropy::SystemEntropy;

/// Where the suite's DynamoDB answers.
fn endpoint() -> String {
    std::env::var("DAYPASS_TEST_DYNAMODB").expect("started by `cargo xtask test --suite aws`")
}

/// A client of whoever listens there.
async fn client_of(endpoint_url: String) -> Client {
    let place = Place { region: Some("eu-central-1".to_owned()), endpoint_url: Some(endpoint_url) };
    client(&configuration(&place).await.unwrap())
}

/// Tables that no other test knows.
async fn names(prefix: &str) -> TableNames {
    let names = TableNames::with_prefix(&format!("{prefix}-")).unwrap();
    create_tables(&client_of(endpoint()).await, &names).await.unwrap();
    names
}

/// A store as another process would have it, reached at this endpoint.
async fn store_at(endpoint: String, names: &TableNames) -> DynamoStore {
    DynamoStore::new(client_of(endpoint).await, names.clone(), Arc::new(SystemEntropy))
}

/// A store in tables of its own.
async fn store(prefix: &str) -> DynamoStore {
    store_at(endpoint(), &names(prefix).await).await
}
