#![doc = include_str!("../README.md")]

mod cedar;
mod groups;
mod index;
mod lacking;
mod necessary;
mod place;
mod rules;
mod situation;
mod terms;
mod words;

pub use cedar::{CedarAuthorizer, DEFAULT_POLICIES};
pub use place::Place;
pub use rules::RulesError;

#[cfg(test)]
mod tests;
