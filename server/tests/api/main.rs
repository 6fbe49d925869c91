//! The API from outside: requests in, answers out, over the real adapters of one machine.

// Clippy takes helpers for tests only where this says so.
#[cfg(test)]
mod story;
#[cfg(test)]
mod support;
