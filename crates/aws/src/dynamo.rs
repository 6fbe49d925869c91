//! The records in DynamoDB: sessions, the trail and alerts, in three tables.

mod schema;
mod tables;

pub use schema::{InvalidPrefix, TableNames};
pub use tables::{Made, TableError, create_tables};

use aws_config::SdkConfig;
pub use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;

use crate::client::WatchAttempts;

/// A client of DynamoDB.
#[must_use]
pub fn client(configuration: &SdkConfig) -> Client {
    Client::from_conf(Builder::from(configuration).interceptor(WatchAttempts).build())
}
