//! Routes that only development servers mount (`daypass dev`, `daypass demo`), and only on loopback: log in as a sample
//! user, move the clock, use credentials on the simulated AWS.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::routing::{get, post};
use daypass_api::{AwsAnswer, AwsCall, ClockMove, ClockView, Login, LoginAnswer, Masked, ProblemCode};
use daypass_embedded::aws::{SignedWith, SimulatedAws, SimulatedCall};
use daypass_embedded::clock::AdjustableClock;
use daypass_embedded::issuer::{DevelopmentIssuer, LoginError};
use daypass_vending::ports::Clock;
use daypass_vending::secret::Secret;
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;
use crate::extract::{self, Address, within_attempts};
use crate::problem::{ApiError, Fields};

/// The farthest that one call moves the clock.
const FARTHEST_SECONDS: i64 = 7 * 24 * 3600;

/// The longest password or key, and the longest session token or ARN, that are looked at, in bytes.
const LONGEST_SECRET: usize = 256;
const LONGEST_TEXT: usize = 2048;

/// What a development server offers beyond the others.
pub struct Development {
    /// Logs people in.
    pub issuer: Arc<DevelopmentIssuer>,
    /// Moves the time.
    pub clock: Arc<AdjustableClock>,
    /// Answers calls.
    pub aws: Arc<SimulatedAws>,
}

/// The routes. They are no part of the API and so not of its document either.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .route("/dev/login", post(log_in))
        .route("/dev/jwks", get(jwks))
        .route("/dev/clock", post(advance_clock))
        .route("/dev/aws/call", post(call))
}

async fn log_in(
    State(app): State<App>,
    Address(address): Address,
    body: extract::Json<Login>,
) -> Result<Json<LoginAnswer>, ApiError> {
    let development = mounted(&app)?;
    let Login { user, password, totp } = body.value;
    let mut fields = Fields::default();
    let user = fields.parse("user", &user);
    fields.text("password", password.reveal(), LONGEST_SECRET);
    let code = totp.as_ref().map(Masked::reveal);
    if code.is_some_and(|code| code.len() != 6 || !code.bytes().all(|digit| digit.is_ascii_digit())) {
        fields.wrong("totp", "must be six digits");
    }
    let user = fields.finish(user)?;
    let password = Secret::new(password.reveal().to_owned());
    let signed = development.issuer.login(&user, &password, code, app.clock.now()).await;
    let signed = match signed {
        Ok(signed) => signed,
        Err(error) => return Err(not_logged_in(&app, address, &error).await),
    };
    Ok(Json(LoginAnswer { token: Masked::new(signed.token.reveal()), expires_at: signed.expires_at }))
}

async fn not_logged_in(app: &App, address: IpAddr, error: &LoginError) -> ApiError {
    if let Err(beyond) = within_attempts(app, address).await {
        return beyond;
    }
    match error {
        LoginError::Wrong | LoginError::WrongCode | LoginError::CodeUsed => {
            ApiError::new(ProblemCode::Unauthenticated, error.to_string())
        }
        LoginError::Wait { until } => {
            let wait = until.duration_since(app.clock.now()).unsigned_abs();
            ApiError::new(ProblemCode::RateLimited, error.to_string()).retry_after(wait)
        }
        LoginError::Issuer(error) => {
            ApiError::new(ProblemCode::Unavailable, "the issuer does not answer").because(error)
        }
    }
}

async fn jwks(State(app): State<App>) -> Result<Json<serde_json::Value>, ApiError> {
    Ok(Json(mounted(&app)?.issuer.jwks()))
}

async fn advance_clock(State(app): State<App>, body: extract::Json<ClockMove>) -> Result<Json<ClockView>, ApiError> {
    let development = mounted(&app)?;
    let seconds = body.value.advance_seconds;
    let by = u64::try_from(seconds).ok().filter(|_| (1..=FARTHEST_SECONDS).contains(&seconds));
    let by =
        by.ok_or_else(|| ApiError::field("advance_seconds", format!("must be between 1 and {FARTHEST_SECONDS}")))?;
    development.clock.advance(Duration::from_secs(by));
    Ok(Json(ClockView { now: development.clock.now() }))
}

async fn call(
    State(app): State<App>,
    Address(address): Address,
    body: extract::Json<AwsCall>,
) -> Result<Json<AwsAnswer>, ApiError> {
    let development = mounted(&app)?;
    let AwsCall { access_key_id, secret_access_key, session_token, action, resource, source_ip } = body.value;
    let mut fields = Fields::default();
    fields.text("access_key_id", &access_key_id, LONGEST_SECRET);
    fields.text("secret_access_key", secret_access_key.reveal(), LONGEST_SECRET);
    fields.text("session_token", session_token.reveal(), LONGEST_TEXT);
    fields.text("resource", &resource, LONGEST_TEXT);
    let action = action.parse().map_err(|_| fields.wrong("action", "must be a service and an action")).ok();
    let source_ip = source_ip.map_or(Some(address), |text| {
        text.parse().map_err(|_| fields.wrong("source_ip", "must be an IPv4 or IPv6 address")).ok()
    });
    let (action, source_ip) = fields.finish(action.zip(source_ip))?;
    let signed = SignedWith {
        access_key_id,
        secret_access_key: Secret::new(secret_access_key.reveal().to_owned()),
        session_token: Secret::new(session_token.reveal().to_owned()),
    };
    let outcome = development.aws.call(signed, SimulatedCall::new(action, resource, source_ip)).await;
    let outcome = outcome.map_err(|error| {
        ApiError::new(ProblemCode::Unavailable, "the simulated AWS does not answer").because(&error)
    })?;
    let (allowed, code) = (outcome.is_allowed(), outcome.code().map(str::to_owned));
    Ok(Json(AwsAnswer { allowed, code, message: outcome.to_string() }))
}

fn mounted(app: &App) -> Result<&Development, ApiError> {
    app.development.as_ref().ok_or_else(|| ApiError::not_found("route"))
}
