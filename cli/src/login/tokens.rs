//! The token endpoint: what it gives, what it refuses, and whether an id token is meant for this login.
//!
//! The id token's signature is not checked here: it comes from the token endpoint itself, over TLS, which proves the issuer
//! as well (OpenID Connect Core 1.0, section 3.1.3.7, rule 6). The server, which gets it from us, checks the signature.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use daypass_api::{BearerKind, Masked};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::provider::Provider;
use super::web::{Web, WebError};

/// How far the provider's clock and ours may be apart.
const LEEWAY: SignedDuration = SignedDuration::from_mins(5);

/// What a token endpoint gives (RFC 6749, section 5.1).
#[derive(Debug, Deserialize)]
pub(crate) struct Tokens {
    token_type: String,
    access_token: Masked,
    #[serde(default)]
    expires_in: Option<i64>,
    /// What the next tokens can be had with.
    #[serde(default)]
    pub(crate) refresh_token: Option<Masked>,
    #[serde(default)]
    id_token: Option<Masked>,
}

/// What a token endpoint refuses, and why (RFC 6749, section 5.2).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, thiserror::Error)]
#[error("the identity provider refuses: {error}{}", error_description.as_deref().map(|text| format!(" ({text})")).unwrap_or_default())]
pub(crate) struct Refusal {
    /// The code.
    pub(crate) error: String,
    #[serde(default)]
    pub(crate) error_description: Option<String>,
}

/// Why there are no tokens.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    /// The provider says no, or not yet.
    #[error(transparent)]
    Refused(Refusal),
    /// The provider does not answer, or not as one.
    #[error(transparent)]
    Web(WebError),
    /// What it gives cannot be used.
    #[error("the identity provider's answer cannot be used: {0}")]
    Unusable(&'static str),
}

/// What an id token must say to be meant for this login.
pub(crate) struct Expected<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    /// The one that was sent, where one could be.
    pub(crate) nonce: Option<&'a str>,
    /// Who it was before, when a login is renewed (section 12.2).
    pub(crate) subject: Option<&'a str>,
}

/// What proves to the server who somebody is.
#[derive(Debug)]
pub(crate) struct Bearer {
    pub(crate) token: Masked,
    pub(crate) expires_at: Timestamp,
    /// The provider's name for them, where an id token tells.
    pub(crate) subject: Option<String>,
}

/// The claims that are looked at here.
#[derive(Deserialize)]
struct IdClaims {
    iss: String,
    sub: String,
    aud: OneOrMany,
    azp: Option<String>,
    exp: f64,
    nonce: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// Ask for tokens.
///
/// # Errors
/// See [`TokenError`].
pub(crate) async fn ask(web: &Web, provider: &Provider, fields: &[(&str, &str)]) -> Result<Tokens, TokenError> {
    let endpoint = &provider.token_endpoint;
    let answer = web.form(endpoint, fields).await.map_err(TokenError::Web)?;
    if answer.is_success() {
        return answer.json().ok_or_else(|| TokenError::Web(answer.unexpected(endpoint)));
    }
    Err(answer.json().map_or_else(|| TokenError::Web(answer.unexpected(endpoint)), TokenError::Refused))
}

impl Tokens {
    /// The token that the server wants, if all of them are what they should be.
    ///
    /// # Errors
    /// When they are meant for somebody or something else.
    pub(crate) fn bearer(
        &self,
        kind: BearerKind,
        expected: &Expected<'_>,
        now: Timestamp,
    ) -> Result<Bearer, TokenError> {
        if !self.token_type.eq_ignore_ascii_case("bearer") {
            return Err(TokenError::Unusable("its tokens are no bearer tokens"));
        }
        let claims = self.id_token.as_ref().map(|token| expected.check(token, now)).transpose()?;
        match (kind, &self.id_token, claims) {
            (BearerKind::Id, Some(token), Some(claims)) => {
                let expires_at = claims.expires_at()?;
                Ok(Bearer { token: token.clone(), expires_at, subject: Some(claims.sub) })
            }
            (BearerKind::Id, _, _) => Err(TokenError::Unusable("there is no id token in it")),
            // A nonce was sent, and only an id token could return it: without one, nothing ties the answer to this login.
            (BearerKind::Access, _, None) if expected.nonce.is_some() => {
                Err(TokenError::Unusable("there is no id token in it"))
            }
            (BearerKind::Access, _, claims) => {
                let subject = claims.map(|claims| claims.sub);
                Ok(Bearer { token: self.access_token.clone(), expires_at: self.access_ends(now)?, subject })
            }
        }
    }

    /// When the access token ends: as it says itself, else as the endpoint says.
    fn access_ends(&self, now: Timestamp) -> Result<Timestamp, TokenError> {
        #[derive(Deserialize)]
        struct End {
            exp: f64,
        }
        if let Some(End { exp }) = claims_of(&self.access_token) {
            return time(exp);
        }
        let seconds = self.expires_in.filter(|seconds| *seconds > 0);
        let seconds = seconds.ok_or(TokenError::Unusable("it does not say when the access token ends"))?;
        now.checked_add(SignedDuration::from_secs(seconds)).map_err(|_| TokenError::Unusable("its end is no time"))
    }
}

impl Expected<'_> {
    fn check(&self, token: &Masked, now: Timestamp) -> Result<IdClaims, TokenError> {
        let claims: IdClaims = claims_of(token).ok_or(TokenError::Unusable("its id token cannot be read"))?;
        let problem = if claims.iss != self.issuer {
            "its id token is another issuer's"
        } else if !claims.aud.has(self.client_id) {
            "its id token is meant for another client"
        } else if claims.azp.as_deref().is_some_and(|party| party != self.client_id) {
            "its id token was made for another client"
        } else if self.nonce.is_some() && claims.nonce.as_deref() != self.nonce {
            "its id token belongs to another login (the nonce differs)"
        } else if self.subject.is_some_and(|subject| subject != claims.sub) {
            "its id token is somebody else's"
        } else if claims.expires_at()? <= now.checked_sub(LEEWAY).unwrap_or(now) {
            "its id token has expired; is this machine's clock right?"
        } else {
            return Ok(claims);
        };
        Err(TokenError::Unusable(problem))
    }
}

