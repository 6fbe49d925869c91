//! `daypass` as people run it: the real program, its stdout, stderr and exit code.

#![cfg(unix)]
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking, also in its helpers")]

mod help;
mod logging_in;
mod offline;
mod online;
mod policy_batch;
mod policy_files;
mod scripted;
mod support;
