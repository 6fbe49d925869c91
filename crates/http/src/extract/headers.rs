//! Headers that change how a call is carried out: `Idempotency-Key` and `Prefer`.

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use daypass_vending::audit::Digest256;
use daypass_vending::identity::Identity;
use daypass_vending::ids::IdempotencyKey;
use daypass_vending::session::IdempotentCall;

use crate::problem::{ApiError, Fields};

/// The longest a caller may let the server wait.
const LONGEST_WAIT_SECONDS: u64 = 60;

/// `Idempotency-Key`, if there is one, and what it is a key for.
pub(crate) struct Idempotency {
    key: Option<IdempotencyKey>,
    target: String,
}

impl Idempotency {
    /// The call that the key stands for: this person's, with this body. The same key with anything else is refused.
    pub(crate) fn call(self, who: &Identity, body: &Digest256) -> Option<IdempotentCall> {
        let fingerprint = Digest256::of(format!("{}\n{body}", self.target).as_bytes());
        self.key.map(|key| IdempotentCall { user: who.user.clone(), key, fingerprint })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Idempotency {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let target = format!("{} {}", parts.method, parts.uri.path());
        let mut given = parts.headers.get_all("idempotency-key").iter();
        let key = match (given.next(), given.next()) {
            (None, _) => return Ok(Self { key: None, target }),
            (Some(key), None) => key.to_str().unwrap_or_default(),
            (Some(_), Some(_)) => return Err(ApiError::field("idempotency-key", "must be given once")),
        };
        let mut fields = Fields::default();
        let key = fields.parse("idempotency-key", key);
        fields.finish(key).map(|key| Self { key: Some(key), target })
    }
}

/// `Prefer: wait=N` (RFC 7240, section 4.3): how long the caller would like to wait for a session to come to rest. A
/// preference is never an error: what cannot be read is ignored, and more than 60 s is 60 s.
pub(crate) struct Wait(pub(crate) Duration);

impl<S: Send + Sync> FromRequestParts<S> for Wait {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let preferences = parts.headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
        let wait = preferences.flat_map(|value| value.split(',')).find_map(|preference| {
            let (name, value) = preference.split_once('=')?;
            let is_wait = name.trim().eq_ignore_ascii_case("wait");
            if is_wait { value.trim().trim_matches('"').parse::<u64>().ok() } else { None }
        });
        Ok(Self(Duration::from_secs(wait.unwrap_or(0).min(LONGEST_WAIT_SECONDS))))
    }
}
