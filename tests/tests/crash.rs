//! Crash safety on one machine: every fault at every call. See [`daypass_tests::crash`].

use daypass_tests::crash::{Deed, Matrix, survive};
use daypass_tests::world::World;

async fn everything(deed: Deed) {
    survive(deed, World::new().await, Matrix::WHOLE).await;
}

#[tokio::test]
async fn vending_survives_every_fault_at_every_call() {
    everything(Deed::Vend).await;
}

#[tokio::test]
async fn issuing_credentials_survives_every_fault_at_every_call() {
    everything(Deed::Credentials).await;
}

#[tokio::test]
async fn revoking_survives_every_fault_at_every_call() {
    everything(Deed::Revoke).await;
}

#[tokio::test]
async fn releasing_survives_every_fault_at_every_call() {
    everything(Deed::Release).await;
}

#[tokio::test]
async fn extending_survives_every_fault_at_every_call() {
    everything(Deed::Extend).await;
}

#[tokio::test]
async fn expiring_survives_every_fault_at_every_call() {
    everything(Deed::Expire).await;
}
