//! `POST /v1/sessions/{session_id}/approve`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use daypass_api::{Approve, Problem, SessionView};
use daypass_vending::audit::Digest256;
use daypass_vending::ids::Comment;

use super::{carried_on, view};
use crate::app::App;
use crate::extract::{Caller, Json, SessionPath, Wait};
use crate::problem::{ApiError, Fields};
use crate::routes::session_answer;

/// Approve a request
///
/// For those whom the rules name, never for the requester. Approves exactly the request that has this `request_hash`; one that
/// is another by now is a `409`. The last approval that is needed has the role made. Approving again changes nothing.
#[utoipa::path(
    post, path = "/sessions/{session_id}/approve", tag = "sessions", request_body = Approve,
    security(("bearer" = [])),
    params(
        ("session_id" = String, Path, description = "The session"),
        ("Prefer" = Option<String>, Header, description = "`wait=N`: wait up to N seconds for the role to be made"),
    ),
    responses(
        (status = 200, description = "Approved; the session as it is now", body = SessionView),
        (status = 202, description = "Approved, and the role is being made", body = SessionView),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn approve(
    State(app): State<App>,
    Caller(who): Caller,
    SessionPath(id): SessionPath,
    Wait(patience): Wait,
    body: Json<Approve>,
) -> Result<Response, ApiError> {
    let mut fields = Fields::default();
    let comment: Option<Comment> = fields.parse_optional("comment", body.value.comment.as_deref());
    let hash = Digest256::try_from(body.value.request_hash).ok();
    if hash.is_none() {
        fields.wrong("request_hash", "must be 64 hexadecimal digits, as the session shows them");
    }
    let hash = fields.finish(hash)?;
    let session = app.vending.approve(&who, id, &hash, comment).await?;
    let session = carried_on(&app, session, patience).await;
    let status = if super::is_resting(&session) { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok(session_answer(status, view(&app, &session)))
}
