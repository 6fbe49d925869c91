#![doc = include_str!("../README.md")]

pub mod client;
#[cfg(feature = "deployment")]
pub mod deployment;
pub mod dynamo;
mod errors;
pub mod events;
pub mod iam;
pub mod kms;
#[cfg(test)]
mod loopback;
pub mod organization;
mod probe;
pub mod s3;
pub mod sns;
mod time;
