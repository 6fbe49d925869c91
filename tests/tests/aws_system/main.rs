//! The whole system on emulators of AWS: the real server as a process, records in DynamoDB, roles, keys and alerts in
//! `ministack`, credentials tried with the AWS SDK by whoever holds them. Run by `cargo xtask test --suite aws`.
//!
//! What the emulators do otherwise than AWS is listed in `daypass_tests::emulated`.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "this whole program is test code"
)]

mod aftermath;
mod crowd;
mod deployment;
mod direct;
mod faults;
mod hand;
mod holder;
mod killed;
mod load;
mod people;
mod reconcilers;
mod server;
mod stories;
mod throttled;
mod votes;
