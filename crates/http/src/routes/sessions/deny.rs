//! `POST /v1/sessions/{session_id}/deny`.

use axum::extract::State;
use daypass_api::{Deny, Problem, SessionView};
use daypass_vending::ids::Reason;

use super::view;
use crate::app::App;
use crate::extract::{Caller, Json, SessionPath};
use crate::problem::{ApiError, Fields};

/// Deny a request
///
/// For those who may approve it. Who asked takes the request back by ending it. Denying again changes nothing.
#[utoipa::path(
    post, path = "/sessions/{session_id}/deny", tag = "sessions", request_body = Deny, security(("bearer" = [])),
    params(("session_id" = String, Path, description = "The session")),
    responses(
        (status = 200, description = "Denied", body = SessionView),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn deny(
    State(app): State<App>,
    Caller(who): Caller,
    SessionPath(id): SessionPath,
    body: Json<Deny>,
) -> Result<axum::Json<SessionView>, ApiError> {
    let mut fields = Fields::default();
    let reason: Option<Reason> = fields.parse("reason", &body.value.reason);
    let reason = fields.finish(reason)?;
    let session = app.vending.deny(&who, id, reason).await?;
    Ok(axum::Json(view(&app, &session)))
}
