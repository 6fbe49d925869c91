//! Who is calling, and from where. Everything here is proved (invariant 1): the identity by a token that the
//! authenticator accepts, the address by the socket or by a configured proxy.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};

use axum::extract::{ConnectInfo, FromRequestParts, OptionalFromRequestParts};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use daypass_api::ProblemCode;
use daypass_vending::audit::{Actor, ChainId, EventDraft, Outcome};
use daypass_vending::identity::Identity;
use daypass_vending::ids::{RequestId, UserId};
use daypass_vending::ports::{AuthenticationError, Authenticator as _, Presented};
use daypass_vending::secret::Secret;

use crate::app::App;
use crate::identity::client_address;
use crate::limits::Verdict;
use crate::problem::ApiError;

/// The longest token that is looked at. A large one costs a signature check, and no issuer of ours needs more.
const LONGEST_TOKEN: usize = 8 * 1024;

/// The authenticated caller, within their rate.
pub(crate) struct Caller(pub(crate) Identity);

/// Where a call came from.
#[derive(Clone, Copy)]
pub(crate) struct Address(pub(crate) IpAddr);

/// The call itself, as the outermost layer named it.
pub(crate) struct RequestName(pub(crate) Option<RequestId>);

/// Where the access log finds out who called.
#[derive(Clone, Debug, Default)]
pub(crate) struct UserSlot(pub(crate) Arc<OnceLock<UserId>>);

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let Address(address) = Address::of(parts, app)?;
        let request: Option<RequestId> = parts.extensions.get().cloned();
        let Some(token) = bearer(parts) else { return Err(turned_away(app, address, request, None).await) };
        let presented = Presented { token, address, at: app.clock.now() };
        let identity = match app.doors.authenticate(&presented).await {
            Ok(identity) => Identity { request, ..identity },
            Err(error) => return Err(turned_away(app, address, request, Some(error)).await),
        };
        if let Some(slot) = parts.extensions.get::<UserSlot>() {
            // A request has one caller, so the slot is still free.
            let _ = slot.0.set(identity.user.clone());
        }
        within_rate(app, &identity).await?;
        Ok(Self(identity))
    }
}

/// Count a call of this person, who may have made too many.
pub(crate) async fn within_rate(app: &App, identity: &Identity) -> Result<(), ApiError> {
    match app.limits.person(&identity.user).await? {
        Verdict::Within => Ok(()),
        Verdict::Beyond { wait, is_news } => {
            if is_news {
                let actor = Actor::Person { user: identity.user.clone(), address: identity.address };
                let chain = ChainId::person(&identity.user);
                record(app, (chain, actor, identity.request.as_ref()), "request.limit", "too many requests").await?;
            }
            Err(ApiError::new(ProblemCode::RateLimited, "too many requests in a minute").retry_after(wait))
        }
    }
}

impl Address {
    fn of(parts: &Parts, app: &App) -> Result<Self, ApiError> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        let forwarded = parts.headers.get_all("x-forwarded-for").iter().map(|value| value.to_str().ok());
        let address = peer.and_then(|peer| client_address(peer, forwarded, &app.options.trusted_proxies));
        address.map(Self).ok_or_else(|| {
            ApiError::field("x-forwarded-for", "must be a list of addresses, as written by the trusted proxy")
        })
    }
}

impl FromRequestParts<App> for Address {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        Self::of(parts, app)
    }
}

impl OptionalFromRequestParts<App> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>, Infallible> {
        Ok(Self::of(parts, app).ok())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RequestName {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get().cloned()))
    }
}

fn bearer(parts: &Parts) -> Option<Secret> {
    let mut given = parts.headers.get_all(AUTHORIZATION).iter();
    let (value, None) = (given.next()?, given.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    let is_bearer = scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && token.len() <= LONGEST_TOKEN;
    is_bearer.then(|| Secret::new(token.to_owned()))
}

/// Count a failed attempt from this address, which may have made too many.
pub(crate) async fn within_attempts(app: &App, address: IpAddr) -> Result<(), ApiError> {
    match app.limits.stranger(address).await? {
        Verdict::Within => Ok(()),
        Verdict::Beyond { wait, .. } => {
            Err(ApiError::new(ProblemCode::RateLimited, "too many attempts from this address").retry_after(wait))
        }
    }
}

/// The answer to somebody who did not prove who they are: always the same, unless they try too often.
pub(crate) async fn turned_away(
    app: &App,
    address: IpAddr,
    request: Option<RequestId>,
    error: Option<AuthenticationError>,
) -> ApiError {
    if let Err(beyond) = within_attempts(app, address).await {
        return beyond;
    }
    match error {
        None => ApiError::unauthenticated().because_of("no usable bearer token was presented"),
        Some(AuthenticationError::Unavailable(why)) => {
            ApiError::new(ProblemCode::Unavailable, "the token cannot be checked now").because_of(why)
        }
        Some(error @ (AuthenticationError::Rejected(_) | AuthenticationError::Expired)) => {
            let why = error.to_string();
            let who = (ChainId::system(), Actor::Anonymous { address }, request.as_ref());
            match record(app, who, "authenticate", &why).await {
                Ok(()) => ApiError::unauthenticated().because_of(why),
                Err(unrecorded) => unrecorded,
            }
        }
    }
}

/// Put a refusal on record. If that fails, the caller is told that the server cannot answer (invariant 10).
async fn record(
    app: &App,
    (chain, actor, request): (ChainId, Actor, Option<&RequestId>),
    action: &str,
    why: &str,
) -> Result<(), ApiError> {
    let event = EventDraft::new(chain, app.clock.now(), actor, action, Outcome::Refused).with("why", why);
    let event = request.into_iter().fold(event, |event, id| event.with("request_id", id));
    app.audit.record(&event).await.map_err(ApiError::from)
}
