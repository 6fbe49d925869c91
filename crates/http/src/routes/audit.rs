//! `GET /v1/audit` and `GET /v1/audit/verify`.

use axum::Json;
use axum::extract::State;
use daypass_api::{AuditPage, AuditQuery, AuditReport, Problem};
use daypass_vending::audit::ChainId;
use daypass_vending::ids::SessionId;

use super::{is_plain, page};
use crate::app::App;
use crate::extract::{Caller, Query};
use crate::problem::{ApiError, Fields};
use crate::views;

/// Read the trail
///
/// One page, in the order of storing. Reading it is on record, too.
#[utoipa::path(
    get, path = "/audit", tag = "audit", params(AuditQuery), security(("bearer" = [])),
    responses(
        (status = 200, description = "One page", body = AuditPage),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    Caller(who): Caller,
    Query(query): Query<AuditQuery>,
) -> Result<Json<AuditPage>, ApiError> {
    let (chain, settled) = (chain(&query)?, query.settled.unwrap_or(false));
    if settled && chain.is_some() {
        return Err(ApiError::field("settled", "must not stand beside `chain` or `session`"));
    }
    let page = page(query.cursor, query.limit)?;
    let page = match settled {
        true => app.vending.settled_events(&who, &page).await?,
        false => app.vending.events(&who, chain, &page).await?,
    };
    let events = page.items.iter().map(views::event).collect();
    Ok(Json(AuditPage { events, next_cursor: page.next, end_cursor: page.end }))
}

/// Verify the trail
///
/// Checks every chain of hashes, every recorded head and the newest signed checkpoint. Tampering is an answer, not an error.
#[utoipa::path(
    get, path = "/audit/verify", tag = "audit", security(("bearer" = [])),
    responses(
        (status = 200, description = "What was found", body = AuditReport),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn verify(State(app): State<App>, Caller(who): Caller) -> Result<Json<AuditReport>, ApiError> {
    let report = app.vending.verify_audit(&who).await?;
    Ok(Json(views::audit_report(&report)))
}

fn chain(query: &AuditQuery) -> Result<Option<ChainId>, ApiError> {
    let mut fields = Fields::default();
    let of_session: Option<SessionId> = fields.parse_optional("session", query.session.as_deref());
    let chain = query.chain.as_deref();
    if chain.is_some_and(|name| !is_plain(name)) {
        fields.wrong("chain", "must be `session:<uuid>`, `person:<user>` or `system`");
    }
    if chain.is_some() && of_session.is_some() {
        fields.wrong("session", "must not stand beside `chain`");
    }
    let chain = chain.map(ChainId::named).or(of_session.as_ref().map(ChainId::session));
    fields.finish(Some(chain))
}
