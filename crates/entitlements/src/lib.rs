#![doc = include_str!("../README.md")]

mod cedar;
mod lacking;
mod rules;
mod situation;

pub use cedar::CedarAuthorizer;
pub use rules::{Place, RulesError};

#[cfg(test)]
mod tests;
