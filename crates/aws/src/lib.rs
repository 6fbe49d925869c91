#![doc = include_str!("../README.md")]

pub mod client;
pub mod dynamo;
mod errors;
#[cfg(test)]
mod loopback;
