//! The API from outside: requests in, answers out, over the real adapters of one machine.

// Clippy takes helpers for tests only where this says so.
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod document;
#[cfg(test)]
mod entry;
mod explain;
#[cfg(test)]
mod follow;
#[cfg(test)]
mod identities;
#[cfg(test)]
mod leaks;
#[cfg(test)]
mod lifetime;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod login;
#[cfg(test)]
mod matrix;
#[cfg(test)]
mod problems;
#[cfg(test)]
mod story;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tokens;
