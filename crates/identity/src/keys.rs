//! The issuer's public keys, each bound to the one algorithm it may be used with. A token's header never chooses how it is
//! checked: it can only name a key (RFC 8725, sections 3.1 and 3.2, <https://www.rfc-editor.org/rfc/rfc8725>).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};

/// The shortest RSA modulus we accept, in bytes.
const SHORTEST_RSA: usize = 256;

/// More keys than any provider publishes.
const MOST_KEYS: usize = 100;

/// The keys that an issuer signs with.
#[derive(Clone, Debug)]
pub struct TrustedKeys(Vec<TrustedKey>);

#[derive(Clone, Debug)]
pub(crate) struct TrustedKey {
    id: Option<String>,
    pub(crate) algorithm: Algorithm,
    pub(crate) key: DecodingKey,
}

/// Why a key set cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// It is not a JSON Web Key Set.
    #[error("it is not a JSON Web Key Set")]
    Malformed(#[from] serde_json::Error),
    /// One of its keys is not for us.
    #[error("key {place} cannot verify tokens: {why}")]
    Unusable {
        /// Which key, from 1.
        place: usize,
        /// Why.
        why: &'static str,
    },
    /// There is more than one key, and they have no names, or the same.
    #[error("each of several keys needs a `kid` of its own")]
    Unnamed,
    /// There is no key.
    #[error("there is no key in it")]
    Empty,
}

impl TrustedKeys {
    /// The keys of a JSON Web Key Set (RFC 7517) that somebody wrote down for us. Only Ed25519, P-256 and RSA keys for signatures are accepted.
    ///
    /// # Errors
    /// See [`KeysError`]. One bad key makes the set unusable: it was meant for somebody else.
    pub fn from_json(json: &str) -> Result<Self, KeysError> {
        let set: JwkSet = serde_json::from_str(json)?;
        let keys = set
            .keys
            .iter()
            .enumerate()
            .map(|(at, jwk)| TrustedKey::from_jwk(jwk).map_err(|why| KeysError::Unusable { place: at + 1, why }));
        let keys: Vec<TrustedKey> = keys.collect::<Result<_, _>>()?;
        let mut names: Vec<_> = keys.iter().map(|key| &key.id).collect();
        names.sort();
        names.dedup();
        match keys.len() {
            0 => Err(KeysError::Empty),
            1 => Ok(Self(keys)),
            several if names.len() < several || names.contains(&&None) => Err(KeysError::Unnamed),
            _ => Ok(Self(keys)),
        }
    }

    /// The keys of a JSON Web Key Set that a provider publishes for everybody. What is there for other purposes or of kinds
    /// we do not accept is left out, and so are further keys of a name that was there before, or of none.
    ///
    /// # Errors
    /// When it is no key set, or none of its keys is for us.
    pub fn from_provider(json: &[u8]) -> Result<Self, KeysError> {
        #[derive(serde::Deserialize)]
        struct Published {
            keys: Vec<serde_json::Value>,
        }
        let published: Published = serde_json::from_slice(json)?;
        let known =
            published.keys.into_iter().take(MOST_KEYS).filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
        let usable: Vec<TrustedKey> = known.filter_map(|jwk| TrustedKey::from_jwk(&jwk).ok()).collect();
        let is_only = usable.len() == 1;
        let mut keys: Vec<TrustedKey> = Vec::new();
        for key in usable {
            if is_only || (key.id.is_some() && !keys.iter().any(|other| other.id == key.id)) {
                keys.push(key);
            }
        }
        if keys.is_empty() { Err(KeysError::Empty) } else { Ok(Self(keys)) }
    }

    /// The key that a token names; a token without a name means the only key.
    pub(crate) fn find(&self, id: Option<&str>) -> Option<&TrustedKey> {
        match (id, self.0.as_slice()) {
            (None, [only]) => Some(only),
            (None, _) => None,
            (Some(_), keys) => keys.iter().find(|key| key.id.as_deref() == id),
        }
    }
}

impl TrustedKey {
    /// The Ed25519 key with these 32 bytes in base64url (RFC 8037).
    pub(crate) fn ed25519(base64: &str) -> Option<Self> {
        let key = DecodingKey::from_ed_components(base64).ok()?;
        Some(Self { id: None, algorithm: Algorithm::EdDSA, key })
    }

