//! `POST /v1/revocations`.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use daypass_api::{Problem, Revocation, Revoked};
use daypass_vending::ids::Reason;
use daypass_vending::ports::SessionFilter;

use crate::app::App;
use crate::extract::{self, Caller};
use crate::problem::{ApiError, Fields};
use crate::routes::sessions::view;

/// End many sessions
///
/// Every live session that matches all given fields is ordered to end before the answer comes; the roles are killed after
/// it. Naming nothing ends nothing: to end everything, say `"all": true` and nothing else.
#[utoipa::path(
    post, path = "/revocations", tag = "sessions", request_body = Revocation, security(("bearer" = [])),
    responses(
        (status = 202, description = "The sessions that are being ended", body = Revoked),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn revoke_many(
    State(app): State<App>,
    Caller(who): Caller,
    body: extract::Json<Revocation>,
) -> Result<Response, ApiError> {
    let (filter, reason) = parsed(&body.value)?;
    let ordered = app.vending.revoke_many(&who, filter, reason).await?;
    for session in &ordered {
        // Each goes on by itself; nobody waits for all of them.
        drop(app.work.carry_on(session.id(), Duration::ZERO));
    }
    let sessions = ordered.iter().map(|session| view(&app, session)).collect();
    Ok((StatusCode::ACCEPTED, Json(Revoked { sessions })).into_response())
}

fn parsed(body: &Revocation) -> Result<(SessionFilter, Reason), ApiError> {
    let mut fields = Fields::default();
    let reason = fields.parse("reason", &body.reason);
    let filter = SessionFilter {
        user: fields.parse_optional("user", body.user.as_deref()),
        project: fields.parse_optional("project", body.project.as_deref()),
        account: fields.parse_optional("account", body.account.as_deref()),
        tier: fields.parse_optional("tier", body.tier.as_deref()),
        statuses: vec![],
        owing_review: false,
    };
    let names_any = [&body.user, &body.project, &body.account, &body.tier].into_iter().any(Option::is_some);
    if body.all == names_any {
        fields.wrong("all", "must be `true` to end every session, and must not stand beside another field");
    }
    fields.finish(reason.map(|reason| (filter, reason)))
}
