#![doc = include_str!("../README.md")]

pub mod alerts;
pub mod aws;
pub mod clock;
pub mod database;
pub mod entropy;
pub mod faults;
pub mod issuer;
pub mod keys;
pub mod logging;
mod private_file;
pub mod store;
pub mod tiers;
