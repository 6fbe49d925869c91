#![doc = include_str!("../README.md")]

pub mod database;
mod private_file;
