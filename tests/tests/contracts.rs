//! The contracts of all ports, run on the embedded adapters.

#![expect(clippy::unwrap_used, reason = "this whole file is test code")]

use std::sync::Arc;

use daypass_embedded::clock::ManualClock;
use daypass_embedded::database::Database;
use daypass_embedded::entropy::SystemEntropy;
use daypass_embedded::keys::LocalKeys;
use daypass_embedded::store::SqliteStore;
use daypass_tests::contracts::{
    CloudUnderTest, Sample, audit_log_contract, cloud_contract, events_contract, keys_contract, outbox_contract,
    session_store_contract, short_memory_contract,
};
use daypass_tests::world::{BROKER, World, account};

const ALLOW_ALL: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

fn sqlite() -> SqliteStore {
    SqliteStore::new(Database::open_in_memory().unwrap())
}

#[tokio::test]
async fn sqlite_is_a_session_store() {
    session_store_contract(&sqlite(), &Sample::new(&SystemEntropy)).await;
}

#[tokio::test]
async fn sqlite_is_an_audit_log() {
    audit_log_contract(&sqlite(), &Sample::new(&SystemEntropy)).await;
}

#[tokio::test]
async fn sqlite_is_an_outbox() {
    outbox_contract(&sqlite(), &Sample::new(&SystemEntropy)).await;
}

#[tokio::test]
async fn sqlite_is_an_outbox_for_events() {
    events_contract(&sqlite(), &Sample::new(&SystemEntropy)).await;
}

#[tokio::test]
async fn sqlite_is_a_short_memory() {
    short_memory_contract(&sqlite(), &Sample::new(&SystemEntropy)).await;
}

#[tokio::test]
async fn sqlite_on_a_file_keeps_the_contracts_beside_older_records() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("daypass.sqlite");
    for _ in 0..2 {
        let store = SqliteStore::new(Database::open(&path).unwrap());
        session_store_contract(&store, &Sample::new(&SystemEntropy)).await;
        audit_log_contract(&store, &Sample::new(&SystemEntropy)).await;
    }
}

#[tokio::test]
async fn local_keys_are_keys() {
    keys_contract(&LocalKeys::ephemeral(Arc::new(SystemEntropy))).await;
}

#[tokio::test]
async fn the_simulated_account_is_a_cloud() {
    let world = World::new().await;
    let boundary_arn = "arn:aws:iam::111122223333:policy/daypass/boundary/contract".to_owned();
    world.aws.put_managed_policy(&account(), &boundary_arn, ALLOW_ALL).await.unwrap();
    let clock: &ManualClock = &world.clock;
    cloud_contract(&CloudUnderTest {
        cloud: world.aws.as_ref(),
        account: account(),
        boundary_arn,
        broker_arn: BROKER.to_owned(),
        entropy: &SystemEntropy,
        clock,
    })
    .await;
}
