//! `DELETE /v1/sessions/{session_id}`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use daypass_api::{EndSession, Problem, SessionView};
use daypass_vending::ids::Reason;

use super::{carried_on, rested, view};
use crate::app::App;
use crate::extract::{Caller, OptionalJson, Query, SessionPath, Wait};
use crate::problem::{ApiError, Fields};
use crate::routes::session_answer;

/// End a session
///
/// A holder gives theirs back. Somebody with the right to kills another's, with a reason. Ending what has ended changes
/// nothing. With `Prefer: wait=N` the answer comes when the role is verified gone or after N seconds (at most 60).
#[utoipa::path(
    delete, path = "/sessions/{session_id}", tag = "sessions", security(("bearer" = [])),
    request_body(content = Option<EndSession>, description = "The reason; may stand in the query instead"),
    params(
        ("session_id" = String, Path, description = "The session"),
        EndSession,
        ("Prefer" = Option<String>, Header, description = "`wait=N`: wait up to N seconds for the role to be gone"),
    ),
    responses(
        (status = 200, description = "The session has ended", body = SessionView),
        (status = 202, description = "The role is being killed; `Location` says where to look", body = SessionView),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn end(
    State(app): State<App>,
    Caller(who): Caller,
    SessionPath(id): SessionPath,
    Wait(patience): Wait,
    Query(in_query): Query<EndSession>,
    OptionalJson(in_body): OptionalJson<EndSession>,
) -> Result<Response, ApiError> {
    let given = in_body.and_then(|body| body.reason).or(in_query.reason);
    let mut fields = Fields::default();
    let reason: Option<Reason> = fields.parse_optional("reason", given.as_deref());
    let reason = fields.finish(Some(reason))?;
    let before = app.vending.session(&who, id).await?;
    let ordered = if before.facts().user == who.user {
        app.vending.release(&who, id).await?
    } else {
        let reason = reason.ok_or_else(|| ApiError::field("reason", "is required to end somebody else's session"))?;
        app.vending.revoke(&who, id, reason).await?
    };
    // Only the order that began the end carries it on; whoever repeats it watches.
    let session = if before.version() == ordered.version() {
        rested(&app, ordered, patience).await?
    } else {
        carried_on(&app, ordered, patience).await
    };
    let status = if super::is_resting(&session) { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok(session_answer(status, view(&app, &session)))
}
