//! `GET /v1/login`: the one thing that is told before anybody proved who they are, because it says how to.

use axum::Json;
use axum::extract::State;
use daypass_api::{LoginOptions, Problem};

use crate::app::App;

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
    Json(LoginOptions {
        deployment: app.vending.settings().deployment.to_string(),
        oidc: app.options.logins.clone(),
        aws: None,
        emergency: None,
        development: app.development.is_some(),
    })
}
