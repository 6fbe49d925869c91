//! `GET /v1/capacity`.

use axum::Json;
use axum::extract::State;
use daypass_api::{CapacityReport, Problem};

use crate::app::App;
use crate::extract::Caller;
use crate::problem::ApiError;
use crate::views;

/// See how full the accounts are
///
/// The roles in use of each account, its quota, what is kept for incidents, and when nothing is left if people go on asking
/// as they did in the last day. An account that does not answer says so in its place.
#[utoipa::path(
    get, path = "/capacity", tag = "capacity", security(("bearer" = [])),
    responses(
        (status = 200, description = "The accounts", body = CapacityReport),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn capacity(State(app): State<App>, Caller(who): Caller) -> Result<Json<CapacityReport>, ApiError> {
    let report = app.vending.capacity(&who).await?;
    Ok(Json(views::capacity(&report, app.clock.now())))
}
