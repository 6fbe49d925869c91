//! Proving who one is when no identity provider answers: with a key that was made beforehand and whose public half stands
//! in the server's configuration. It is good for breaking the glass and for little else, and everybody hears of it.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use daypass_api::Masked;
use daypass_vending::ids::{DeploymentId, UserId};
use daypass_vending::ports::{Clock, Entropy};
use ed25519_dalek::{Signer as _, SigningKey};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use zeroize::Zeroizing;

use super::Proved;
use super::pkce::unguessable;
use crate::failure::Failure;

/// The `iss` of what such a key signs. No identity provider is called that.
const ISSUER: &str = "daypass-emergency";

/// How long a token counts. The server takes none that lives longer.
const LIFE: SignedDuration = SignedDuration::from_mins(15);

/// A key file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyFile {
    kind: Kind,
    /// Whose key it is.
    pub(crate) user: UserId,
    /// The deployment it is for: it signs for no other, whatever a server calls itself.
    pub(crate) deployment: DeploymentId,
    /// The seed of RFC 8032, in Base64.
    private_key: Masked,
}

/// What the file is, for whoever finds it.
#[derive(Debug, Serialize, Deserialize)]
enum Kind {
    #[serde(rename = "daypass emergency key")]
    EmergencyKey,
}

impl KeyFile {
    /// A new key, and its public half in Base64.
    pub(crate) fn make(user: UserId, deployment: DeploymentId, entropy: &dyn Entropy) -> (Self, String) {
        let seed = Zeroizing::new(entropy.bytes::<32>());
        let public = SigningKey::from_bytes(&seed).verifying_key();
        let private_key = Masked::new(STANDARD.encode(seed.as_slice()));
        (Self { kind: Kind::EmergencyKey, user, deployment, private_key }, STANDARD.encode(public.as_bytes()))
    }

    /// The key in a file.
    ///
    /// # Errors
    /// When it is none. What is in it is not shown.
    pub(crate) fn parse(content: &str) -> Result<Self, Failure> {
        serde_json::from_str(content).map_err(|_| no_key())
    }

    /// A token for the server, signed with the key (a JWT with EdDSA, RFC 8037).
    ///
    /// # Errors
    /// When the key is none.
    pub(crate) fn sign(&self, clock: &dyn Clock, entropy: &dyn Entropy) -> Result<Proved, Failure> {
        let seed = Zeroizing::new(STANDARD.decode(self.private_key.reveal()).map_err(|_| no_key())?);
        let seed: &[u8; 32] = seed.as_slice().try_into().map_err(|_| no_key())?;
        let now = clock.now();
        let expires_at = now.checked_add(LIFE)?;
        let claims = json!({
            "iss": ISSUER, "aud": self.deployment, "sub": self.user,
            "iat": now.as_second(), "exp": expires_at.as_second(), "jti": unguessable(entropy),
        });
        let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(json!({"alg": "EdDSA", "typ": "JWT"})), part(claims));
        let signature = URL_SAFE_NO_PAD.encode(SigningKey::from_bytes(seed).sign(signed.as_bytes()).to_bytes());
        let expires_at = Timestamp::from_second(expires_at.as_second())?;
        Ok(Proved { token: Masked::new(format!("{signed}.{signature}")), expires_at, renewal: None })
    }
}

fn no_key() -> Failure {
    Failure::plain("the file holds no emergency key").hint("`daypass emergency-key new` makes one")
}

#[cfg(test)]
mod tests {
    use daypass_embedded::clock::SystemClock;
    use daypass_embedded::entropy::SystemEntropy;
    use ed25519_dalek::{Signature, Verifier as _, VerifyingKey};

    use super::*;

    #[test]
    fn what_a_key_signs_is_verified_with_what_the_configuration_has() {
        let (made, public) = KeyFile::make("olga".parse().unwrap(), "acme".parse().unwrap(), &SystemEntropy);
        let file = serde_json::to_string(&made).unwrap();
        let proved = KeyFile::parse(&file).unwrap().sign(&SystemClock, &SystemEntropy).unwrap();
        let (signed, signature) = proved.token.reveal().rsplit_once('.').unwrap();
        let key = VerifyingKey::from_bytes(&STANDARD.decode(public).unwrap().try_into().unwrap()).unwrap();
        let signature = Signature::from_slice(&URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
        key.verify(signed.as_bytes(), &signature).unwrap();
        let claims = URL_SAFE_NO_PAD.decode(signed.split('.').nth(1).unwrap()).unwrap();
        let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!((claims["iss"].as_str(), claims["aud"].as_str()), (Some(ISSUER), Some("acme")));
        let life = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
        assert_eq!((claims["sub"].as_str(), life), (Some("olga"), 900));
    }

    #[test]
    fn neither_debug_nor_an_error_shows_the_key() {
        let (made, _) = KeyFile::make("olga".parse().unwrap(), "acme".parse().unwrap(), &SystemEntropy);
        let secret = made.private_key.reveal().to_owned();
        assert!(!format!("{made:?}").contains(&secret));
        let broken = format!(r#"{{"kind": "daypass emergency key", "user": "olga", "private_key": "{secret}"}}"#);
        assert!(!format!("{:?}", KeyFile::parse(&broken).unwrap_err()).contains(&secret));
    }
}
