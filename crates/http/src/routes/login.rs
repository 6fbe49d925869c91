//! `GET /v1/login` and `POST /v1/login/aws`: what is told before anybody proved who they are, because it says how to, and the
//! way in for those with an AWS identity.

use axum::Json;
use axum::extract::State;
use daypass_api::{AwsLogin, AwsLoginAnswer, AwsOffer, EmergencyOffer, LoginOptions, Masked, Problem, SignedHeader};
use daypass_identity::{AwsDoor, LoggedIn, Presentation};
use daypass_vending::audit::{Actor, ChainId, EventDraft, Outcome};
use daypass_vending::identity::Identity;
use daypass_vending::secret::Secret;

use crate::app::App;
use crate::extract::{self, Address, RequestName, turned_away, within_rate};
use crate::problem::ApiError;

/// The most headers that are looked at: more than a signed request has.
const MOST_HEADERS: usize = 16;

/// How to log in
///
/// What is absent is not offered. Needs no token.
#[utoipa::path(
    get, path = "/login", tag = "login", security(()),
    responses(
        (status = 200, description = "The ways", body = LoginOptions),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn options(State(app): State<App>) -> Json<LoginOptions> {
    let deployment = app.vending.settings().deployment.to_string();
    Json(LoginOptions {
        oidc: app.options.logins.clone(),
        aws: app.doors.aws().map(offer),
        emergency: app.doors.has_emergency_keys().then(|| EmergencyOffer { audience: deployment.clone() }),
        development: app.development.is_some(),
        deployment,
    })
}

/// Log in with an AWS identity
///
/// By a signed request that this server presents to AWS STS, and to nobody else. Needs no token.
#[utoipa::path(
    post, path = "/login/aws", tag = "login", security(()),
    request_body = AwsLogin,
    responses(
        (status = 200, description = "A token", body = AwsLoginAnswer),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn with_aws(
    State(app): State<App>,
    Address(address): Address,
    RequestName(request): RequestName,
    body: extract::Json<AwsLogin>,
) -> Result<Json<AwsLoginAnswer>, ApiError> {
    let Some(door) = app.doors.aws() else { return Err(ApiError::not_found("route")) };
    let presented = presentation(body.value)?;
    match door.log_in(&presented, address, app.clock.now()).await {
        Ok(LoggedIn { token, identity }) => {
            let identity = Identity { request, ..identity };
            within_rate(&app, &identity).await?;
            record(&app, &identity).await?;
            Ok(Json(AwsLoginAnswer {
                token: Masked::new(token.reveal()),
                expires_at: identity.expires_at,
                user_id: identity.user.to_string(),
                second_factor: identity.mfa_at.is_some(),
            }))
        }
        Err(error) => Err(turned_away(&app, address, request, Some(error)).await),
    }
}

fn offer(door: &AwsDoor) -> AwsOffer {
    let settings = door.settings();
    AwsOffer {
        server_id: settings.server_id.clone(),
        sts_url: settings.sts_url.to_string(),
        region: settings.region.clone(),
        gate_role_arn: settings.gate_role_arn(),
    }
}

fn presentation(login: AwsLogin) -> Result<Presentation, ApiError> {
    let AwsLogin { authorization, headers, body } = login;
    if headers.len() > MOST_HEADERS {
        return Err(ApiError::field("headers", format!("must be at most {MOST_HEADERS}")));
    }
    let secret = |value: &Masked| Secret::new(value.reveal().to_owned());
    let header = |SignedHeader { name, value }: SignedHeader| (name, secret(&value));
    Ok(Presentation { authorization: secret(&authorization), headers: headers.into_iter().map(header).collect(), body })
}

/// A token is handed out: that is on record first (invariant 10).
async fn record(app: &App, identity: &Identity) -> Result<(), ApiError> {
    let actor = Actor::Person { user: identity.user.clone(), address: identity.address };
    let chain = ChainId::person(&identity.user);
    let event = EventDraft::new(chain, app.clock.now(), actor, "authenticate", Outcome::Done);
    app.audit.record(&event.proved_by(&identity.evidence())).await.map_err(ApiError::from)
}
