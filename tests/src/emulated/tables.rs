//! The emulated DynamoDB: dynoxide, as `cargo xtask test --suite aws` starts it.

use std::net::SocketAddr;
use std::sync::Arc;

use daypass_aws::client::{Place, configuration};
use daypass_aws::dynamo::{Client, DynamoStore, TableNames, client, create_tables};
use daypass_embedded::entropy::SystemEntropy;

use super::{REGION, address_in};

/// Where the suite says that its DynamoDB answers.
const VARIABLE: &str = "DAYPASS_TEST_DYNAMODB";

/// Where it listens.
///
/// # Panics
/// When there is none: these tests are run by `cargo xtask test --suite aws`.
#[must_use]
pub fn dynamodb() -> SocketAddr {
    address_in(VARIABLE)
}

/// A client of whoever listens there.
///
/// # Panics
/// When there is no configuration.
pub async fn dynamodb_client(address: SocketAddr) -> Client {
    let place = Place { region: Some(REGION.to_owned()), endpoint_url: Some(format!("http://{address}")) };
    client(&configuration(&place).await.expect("a configuration"))
}

/// Tables whose names begin like this, and that no other test knows.
///
/// # Panics
/// When they cannot be made.
pub async fn tables(prefix: &str) -> TableNames {
    let names = TableNames::with_prefix(&format!("{prefix}-")).expect("a prefix");
    create_tables(&dynamodb_client(dynamodb()).await, &names).await.expect("tables");
    names
}

/// A store as another process would have it, reached at this address.
pub async fn store_at(address: SocketAddr, names: &TableNames) -> DynamoStore {
    DynamoStore::new(dynamodb_client(address).await, names.clone(), Arc::new(SystemEntropy))
}