impl IdClaims {
    fn expires_at(&self) -> Result<Timestamp, TokenError> {
        time(self.exp)
    }
}

impl OneOrMany {
    fn has(&self, name: &str) -> bool {
        match self {
            Self::One(one) => one == name,
            Self::Many(many) => many.iter().any(|one| one == name),
        }
    }
}

/// What stands in a JWT, if it is one (RFC 7519). Nothing is proved by it.
fn claims_of<T: DeserializeOwned>(token: &Masked) -> Option<T> {
    let mut parts = token.reveal().split('.');
    let (_, claims, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else { return None };
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}

fn time(seconds: f64) -> Result<Timestamp, TokenError> {
    // Providers may write fractions; whole seconds are enough.
    #[expect(clippy::cast_possible_truncation, reason = "what is out of range saturates, and is then no time")]
    Timestamp::from_second(seconds as i64).map_err(|_| TokenError::Unusable("its end is no time"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn jwt(claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.c2ln", part(&json!({"alg": "ES256"})), part(claims))
    }

    fn claims() -> Value {
        json!({"iss": "https://id.example.com", "sub": "carla", "aud": "daypass-cli", "exp": NOW + 600, "nonce": "n"})
    }

    fn bearer(kind: BearerKind, change: Value) -> Result<Bearer, String> {
        let mut id = claims();
        id.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let answer = json!({
            "token_type": "bearer", "access_token": "opaque", "expires_in": 300, "id_token": jwt(&id),
        });
        of(kind, answer)
    }

    fn of(kind: BearerKind, answer: Value) -> Result<Bearer, String> {
        let expected = Expected {
            issuer: "https://id.example.com",
            client_id: "daypass-cli",
            nonce: Some("n"),
            subject: Some("carla"),
        };
        let tokens: Tokens = serde_json::from_value(answer).unwrap();
        let now = Timestamp::from_second(NOW).unwrap();
        tokens.bearer(kind, &expected, now).map_err(|error| error.to_string())
    }

    #[test]
    fn the_token_that_the_server_wants_is_taken_with_its_end() {
        let id = bearer(BearerKind::Id, json!({})).unwrap();
        assert_eq!((id.expires_at.as_second(), id.subject.as_deref()), (NOW + 600, Some("carla")));
        let access = bearer(BearerKind::Access, json!({})).unwrap();
        assert_eq!((access.token.reveal(), access.expires_at.as_second()), ("opaque", NOW + 300));
        assert!(bearer(BearerKind::Id, json!({"aud": ["daypass-cli", "other"], "azp": "daypass-cli"})).is_ok());
    }

    #[test]
    fn an_id_token_for_another_login_is_refused_whichever_token_is_wanted() {
        for kind in [BearerKind::Id, BearerKind::Access] {
            for (change, why) in [
                (json!({"iss": "https://evil.example.com"}), "another issuer"),
                (json!({"aud": "other"}), "another client"),
                (json!({"aud": ["other", "daypass-cli2"]}), "another client"),
                (json!({"azp": "other"}), "made for another client"),
                (json!({"nonce": "m"}), "nonce differs"),
                (json!({"nonce": null}), "nonce differs"),
                (json!({"sub": "carl"}), "somebody else"),
                (json!({"exp": NOW - 301}), "expired"),
                (json!({"exp": 1e300}), "no time"),
                (json!({"aud": 7}), "cannot be read"),
            ] {
                let told = bearer(kind, change.clone()).unwrap_err();
                assert!(told.contains(why), "{change}: {told}");
            }
        }
    }

    #[test]
    fn an_answer_without_what_was_asked_for_is_refused() {
        let whole = json!({"token_type": "Bearer", "access_token": "opaque", "id_token": jwt(&claims())});
        let without = |field: &str, value: Value| {
            let mut answer = whole.clone();
            answer[field] = value;
            answer
        };
        assert!(of(BearerKind::Id, without("id_token", Value::Null)).unwrap_err().contains("no id token"));
        assert!(of(BearerKind::Access, without("id_token", Value::Null)).unwrap_err().contains("no id token"));
        assert!(of(BearerKind::Id, without("token_type", json!("DPoP"))).unwrap_err().contains("no bearer"));
        assert!(of(BearerKind::Access, whole).unwrap_err().contains("when the access token ends"));
    }

    #[test]
    fn no_error_shows_a_token() {
        let tokens: Tokens = serde_json::from_value(json!({
            "token_type": "Bearer", "access_token": "5ecret", "refresh_token": "5ecret", "id_token": "5ecret",
        }))
        .unwrap();
        assert!(!format!("{tokens:?}").contains("5ecret"));
    }
}
