//! Logging in for real: `daypass`, `daypass-server` and identity providers as processes of their own, and a browser that is
//! driven over HTTP.
//!
//! Run by `cargo xtask test --suite identity`, which installs the providers.

#![cfg(unix)]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers"
)]

mod browser;
mod claims;
mod code;
mod device;
mod emergency;
mod provider;
mod renewal;
