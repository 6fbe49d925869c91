//! `POST /v1/sessions/{session_id}/extend`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use daypass_api::{Extend, Problem, SessionView};
use daypass_vending::request::PassDuration;

use super::{carried_on, view};
use crate::app::App;
use crate::extract::{Caller, Idempotency, Json, SessionPath, Wait};
use crate::problem::{ApiError, Fields};
use crate::routes::session_answer;

/// Move a session's end
///
/// Under the tier's limit, which counts from activation. The old end holds until the new one stands in AWS.
#[utoipa::path(
    post, path = "/sessions/{session_id}/extend", tag = "sessions", request_body = Extend, security(("bearer" = [])),
    params(
        ("session_id" = String, Path, description = "The session"),
        ("Idempotency-Key" = Option<String>, Header, description = "8 to 128 visible characters that name this call"),
        ("Prefer" = Option<String>, Header, description = "`wait=N`: wait up to N seconds for the new end to stand"),
    ),
    responses(
        (status = 200, description = "The new end stands", body = SessionView),
        (status = 202, description = "The new end is being written", body = SessionView),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn extend(
    State(app): State<App>,
    Caller(who): Caller,
    SessionPath(id): SessionPath,
    Wait(patience): Wait,
    idempotency: Idempotency,
    body: Json<Extend>,
) -> Result<Response, ApiError> {
    let mut fields = Fields::default();
    let by = fields.check("seconds", PassDuration::from_seconds(body.value.seconds));
    let by = fields.finish(by)?;
    let call = idempotency.call(&who, &body.digest);
    let session = app.vending.extend(&who, id, by, call).await?;
    let session = carried_on(&app, session, patience).await;
    let status = if super::is_resting(&session) { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok(session_answer(status, view(&app, &session)))
}
