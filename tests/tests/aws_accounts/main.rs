//! The adapters for IAM, STS, KMS, SNS, EventBridge, S3 and Organizations on the `ministack` emulator. Run by
//! `cargo xtask test --suite aws`.

#![expect(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "this whole program is test code")]

mod contracts;
mod drift;
mod events;
mod installation;
mod left;
mod life;
mod organization;
mod stored;
mod storm;
mod unique_roles;
