#![doc = include_str!("../README.md")]

pub mod blank;
pub mod document;
pub mod files;
pub mod hub;
pub mod member;
mod stack;

pub use document::{Document, documents};
pub use files::{File, files};
