//! The routes, each in a file named after what people do there. A handler extracts (the caller first, so that nobody
//! learns anything before they proved who they are), parses, asks [`daypass_vending::service::Vending`], and answers.

pub(crate) mod audit;
mod capacity;
pub(crate) mod development;
pub(crate) mod docs;
mod explain;
mod health;
mod login;
mod reviews;
mod revocations;
mod sessions;
mod tiers;
mod whoami;

use axum::http::HeaderValue;
use axum::http::header::{HeaderName, LOCATION};
use axum::response::{IntoResponse, Response};
use axum::{Json, http::StatusCode};
use daypass_api::SessionView;
use daypass_vending::ports::PageRequest;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::problem::ApiError;

/// The most items on a page, and as many as there are when nobody says.
const PAGE: std::ops::RangeInclusive<u32> = 1..=200;
const DEFAULT_PAGE: u32 = 50;

/// The longest cursor and chain name that are looked up.
const LONGEST_NAME: usize = 256;

/// All routes with their documentation; those of development servers only when asked for.
pub(crate) fn all(is_development: bool) -> OpenApiRouter<App> {
    let version_1 = OpenApiRouter::new()
        .routes(routes!(sessions::create::create, sessions::list::list))
        .routes(routes!(sessions::show::show, sessions::end::end))
        .routes(routes!(sessions::extend::extend))
        .routes(routes!(sessions::approve::approve))
        .routes(routes!(sessions::deny::deny))
        .routes(routes!(sessions::review::review))
        .routes(routes!(sessions::credentials::credentials))
        .routes(routes!(sessions::entry::entry))
        .routes(routes!(sessions::check::check))
        .routes(routes!(reviews::list))
        .routes(routes!(revocations::revoke_many))
        .routes(routes!(whoami::whoami))
        .routes(routes!(tiers::tiers))
        .routes(routes!(capacity::capacity))
        .routes(routes!(explain::explain))
        .routes(routes!(login::options))
        .routes(routes!(login::with_aws))
        .routes(routes!(audit::list))
        .routes(routes!(audit::verify));
    let version_1 = if is_development { version_1.merge(development::routes()) } else { version_1 };
    OpenApiRouter::with_openapi(docs::cover())
        .nest("/v1", version_1)
        .routes(routes!(health::alive))
        .routes(routes!(health::ready))
        .routes(routes!(health::metrics))
}

/// The answer with a session: `201` or `202` with its place when something new was begun, else `200`.
fn session_answer(status: StatusCode, view: SessionView) -> Response {
    let place = HeaderValue::try_from(format!("/v1/sessions/{}", view.session_id));
    let mut response = (status, Json(view)).into_response();
    if let (true, Ok(place)) = (status != StatusCode::OK, place) {
        response.headers_mut().insert(LOCATION, place);
    }
    response
}

/// Says that an answer is that of an earlier call with the same key.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The page that a query asks for.
fn page(cursor: Option<String>, limit: Option<u32>) -> Result<PageRequest, ApiError> {
    let limit = limit.unwrap_or(DEFAULT_PAGE);
    if !PAGE.contains(&limit) {
        let (least, most) = (PAGE.start(), PAGE.end());
        return Err(ApiError::field("limit", format!("must be between {least} and {most}")));
    }
    if let Some(cursor) = &cursor
        && !is_plain(cursor)
    {
        return Err(ApiError::field("cursor", "must be the `next_cursor` of the page before"));
    }
    Ok(PageRequest { cursor, limit: usize::try_from(limit).unwrap_or(usize::MAX) })
}

/// Whether a name can be looked up: short, visible ASCII.
fn is_plain(text: &str) -> bool {
    (1..=LONGEST_NAME).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}
