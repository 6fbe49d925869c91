#![doc = include_str!("../README.md")]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "this crate is test code: what cannot be set up must fail loudly, at its place"
)]

pub mod contracts;
pub mod crash;
pub mod emulated;
pub mod login;
pub mod numbers;
pub mod program;
pub mod world;
