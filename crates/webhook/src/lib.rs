#![doc = include_str!("../README.md")]

mod several;
mod webhook;

pub use several::Several;
pub use webhook::{Webhook, WebhookError};
