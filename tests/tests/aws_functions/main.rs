//! The functions as AWS Lambda runs them: the real programs, invoked through a Runtime API of ours, with records on dynoxide
//! and accounts on ministack. Run by `cargo xtask test --suite aws`.
//!
//! Where this is not Lambda: nothing freezes a program between invocations, limits its memory, or ends it at its deadline.
//! The tests look at when it answers, and end it themselves where that is the point.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "this whole program is test code"
)]

mod cleanup;
mod function;
mod installation;
mod proxy;
mod runtime_api;
mod server;
