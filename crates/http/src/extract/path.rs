//! The session that a path names.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use daypass_vending::ids::SessionId;

use crate::problem::{ApiError, Fields};

/// The session in `/sessions/{session_id}`.
pub(crate) struct SessionPath(pub(crate) SessionId);

impl<S: Send + Sync> FromRequestParts<S> for SessionPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        let params = params.map_err(|_| ApiError::field("session_id", "must be UTF-8"))?;
        let text = params.iter().find(|(name, _)| *name == "session_id").map(|(_, value)| value).unwrap_or_default();
        let mut fields = Fields::default();
        let id = fields.parse("session_id", text);
        fields.finish(id).map(Self)
    }
}
