//! The adapters for IAM, STS, KMS and SNS on the `ministack` emulator. Run by `cargo xtask test --suite aws`.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "this whole program is test code"
)]

mod contracts;
mod drift;
mod installation;
mod life;
mod storm;
mod unique_roles;
