//! Signing tokens: EdDSA (<https://www.rfc-editor.org/rfc/rfc8037>), good for a working day.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use daypass_vending::ids::{GroupName, UserId};
use daypass_vending::secret::Secret;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::{EncodePrivateKey, KeypairBytes};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;

use super::attempt::Accepted;
use super::{IssuerError, IssuerSettings, Person};

/// How long a token is good for.
const LIFETIME: SignedDuration = SignedDuration::from_hours(8);

/// A token, signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedToken {
    /// The JWT.
    pub token: Secret,
    /// When it stops being good.
    pub expires_at: Timestamp,
    /// Whether it vouches for a second factor.
    pub mfa: bool,
}

/// The issuer's key and names.
#[derive(Debug)]
pub(super) struct Signer {
    settings: IssuerSettings,
    header: Header,
    key: EncodingKey,
    public: Jwk,
}

/// The claims of a token (<https://openid.net/specs/openid-connect-core-1_0.html#IDToken>; the values of `amr` are those of
/// <https://www.rfc-editor.org/rfc/rfc8176>).
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a UserId,
    name: &'a str,
    groups: &'a [GroupName],
    iat: i64,
    nbf: i64,
    exp: i64,
    auth_time: i64,
    amr: &'static [&'static str],
    jti: String,
}

impl Signer {
    pub(super) fn new(key: &SigningKey, settings: IssuerSettings) -> Result<Self, IssuerError> {
        let signing = |error: &dyn std::fmt::Display| IssuerError::Signing(error.to_string());
        // Without the public half, which `jsonwebtoken` does not expect there.
        let key = KeypairBytes { secret_key: key.to_bytes(), public_key: None };
        let der = key.to_pkcs8_der().map_err(|error| signing(&error))?;
        let key = EncodingKey::from_ed_der(der.as_bytes());
        let mut public = Jwk::from_encoding_key(&key, Algorithm::EdDSA).map_err(|error| signing(&error))?;
        let id = public.thumbprint(ThumbprintHash::SHA256).map_err(|error| signing(&error))?;
        public.common.key_id = Some(id.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        let header = Header { kid: Some(id), ..Header::new(Algorithm::EdDSA) };
        Ok(Self { settings, header, key, public })
    }

    pub(super) fn sign(
        &self,
        person: &Person,
        accepted: Accepted,
        id: [u8; 16],
        now: Timestamp,
    ) -> Result<SignedToken, IssuerError> {
        let expires_at = now.checked_add(LIFETIME).unwrap_or(Timestamp::MAX);
        let claims = Claims {
            iss: &self.settings.issuer,
            aud: &self.settings.audience,
            sub: &person.user,
            name: &person.name,
            groups: &person.groups,
            iat: now.as_second(),
            nbf: now.as_second(),
            exp: expires_at.as_second(),
            auth_time: now.as_second(),
            amr: match accepted {
                Accepted::Password => &["pwd"],
                Accepted::PasswordAndCode => &["pwd", "otp", "mfa"],
            },
            jti: BASE64.encode(id),
        };
        let token = jsonwebtoken::encode(&self.header, &claims, &self.key)
            .map_err(|error| IssuerError::Signing(error.to_string()))?;
        Ok(SignedToken { token: Secret::new(token), expires_at, mfa: accepted == Accepted::PasswordAndCode })
    }

    pub(super) fn jwks(&self) -> serde_json::Value {
        serde_json::json!(JwkSet { keys: vec![self.public.clone()] })
    }
}
