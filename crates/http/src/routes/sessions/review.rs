//! `POST /v1/sessions/{session_id}/review`.

use axum::extract::State;
use daypass_api::{CloseReview, Problem, SessionView};
use daypass_vending::ids::Findings;

use super::view;
use crate::app::App;
use crate::extract::{Caller, Json, SessionPath};
use crate::problem::{ApiError, Fields};

/// Close the review of a session
///
/// Says what came of an emergency that has ended. Never by its holder. Saying the same again changes nothing.
#[utoipa::path(
    post, path = "/sessions/{session_id}/review", tag = "sessions", request_body = CloseReview,
    security(("bearer" = [])),
    params(("session_id" = String, Path, description = "The session")),
    responses(
        (status = 200, description = "The review is closed", body = SessionView),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn review(
    State(app): State<App>,
    Caller(who): Caller,
    SessionPath(id): SessionPath,
    body: Json<CloseReview>,
) -> Result<axum::Json<SessionView>, ApiError> {
    let mut fields = Fields::default();
    let findings: Option<Findings> = fields.parse("findings", &body.value.findings);
    let findings = fields.finish(findings)?;
    let session = app.vending.review(&who, id, findings).await?;
    Ok(axum::Json(view(&app, &session)))
}
