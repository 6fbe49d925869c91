#![doc = include_str!("../README.md")]

pub mod estate;
pub mod plan;
pub mod run;
pub mod sessions;
#[cfg(test)]
mod fake;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "samples for tests must be right")]
mod samples;
