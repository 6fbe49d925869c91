#![doc = include_str!("../README.md")]

pub mod cases;
mod cedar;
mod groups;
mod index;
mod lacking;
mod live;
mod necessary;
mod place;
mod rules;
mod situation;
mod terms;
mod unreachable;
mod words;

pub use cedar::{CedarAuthorizer, DEFAULT_POLICIES, SCHEMA};
pub use live::LiveRules;
pub use place::Place;
pub use rules::RulesError;

#[cfg(test)]
mod tests;
