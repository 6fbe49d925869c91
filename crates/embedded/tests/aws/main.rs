//! Whether the simulated accounts behave as AWS documents it: each test names the page.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in its helpers")]

mod calls;
mod consistency;
mod iam;
mod persistence;
mod sts;
mod vended;
mod world;
