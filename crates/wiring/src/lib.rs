#![doc = include_str!("../README.md")]

pub mod config;
pub mod on_aws;
pub mod records;
