//! Signed tokens (RFC 7519): taken apart, and verified with a key that belongs to one algorithm.

use daypass_vending::ports::AuthenticationError;
use jsonwebtoken::dangerous::insecure_decode;
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Header, Validation, decode, decode_header};
use serde_json::{Map, Value};

use crate::claims::Claims;
use crate::keys::TrustedKey;
use crate::rejected;

/// The media types of tokens that say who somebody is; a logout token or anything else that happens to be signed is not
/// meant for us (RFC 8725, section 3.11).
const KINDS: [&str; 3] = ["jwt", "at+jwt", "application/at+jwt"];

/// What a token says, believed by nobody yet. Good for finding out whose token it would be.
pub(crate) struct Unverified {
    pub(crate) header: Header,
    pub(crate) claims: Claims,
}

/// Take a token apart. A header without a known algorithm, `none` above all, is not read any further.
pub(crate) fn take_apart(token: &str) -> Result<Unverified, AuthenticationError> {
    let header = decode_header(token).map_err(unreadable)?;
    let kind = header.typ.as_deref().unwrap_or("JWT");
    if !KINDS.iter().any(|known| kind.eq_ignore_ascii_case(known)) {
        return Err(rejected("it is neither an id token nor an access token"));
    }
    // Extensions that have to be understood (RFC 7515, section 4.1.11): we understand none.
    if header.crit.is_some() {
        return Err(rejected("it demands extensions"));
    }
    let claims = insecure_decode::<Map<String, Value>>(token).map_err(unreadable)?.claims;
    Ok(Unverified { header, claims: Claims::new(claims) })
}

/// The claims of a token that this key signed. What they say about times and audiences is not checked yet: the library
/// would ask the machine's clock, and ours decides.
pub(crate) fn verify(token: &str, key: &TrustedKey) -> Result<Claims, AuthenticationError> {
    let mut validation = Validation::new(key.algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    Ok(Claims::new(decode::<Map<String, Value>>(token, &key.key, &validation).map_err(unreadable)?.claims))
}

/// Why, in words of our own: the library's may repeat what was sent.
fn unreadable(error: Error) -> AuthenticationError {
    rejected(match error.kind() {
        ErrorKind::InvalidSignature => "its signature is not the issuer's",
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidKeyFormat => "its algorithm is not the one of the key",
        ErrorKind::MissingAlgorithm | ErrorKind::InvalidAlgorithmName | ErrorKind::UnsupportedAlgorithm => {
            "its algorithm is not accepted"
        }
        _ => "it is no token that can be read",
    })
}
