//! `GET /v1/whoami`.

use axum::Json;
use daypass_api::{Problem, WhoAmI};

use crate::extract::Caller;

/// Show the caller
///
/// Who the caller is to this server, and how it knows. Everybody may ask about themselves.
#[utoipa::path(
    get, path = "/whoami", tag = "login", security(("bearer" = [])),
    responses(
        (status = 200, description = "The caller", body = WhoAmI),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn whoami(Caller(who): Caller) -> Json<WhoAmI> {
    Json(WhoAmI {
        user_id: who.user.to_string(),
        method: who.method.as_str().to_owned(),
        issuer: who.issuer,
        groups: who.groups.iter().map(ToString::to_string).collect(),
        mfa_at: who.mfa_at,
        authenticated_at: who.authenticated_at,
        expires_at: who.expires_at,
        address: who.address.to_string(),
    })
}
