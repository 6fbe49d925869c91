//! Crash safety with records in DynamoDB: a process dies before or after each call, or does not hear the answer, and another
//! one comes when what it left is due.

use std::sync::Arc;

use daypass_tests::crash::{Deed, Matrix, survive};
use daypass_tests::world::{World, WorldOptions};

use super::store;

/// With life-cycle events, which are then as safe as everything else in a transaction.
async fn shared(deed: Deed, prefix: &str) {
    let options = WorldOptions { announces: true, ..WorldOptions::default() };
    survive(deed, World::keeping(Arc::new(store(prefix).await), options).await, Matrix::SHARED).await;
}

#[tokio::test]
async fn vending_survives_every_crash_and_lost_answer() {
    shared(Deed::Vend, "crash-vend").await;
}

#[tokio::test]
async fn issuing_credentials_survives_every_crash_and_lost_answer() {
    shared(Deed::Credentials, "crash-credentials").await;
}

#[tokio::test]
async fn revoking_survives_every_crash_and_lost_answer() {
    shared(Deed::Revoke, "crash-revoke").await;
}

#[tokio::test]
async fn releasing_survives_every_crash_and_lost_answer() {
    shared(Deed::Release, "crash-release").await;
}

#[tokio::test]
async fn extending_survives_every_crash_and_lost_answer() {
    shared(Deed::Extend, "crash-extend").await;
}

#[tokio::test]
async fn expiring_survives_every_crash_and_lost_answer() {
    shared(Deed::Expire, "crash-expire").await;
}
