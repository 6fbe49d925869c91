//! Keys for emergencies: when no identity provider answers, somebody on call signs a token with a key whose public half was
//! configured in quieter times. What such a token may do is up to the rules, which give it next to nothing.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use daypass_vending::identity::{Identity, Method};
use daypass_vending::ids::{DeploymentId, GroupName, UserId};
use daypass_vending::ports::{AuthenticationError, Presented};
use jiff::{SignedDuration, Timestamp};

use crate::claims::{Claims, Expected};
use crate::keys::TrustedKey;
use crate::rejected;
use crate::token::{self, Unverified};

/// The issuer of these tokens.
pub(crate) const ISSUER: &str = "daypass-emergency";

/// How long a token may be good for after it was signed.
const LONGEST: SignedDuration = SignedDuration::from_mins(15);

/// The longest `jti`, in bytes.
const LONGEST_ID: usize = 128;

/// Whose key it is, and what its holder is a member of. The provider cannot be asked then.
#[derive(Clone, Debug)]
pub struct EmergencyKey {
    /// Whose.
    pub user: UserId,
    /// Their groups.
    pub groups: BTreeSet<GroupName>,
    /// The public half.
    pub public_key: EmergencyPublicKey,
}

/// The public half of an Ed25519 key (RFC 8032): 32 bytes in base64, with the letters of URLs (RFC 4648, section 5) or the
/// usual ones.
#[derive(Clone, Debug)]
pub struct EmergencyPublicKey(TrustedKey);

/// A text is no public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a public key for emergencies is the 32 bytes of an Ed25519 key in base64")]
pub struct InvalidPublicKey;

/// All of them.
pub(crate) struct EmergencyKeys {
    keys: Vec<EmergencyKey>,
    audience: String,
    parties: BTreeSet<String>,
}

impl EmergencyKeys {
    pub(crate) fn new(keys: Vec<EmergencyKey>, deployment: &DeploymentId) -> Self {
        Self { keys, audience: deployment.to_string(), parties: BTreeSet::new() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Verify a token that says it is one of these.
    pub(crate) fn verify(&self, presented: &Presented, said: &Unverified) -> Result<Identity, AuthenticationError> {
        let user = said.claims.text("sub")?.unwrap_or_default();
        let mut keys = self.keys.iter().filter(|key| key.user.as_str() == user).peekable();
        if keys.peek().is_none() {
            return Err(rejected("nobody of that name has a key for emergencies"));
        }
        let token = presented.token.reveal();
        let signed = keys.find_map(|key| Some((key, token::verify(token, &key.public_key.0).ok()?)));
        let (key, claims) = signed.ok_or_else(|| rejected("its signature is not that of a key for emergencies"))?;
        self.identity(key, &claims, presented.address, presented.at)
    }

    fn identity(
        &self,
        key: &EmergencyKey,
        claims: &Claims,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<Identity, AuthenticationError> {
        let expected = Expected { issuer: ISSUER, audience: &self.audience, parties: &self.parties };
        let times = claims.check(&expected, now)?;
        if times.expires_at.duration_since(times.issued_at) > LONGEST {
            return Err(rejected("it is good for more than a quarter of an hour"));
        }
        if !claims.text("jti")?.is_some_and(|id| (1..=LONGEST_ID).contains(&id.len())) {
            return Err(rejected("it has no `jti`"));
        }
        Ok(Identity {
            method: Method::EmergencyKey,
            groups: key.groups.clone(),
            ..Identity::bare(key.user.clone(), ISSUER.to_owned(), address, times.issued_at.min(now), times.expires_at)
        })
    }
}

impl FromStr for EmergencyPublicKey {
    type Err = InvalidPublicKey;

    fn from_str(text: &str) -> Result<Self, InvalidPublicKey> {
        let bytes = URL_SAFE_NO_PAD.decode(text).or_else(|_| STANDARD.decode(text)).map_err(|_| InvalidPublicKey)?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| InvalidPublicKey)?;
        TrustedKey::ed25519(&URL_SAFE_NO_PAD.encode(bytes)).map(Self).ok_or(InvalidPublicKey)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use daypass_vending::secret::Secret;
    use jsonwebtoken::jwk::{AlgorithmParameters, Jwk};
    use jsonwebtoken::{Algorithm, EncodingKey, Header};
    use serde_json::{Value, json};

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn signing_key(seed: u8) -> EncodingKey {
        // PKCS #8 of an Ed25519 key (RFC 8410).
        let mut der = vec![0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
        der.extend([seed; 32]);
        EncodingKey::from_ed_der(&der)
    }

    fn public_key(seed: u8) -> String {
        let jwk = Jwk::from_encoding_key(&signing_key(seed), Algorithm::EdDSA).unwrap();
        let AlgorithmParameters::OctetKeyPair(pair) = jwk.algorithm else { panic!("another kind of key") };
        pair.x
    }

    fn present(seed: u8, change: Value) -> Result<Identity, AuthenticationError> {
        let key = |user: &str, seed| EmergencyKey {
            user: user.parse().unwrap(),
            groups: BTreeSet::from(["on-call".parse().unwrap()]),
            public_key: public_key(seed).parse().unwrap(),
        };
        let keys = EmergencyKeys::new(vec![key("olga", 1), key("olga", 2), key("otto", 3)], &"acme".parse().unwrap());
        let mut claims =
            json!({"iss": ISSUER, "aud": "acme", "sub": "olga", "iat": NOW, "exp": NOW + 900, "jti": "4711"});
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let token = jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), &claims, &signing_key(seed)).unwrap();
        let unverified = token::take_apart(&token).unwrap();
        let at = Timestamp::from_second(NOW + 10).unwrap();
        keys.verify(&Presented { token: Secret::new(token), address: Ipv4Addr::LOCALHOST.into(), at }, &unverified)
    }

    #[test]
    fn a_key_speaks_for_its_holder_without_a_second_factor() {
        for seed in [1, 2] {
            let olga = present(seed, json!({"groups": ["daypass-admins"], "amr": ["otp"], "auth_time": NOW})).unwrap();
            assert_eq!((olga.user.as_str(), olga.method, olga.mfa_at), ("olga", Method::EmergencyKey, None));
            assert_eq!(olga.groups.iter().map(GroupName::as_str).collect::<Vec<_>>(), ["on-call"]);
        }
    }

    #[test]
    fn another_holder_time_or_audience_is_refused() {
        assert!(present(3, json!({})).is_err(), "the key of somebody else");
        assert!(present(4, json!({})).is_err(), "nobody's key");
        for change in [
            json!({"sub": "carla"}),
            json!({"sub": null}),
            json!({"aud": "zeta"}),
            json!({"exp": NOW + 901}),
            json!({"iat": NOW - 1000, "exp": NOW - 100}),
            json!({"iat": NOW + 200}),
            json!({"jti": null}),
            json!({"jti": ""}),
        ] {
            assert!(present(1, change.clone()).is_err(), "{change}");
        }
    }

    #[test]
    fn a_public_key_has_32_bytes_in_either_base64() {
        let bytes = URL_SAFE_NO_PAD.decode(public_key(1)).unwrap();
        assert!(STANDARD.encode(&bytes).parse::<EmergencyPublicKey>().is_ok());
        for bad in ["", "AAAA", "not base64!", &"A".repeat(44)] {
            assert!(bad.parse::<EmergencyPublicKey>().is_err(), "{bad}");
        }
    }
}
