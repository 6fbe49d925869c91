//! `POST /v1/sessions`.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use daypass_api::{NewSession, Problem, SessionView};
use daypass_vending::ids::TierName;
use daypass_vending::request::{Delivery, PassDuration, SessionRequest};
use daypass_vending::service::{RequestError, Requested, Vending};

use super::{carried_on, rested, view};
use crate::app::App;
use crate::extract::{Caller, Idempotency, Json, Wait};
use crate::problem::{ApiError, Fields};
use crate::routes::{REPLAYED, session_answer};

/// Ask for access
///
/// Records the decision and, if it is a yes, has the role made. Where the rules demand that people approve, the session is
/// `pending_approval` until they do. With `Prefer: wait=N` the answer comes when the session rests
/// or after N seconds (at most 60), else at once. Send an `Idempotency-Key`, and the same key again if no answer came: the
/// second call meets the session of the first.
#[utoipa::path(
    post, path = "/sessions", tag = "sessions", request_body = NewSession, security(("bearer" = [])),
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "8 to 128 visible characters that name this call"),
        ("Prefer" = Option<String>, Header, description = "`wait=N`: wait up to N seconds for the session to rest"),
    ),
    responses(
        (status = 200, description = "The session that the same call led to before", body = SessionView),
        (status = 201, description = "The session came to rest", body = SessionView),
        (status = 202, description = "The role is being made; `Location` says where to look", body = SessionView),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn create(
    State(app): State<App>,
    Caller(who): Caller,
    Wait(patience): Wait,
    idempotency: Idempotency,
    body: Json<NewSession>,
) -> Result<Response, ApiError> {
    let request = parsed(&app.vending, &body.value)?;
    let call = idempotency.call(&who, &body.digest);
    match app.vending.request(&who, request, call).await? {
        Requested::New(session) => {
            // Those who may approve it learn of it now.
            app.work.news.notify_one();
            let session = carried_on(&app, session, patience).await;
            let status = if super::is_resting(&session) { StatusCode::CREATED } else { StatusCode::ACCEPTED };
            Ok(session_answer(status, view(&app, &session)))
        }
        Requested::Replayed(session) => {
            let session = rested(&app, session, patience).await?;
            let mut response = session_answer(StatusCode::OK, view(&app, &session));
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
            Ok(response)
        }
    }
}

/// A request as it is written, with every field parsed.
pub(crate) fn parsed(vending: &Vending, body: &NewSession) -> Result<SessionRequest, ApiError> {
    let mut fields = Fields::default();
    let project = fields.parse("project_id", &body.project_id);
    let account = fields.parse("account_id", &body.account_id);
    let tier: Option<TierName> = fields.parse("permission_tier", &body.permission_tier);
    let given = body.duration_seconds.map(PassDuration::from_seconds);
    let given = given.and_then(|duration| fields.check("duration_seconds", duration));
    let reason = fields.parse("reason", &body.reason);
    let incident = fields.parse_optional("incident_id", body.incident_id.as_deref());
    let (project, account, tier, reason) =
        fields.finish(project.zip(account).zip(tier).zip(reason)).map(|(((p, a), t), r)| (p, a, t, r))?;
    let default = vending.tiers().get(&tier).map(|tier| tier.limits.default);
    let duration = given.or(default).ok_or_else(|| RequestError::UnknownTier(tier.to_string()))?;
    let delivery = match body.delivery {
        daypass_api::Delivery::Brokered => Delivery::Brokered,
        daypass_api::Delivery::Direct => Delivery::Direct,
    };
    Ok(SessionRequest { project, account, tier, duration, reason, incident, delivery })
}
