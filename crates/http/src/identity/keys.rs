//! The issuer's public keys, each bound to the one algorithm it may be used with. A token's header never chooses how it is
//! checked: it can only name a key (RFC 8725, sections 3.1 and 3.2, <https://www.rfc-editor.org/rfc/rfc8725>).

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};

/// The shortest RSA modulus we accept, in bytes.
const SHORTEST_RSA: usize = 256;

/// The keys that an issuer signs with.
#[derive(Clone, Debug)]
pub struct TrustedKeys(Vec<TrustedKey>);

#[derive(Clone, Debug)]
pub(super) struct TrustedKey {
    id: Option<String>,
    pub(super) algorithm: Algorithm,
    pub(super) key: DecodingKey,
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
    /// The keys of a JSON Web Key Set (RFC 7517). Only Ed25519, P-256 and RSA keys for signatures are accepted.
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

    /// The key that a token names; a token without a name means the only key.
    pub(super) fn find(&self, id: Option<&str>) -> Option<&TrustedKey> {
        match (id, self.0.as_slice()) {
            (None, [only]) => Some(only),
            (None, _) => None,
            (Some(_), keys) => keys.iter().find(|key| key.id.as_deref() == id),
        }
    }
}

impl TrustedKey {
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
                // Base64url: four characters for three bytes.
                if key.n.len() * 3 / 4 < SHORTEST_RSA {
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
}
