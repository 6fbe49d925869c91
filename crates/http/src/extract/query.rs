//! Query strings, strictly: every parameter is known, given once, and UTF-8.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;

use super::field_error;
use crate::problem::ApiError;

/// The parameters of a query.
pub(crate) struct Query<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        // The parser below would replace what is not UTF-8 and so change a value silently.
        if percent_decode_str(query).decode_utf8().is_err() {
            return Err(ApiError::field("query", "must be UTF-8"));
        }
        let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
        serde_path_to_error::deserialize(pairs).map(Self).map_err(|error| field_error(&error, "query"))
    }
}
