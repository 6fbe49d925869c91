//! The pitfalls that tools like this one fall into, one test for each: what earlier tools, their issue trackers and AWS'
//! own documentation warn of.

#![expect(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "this whole program is test code")]

mod alerts;
mod drift;
mod ending;
mod events;
mod foreign;
mod kill_report;
mod late_trail;
mod limits;
mod provisioning;
mod races;
mod secrets;
mod storm;
mod tampered_trail;
mod time;
