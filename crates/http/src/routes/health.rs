//! `GET /healthz`, `/readyz` and `/metrics`: for machines that watch. None needs a token; the first two tell nothing, and
//! the third answers only to configured networks (loopback unless said otherwise) and is not found from elsewhere.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use daypass_api::{Problem, ProblemCode};
use daypass_vending::ports::{PageRequest, SessionFilter};
use daypass_vending::session::Status;

use crate::app::App;
use crate::extract::Address;
use crate::problem::ApiError;
use crate::views;

/// The most sessions and alerts that one scrape counts; beyond it the numbers say "at least".
const MOST_COUNTED: usize = 1000;

/// Whether the process lives
#[utoipa::path(get, path = "/healthz", tag = "operations", responses((status = 200, description = "It does")))]
pub(crate) async fn alive() -> &'static str {
    "alive\n"
}

/// Whether requests should be sent here
///
/// Not before the first pass of the reconciler, and not while shutting down.
#[utoipa::path(
    get, path = "/readyz", tag = "operations",
    responses(
        (status = 200, description = "They should"),
        (status = 503, description = "They should not", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn ready(State(app): State<App>) -> Result<&'static str, ApiError> {
    if app.is_ready() { Ok("ready\n") } else { Err(ApiError::new(ProblemCode::Unavailable, "starting or stopping")) }
}

/// Metrics
///
/// In the OpenMetrics text format, for the networks that may read them.
#[utoipa::path(
    get, path = "/metrics", tag = "operations",
    responses(
        (status = 200, description = "All metrics", body = String, content_type = "application/openmetrics-text"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn metrics(State(app): State<App>, address: Option<Address>) -> Result<Response, ApiError> {
    if !address.is_some_and(|Address(address)| app.may_read_metrics(address)) {
        return Err(ApiError::not_found("route"));
    }
    count(&app).await?;
    let text = app.metrics.text();
    let text = text.map_err(|error| ApiError::new(ProblemCode::Internal, "no metrics").because(&error))?;
    Ok(([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response())
}

/// Count what is in the store. Only sessions that are not over: there are at most as many as there are roles.
async fn count(app: &App) -> Result<(), ApiError> {
    for status in Status::ALL.iter().copied().filter(|status| !views::status(*status).is_over()) {
        if matches!(status, Status::Requested | Status::Approved) {
            continue;
        }
        let filter = SessionFilter { statuses: vec![status], ..SessionFilter::default() };
        let page = app.store.sessions(&filter, &PageRequest { cursor: None, limit: MOST_COUNTED }).await?;
        app.metrics.set_sessions(status.as_str(), page.items.len());
    }
    let waiting = app.outbox.undelivered(jiff::Timestamp::MAX, MOST_COUNTED).await?;
    app.metrics.set_undelivered(waiting.len());
    Ok(())
}
