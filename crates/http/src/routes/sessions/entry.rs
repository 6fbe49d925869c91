//! `POST /v1/sessions/{session_id}/entry`.

use axum::Json;
use axum::extract::State;
use daypass_api::{EntryView, Problem};

use super::view;
use crate::app::App;
use crate::extract::{Caller, SessionPath};
use crate::problem::ApiError;
use crate::views;

/// Get what to enter a role with
///
/// For the holder of an active session that is delivered `direct`: what to call `AssumeRole` with, as their own IAM user and
/// with their second factor. Credentials then come from AWS and pass nobody else.
#[utoipa::path(
    post, path = "/sessions/{session_id}/entry", tag = "sessions", security(("bearer" = [])),
    params(("session_id" = String, Path, description = "The session")),
    responses(
        (status = 200, description = "What AWS asks for besides the second factor", body = EntryView),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn entry(
    State(app): State<App>,
    Caller(who): Caller,
    SessionPath(id): SessionPath,
) -> Result<Json<EntryView>, ApiError> {
    let entry = app.vending.entry(&who, id).await;
    // The first issue may raise an alert.
    app.work.news.notify_one();
    let entry = entry?;
    let session = view(&app, &app.vending.session(&who, id).await?);
    Ok(Json(views::entry(&session, &entry)))
}
