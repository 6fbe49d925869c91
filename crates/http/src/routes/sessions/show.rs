//! `GET /v1/sessions/{session_id}`.

use axum::Json;
use axum::extract::State;
use daypass_api::{Problem, SessionView};
use daypass_vending::session::Status;

use super::{carried_on, rested, view};
use crate::app::App;
use crate::extract::{Caller, SessionPath, Wait};
use crate::problem::ApiError;
use crate::views;

/// Look at a session
///
/// With everything that is known, also whom it alerted. With `Prefer: wait=N` the answer comes when the session rests or
/// after N seconds (at most 60).
#[utoipa::path(
    get, path = "/sessions/{session_id}", tag = "sessions", security(("bearer" = [])),
    params(
        ("session_id" = String, Path, description = "The session"),
        ("Prefer" = Option<String>, Header, description = "`wait=N`: wait up to N seconds for the session to rest"),
    ),
    responses(
        (status = 200, description = "The session", body = SessionView),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn show(
    State(app): State<App>,
    Caller(who): Caller,
    SessionPath(id): SessionPath,
    Wait(patience): Wait,
) -> Result<Json<SessionView>, ApiError> {
    let session = app.vending.session(&who, id).await?;
    // Whoever stored the last approval may have died before the grant; whoever looks next does not have to wait.
    let session = match session.status() {
        Status::Approved => carried_on(&app, session, patience).await,
        _ => rested(&app, session, patience).await?,
    };
    let alerts = app.vending.alerts_of(&who, id).await?;
    let alerts = Some(alerts.iter().map(views::alert).collect());
    Ok(Json(SessionView { alerts, ..view(&app, &session) }))
}
