#![doc = include_str!("../README.md")]

mod event;
mod invocation;
mod metrics;
mod time;

pub use event::{Trigger, UnknownEvent};
pub use invocation::{Answer, Failed, Invocation, answer};
pub use metrics::line;
pub use time::limits;
