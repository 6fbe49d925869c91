//! What handlers take out of requests. Each extractor answers with a problem that names the field, never repeats more of
//! the input than a field's name, and reads no more than it must.

mod body;
mod caller;
mod headers;
mod path;
mod query;

pub(crate) use body::{Json, OptionalJson};
pub(crate) use caller::{Address, Caller, RequestName, UserSlot, turned_away, within_attempts, within_rate};
pub(crate) use headers::{Idempotency, Wait};
pub(crate) use path::SessionPath;
pub(crate) use query::Query;

use crate::problem::ApiError;

/// The longest field name that is repeated to the caller.
const LONGEST_NAME: usize = 64;

/// A problem that names the field that serde stumbled over.
fn field_error<E: std::error::Error>(error: &serde_path_to_error::Error<E>, whole: &str) -> ApiError {
    let (path, message) = (error.path().to_string(), error.inner().to_string());
    let quoted = message.split('`').nth(1).unwrap_or_default();
    let below = |name: &str| if path == "." { name.to_owned() } else { format!("{path}.{name}") };
    if message.starts_with("missing field") {
        return ApiError::field(printable(&below(quoted)), "is required");
    }
    if message.starts_with("duplicate field") {
        return ApiError::field(printable(quoted), "must be given once");
    }
    if message.starts_with("unknown field") {
        let field = if path == "." || path.is_empty() { quoted.to_owned() } else { path };
        return ApiError::field(printable(&field), "is not a field of this request");
    }
    let field = if path == "." || path.is_empty() { whole.to_owned() } else { path };
    // After the last "expected" stands what *we* expected; before it may stand what was sent.
    let expected = message.rsplit_once("expected ").map(|(_, expected)| expected);
    let expected = expected.and_then(|expected| expected.split(" at line ").next()).unwrap_or("another kind of value");
    ApiError::field(printable(&field), format!("must be {}", in_words(expected)))
}

/// What serde and Rust call a type, as people would.
fn in_words(expected: &str) -> &str {
    match expected {
        "i64" | "u32" => "a whole number",
        "a borrowed string" | "a string" => "a string",
        "a map" => "an object",
        other if other.starts_with("struct ") => "an object",
        other if other.contains("RFC 3339") || other.contains("timestamp") => "an RFC 3339 time",
        other => other,
    }
}

/// A name as it may be repeated: short and without control characters.
fn printable(name: &str) -> String {
    let clean = name.chars().take(LONGEST_NAME).map(|letter| if letter.is_control() { '\u{fffd}' } else { letter });
    clean.collect()
}
