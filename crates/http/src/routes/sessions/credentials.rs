//! `POST /v1/sessions/{session_id}/credentials`.

use axum::Json;
use axum::extract::State;
use daypass_api::{CredentialsView, Problem};

use super::view;
use crate::app::App;
use crate::extract::{Caller, SessionPath};
use crate::problem::ApiError;
use crate::views;

/// Get credentials
///
/// For the holder of an active session only. They live at most an hour and never past the session; ask again when they end.
#[utoipa::path(
    post, path = "/sessions/{session_id}/credentials", tag = "sessions", security(("bearer" = [])),
    params(("session_id" = String, Path, description = "The session")),
    responses(
        (status = 200, description = "Credentials. Keep them secret", body = CredentialsView),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn credentials(
    State(app): State<App>,
    Caller(who): Caller,
    SessionPath(id): SessionPath,
) -> Result<Json<CredentialsView>, ApiError> {
    let credentials = app.vending.credentials(&who, id).await;
    // The first issue may raise an alert.
    app.work.news.notify_one();
    let credentials = credentials?;
    let session = view(&app, &app.vending.session(&who, id).await?);
    let role_arn = session.role_arn.clone().unwrap_or_default();
    Ok(Json(views::credentials(&session, &credentials, role_arn)))
}
