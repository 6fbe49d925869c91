//! The DynamoDB store against an emulator that `cargo xtask test --suite aws` starts.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "this whole file is test code")]

use daypass_aws::client::{Place, configuration};
use daypass_aws::dynamo::{Client, TableNames, client, create_tables};

/// Where the suite's DynamoDB answers.
const ENDPOINT: &str = "DAYPASS_TEST_DYNAMODB";

/// A place of its own for each test: tables that no other test knows.
async fn tables(prefix: &str) -> (Client, TableNames) {
    let endpoint_url = std::env::var(ENDPOINT).expect("started by `cargo xtask test --suite aws`");
    let place = Place { region: Some("eu-central-1".to_owned()), endpoint_url: Some(endpoint_url) };
    (client(&configuration(&place).await.unwrap()), TableNames::with_prefix(prefix).unwrap())
}

#[tokio::test]
async fn tables_are_made_once() {
    let (client, names) = tables("once-").await;
    let made = create_tables(&client, &names).await.unwrap();
    assert_eq!(made.tables, ["once-sessions", "once-audit", "once-records"]);
    assert_eq!(create_tables(&client, &names).await.unwrap().tables, Vec::<String>::new());
}
