//! The contracts, unchanged.

use daypass_embedded::entropy::SystemEntropy;
use daypass_tests::contracts::{
    Sample, audit_log_contract, events_contract, outbox_contract, session_store_contract, short_memory_contract,
};

use super::store;

#[tokio::test]
async fn dynamodb_is_a_session_store() {
    session_store_contract(&store("sessions").await, &Sample::new(&SystemEntropy)).await;
}

#[tokio::test]
async fn dynamodb_is_an_audit_log() {
    audit_log_contract(&store("trail").await, &Sample::new(&SystemEntropy)).await;
}

#[tokio::test]
async fn dynamodb_is_an_outbox() {
    outbox_contract(&store("outbox").await, &Sample::new(&SystemEntropy)).await;
}

#[tokio::test]
async fn dynamodb_is_an_outbox_for_events() {
    events_contract(&store("events").await, &Sample::new(&SystemEntropy)).await;
}

#[tokio::test]
async fn dynamodb_is_a_short_memory() {
    short_memory_contract(&store("memory").await, &Sample::new(&SystemEntropy)).await;
}

#[tokio::test]
async fn the_contracts_hold_beside_older_records() {
    let store = store("older").await;
    for _ in 0..2 {
        session_store_contract(&store, &Sample::new(&SystemEntropy)).await;
        audit_log_contract(&store, &Sample::new(&SystemEntropy)).await;
    }
}