    fn from_jwk(jwk: &Jwk) -> Result<Self, &'static str> {
        if !matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature)) {
            return Err("it is not for signatures");
        }
        let (algorithm, named) = match &jwk.algorithm {
            AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
                (Algorithm::EdDSA, KeyAlgorithm::EdDSA)
            }
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
                (Algorithm::ES256, KeyAlgorithm::ES256)
            }
            AlgorithmParameters::RSA(key) => {
                if modulus_bytes(&key.n) < SHORTEST_RSA {
                    return Err("an RSA key needs at least 2048 bits");
                }
                (Algorithm::RS256, KeyAlgorithm::RS256)
            }
            _ => return Err("only Ed25519, P-256 and RSA keys are accepted"),
        };
        if jwk.common.key_algorithm.is_some_and(|said| said != named) {
            return Err("its `alg` is not one of EdDSA, ES256 and RS256, or does not go with its type");
        }
        let key = DecodingKey::from_jwk(jwk).map_err(|_| "its parameters cannot be read")?;
        Ok(Self { id: jwk.common.key_id.clone(), algorithm, key })
    }
}

/// The length of a number, without zeros in front of it.
fn modulus_bytes(base64: &str) -> usize {
    BASE64.decode(base64).map_or(0, |bytes| bytes.iter().skip_while(|byte| **byte == 0).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ED25519: &str =
        r#"{"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

    fn keys(keys: &[&str]) -> Result<TrustedKeys, KeysError> {
        TrustedKeys::from_json(&format!(r#"{{"keys":[{}]}}"#, keys.join(",")))
    }

    #[test]
    fn a_key_is_bound_to_its_algorithm() {
        let keys = keys(&[ED25519]).unwrap();
        assert_eq!(keys.find(Some("a")).unwrap().algorithm, Algorithm::EdDSA);
        assert_eq!(keys.find(None).unwrap().algorithm, Algorithm::EdDSA, "the only key needs no name");
        assert!(keys.find(Some("b")).is_none());
    }

    #[test]
    fn keys_that_could_be_confused_are_refused() {
        let secret = r#"{"kty":"oct","kid":"b","k":"c2VjcmV0"}"#;
        let encryption = ED25519.replace(r#""kid""#, r#""use":"enc","kid""#);
        let mismatched = ED25519.replace(r#""kid""#, r#""alg":"RS256","kid""#);
        let short = r#"{"kty":"RSA","kid":"b","n":"AQAB","e":"AQAB"}"#;
        for bad in [secret, &encryption, &mismatched, short] {
            assert!(matches!(keys(&[bad]), Err(KeysError::Unusable { place: 1, .. })), "{bad}");
        }
        assert!(matches!(keys(&[]), Err(KeysError::Empty)));
        assert!(matches!(keys(&[ED25519, ED25519]), Err(KeysError::Unnamed)));
        assert!(matches!(TrustedKeys::from_json("{}"), Err(KeysError::Malformed(_))));
    }
    #[test]
    fn of_what_a_provider_publishes_only_keys_for_signatures_are_taken() {
        let from = |keys: &[&str]| TrustedKeys::from_provider(format!(r#"{{"keys":[{}]}}"#, keys.join(",")).as_bytes());
        let other = ED25519.replace(r#""kid":"a""#, r#""kid":"b""#);
        let unnamed = ED25519.replace(r#""kid":"a","#, "");
        let encryption = other.replace(r#""kid""#, r#""use":"enc","kid""#);
        let padded = format!(r#"{{"kty":"RSA","kid":"c","n":"{}AQAB","e":"AQAB"}}"#, "AAAA".repeat(100));
        let of_the_future = r#"{"kty":"AKP","kid":"d","alg":"ML-DSA-44","pub":"AAAA"}"#;
        let secret = r#"{"kty":"oct","kid":"e","k":"c2VjcmV0"}"#;
        let keys = from(&[ED25519, &encryption, &padded, of_the_future, secret, "7", &unnamed, ED25519]).unwrap();
        assert_eq!(keys.0.len(), 1, "{keys:?}");
        assert!(keys.find(Some("a")).is_some());
        assert_eq!(from(&[ED25519, &other]).unwrap().0.len(), 2);
        assert!(from(&[&unnamed]).unwrap().find(None).is_some());
        for none in [vec![], vec![secret], vec![encryption.as_str(), padded.as_str()]] {
            assert!(matches!(from(&none), Err(KeysError::Empty)), "{none:?}");
        }
        assert!(matches!(TrustedKeys::from_provider(b"<html>"), Err(KeysError::Malformed(_))));
    }
}
