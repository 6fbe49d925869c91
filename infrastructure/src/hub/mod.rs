//! The account that Daypass runs in.

pub mod functions;
pub mod keys;
pub mod names;
pub mod resources;
pub mod roles;
