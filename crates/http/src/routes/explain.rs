//! `POST /v1/explain`.

use axum::Json;
use axum::extract::State;
use daypass_api::{ExplainRequest, Explanation, NewSession, Problem};
use daypass_vending::service::Explained;

use super::sessions::create;
use crate::app::App;
use crate::extract::{Caller, Json as Body};
use crate::problem::ApiError;

/// What stands where a request has its reason. Nobody sees it: a dry run is not stored, and rules do not read reasons.
const NO_REASON: &str = "a dry run, nothing is asked for";

/// Ask what would become of a request
///
/// Judges as `POST /v1/sessions` would at this moment, for oneself: which rule would allow it and what would have to happen
/// first, or what would be needed. Nothing comes of it, but the question is on the trail.
#[utoipa::path(
    post, path = "/explain", tag = "sessions", request_body = ExplainRequest, security(("bearer" = [])),
    responses(
        (status = 200, description = "What would become of it", body = Explanation),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn explain(
    State(app): State<App>,
    Caller(who): Caller,
    body: Body<ExplainRequest>,
) -> Result<Json<Explanation>, ApiError> {
    let ExplainRequest { project_id, account_id, permission_tier, duration_seconds, incident_id, delivery } =
        body.value;
    let reason = NO_REASON.to_owned();
    let as_new =
        NewSession { project_id, account_id, permission_tier, duration_seconds, reason, incident_id, delivery };
    let request = create::parsed(&app.vending, &as_new)?;
    let duration_seconds = request.duration.seconds();
    let explained = app.vending.explain(&who, request).await?;
    Ok(Json(view(explained, duration_seconds)))
}

fn view(explained: Explained, duration_seconds: i64) -> Explanation {
    let Explained { granted, ruling, obligations, max, lacking } = explained;
    Explanation {
        granted,
        duration_seconds,
        policy: ruling.policies.into_iter().next(),
        rules_hash: ruling.rules_hash,
        approvals: obligations.approvals,
        approvers: obligations.approvers.map(|group| group.to_string()),
        max_seconds: max.map(daypass_vending::request::PassDuration::seconds),
        needed: lacking,
    }
}
