//! `GET /v1/tiers`.

use axum::Json;
use axum::extract::State;
use daypass_api::{Problem, TierList};

use crate::app::App;
use crate::extract::Caller;
use crate::problem::ApiError;
use crate::views;

/// List tiers
///
/// What can be asked for, and with which limits.
#[utoipa::path(
    get, path = "/tiers", tag = "tiers", security(("bearer" = [])),
    responses(
        (status = 200, description = "The tiers", body = TierList),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn tiers(State(app): State<App>, Caller(_who): Caller) -> Result<Json<TierList>, ApiError> {
    Ok(Json(TierList { tiers: app.vending.tiers().iter().map(views::tier).collect() }))
}
