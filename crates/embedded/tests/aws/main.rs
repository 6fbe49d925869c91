//! Whether the simulated accounts behave as AWS documents it: each test names the page.

mod calls;
mod consistency;
mod iam;
mod persistence;
mod sts;
mod vended;
mod world;
