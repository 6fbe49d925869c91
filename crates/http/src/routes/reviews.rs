//! `GET /v1/reviews`.

use axum::Json;
use axum::extract::State;
use daypass_api::{Problem, ReviewQuery, SessionPage};

use crate::app::App;
use crate::extract::{Caller, Query};
use crate::problem::ApiError;
use crate::routes::page;
use crate::routes::sessions::page_view;

/// List open reviews
///
/// The sessions that have ended and wait for somebody else than their holder to say what came of them: one's own, and those
/// that one may review or see. Newest request first; a page may be short and still not be the last.
#[utoipa::path(
    get, path = "/reviews", tag = "sessions", params(ReviewQuery), security(("bearer" = [])),
    responses(
        (status = 200, description = "One page", body = SessionPage),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    Caller(who): Caller,
    Query(query): Query<ReviewQuery>,
) -> Result<Json<SessionPage>, ApiError> {
    let page = app.vending.open_reviews(&who, &page(query.cursor, query.limit)?).await?;
    Ok(Json(page_view(&app, page)))
}
