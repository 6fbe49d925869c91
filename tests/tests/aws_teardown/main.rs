//! `daypass-teardown`, the program itself, on the `ministack` emulator: row T33 and defect TD26. Run by
//! `cargo xtask test --suite aws`.
//!
//! Where the emulator is laxer than AWS: its index of tags does not list APIs, alarms and log groups, which the program looks
//! for in their own services as well; IAM tells everybody at once; tables and buses go at once, and a bus goes with rules on
//! it. What AWS does then is in the tests of the executor.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "this whole program is test code"
)]

mod made;
mod ministack;
mod people;
mod program;
mod stories;
