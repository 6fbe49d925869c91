//! JSON bodies: bounded in size, depth and time.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use daypass_api::ProblemCode;
use daypass_vending::audit::Digest256;
use serde::de::DeserializeOwned;

use super::field_error;
use crate::problem::ApiError;

/// How long a body may take to arrive. It is at most 64 KiB, so this is patient.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// A JSON body.
pub(crate) struct Json<T> {
    /// What it says.
    pub(crate) value: T,
    /// The digest of its bytes, for idempotency.
    pub(crate) digest: Digest256,
}

/// A JSON body that may be absent.
pub(crate) struct OptionalJson<T>(pub(crate) Option<T>);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let is_json = is_json(&request);
        let bytes = read(request, state).await?;
        if !is_json {
            return Err(not_json());
        }
        Ok(Self { value: parse(&bytes)?, digest: Digest256::of(&bytes) })
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for OptionalJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let is_json = is_json(&request);
        let bytes = read(request, state).await?;
        match (bytes.is_empty(), is_json) {
            (true, _) => Ok(Self(None)),
            (false, false) => Err(not_json()),
            (false, true) => Ok(Self(Some(parse(&bytes)?))),
        }
    }
}

fn is_json(request: &Request) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
    let body = tokio::time::timeout(READ_TIMEOUT, Bytes::from_request(request, state)).await;
    let body = body.map_err(|_| {
        ApiError::new(ProblemCode::RequestTimeout, format!("the body took more than {} s", READ_TIMEOUT.as_secs()))
    })?;
    body.map_err(|rejection| match rejection.into_response().status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            ApiError::new(ProblemCode::TooLarge, format!("the body may have {} bytes", crate::app::BODY_LIMIT))
                .and_field("body", format!("must have at most {} bytes", crate::app::BODY_LIMIT))
        }
        _ => ApiError::field("body", "must arrive whole"),
    })
}

/// Parse strictly. Depth is bounded by `serde_json` (128 levels), size by the router's limit.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    if std::str::from_utf8(bytes).is_err() {
        return Err(ApiError::field("body", "must be UTF-8"));
    }
    // A list of the right length would do for `serde` as well.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(malformed());
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let parsed: Result<T, _> = serde_path_to_error::deserialize(&mut deserializer);
    let value =
        parsed.map_err(|error| if error.inner().is_data() { field_error(&error, "body") } else { malformed() })?;
    deserializer.end().map_err(|_| malformed())?;
    Ok(value)
}

fn malformed() -> ApiError {
    ApiError::field("body", "must be one well-formed JSON object, nested at most 128 levels deep")
}

fn not_json() -> ApiError {
    ApiError::new(ProblemCode::UnsupportedMediaType, "the body must be `application/json`")
        .and_field("content-type", "must be `application/json`")
}
