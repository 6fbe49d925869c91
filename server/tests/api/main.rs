//! The API as a function behind API Gateway: the very tests of `daypass-http`, with requests that come in as events of an
//! HTTP API and of a REST API by turns.

#![cfg(test)]

#[path = "../../../crates/http/tests/api/bad_input.rs"]
mod bad_input;
mod entry;
mod function;
#[path = "../../../crates/http/tests/api/leaks.rs"]
mod leaks;
#[path = "../../../crates/http/tests/api/limits.rs"]
mod limits;
#[path = "../../../crates/http/tests/api/matrix.rs"]
mod matrix;
#[path = "../../../crates/http/tests/api/problems.rs"]
mod problems;
#[path = "../../../crates/http/tests/api/story.rs"]
mod story;
#[path = "../../../crates/http/tests/api/support.rs"]
mod support;
#[path = "../../../crates/http/tests/api/tokens.rs"]
mod tokens;
