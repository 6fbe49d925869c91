//! Signed tokens as proof of identity.

use async_trait::async_trait;
use daypass_vending::identity::Identity;
use daypass_vending::ports::{AuthenticationError, Authenticator, Presented};
use jsonwebtoken::{Validation, decode, decode_header};

use super::TrustedKeys;
use super::claims::Claims;

/// Accepts the tokens of one issuer, for one audience.
#[derive(Clone, Debug)]
pub struct TokenAuthenticator {
    issuer: String,
    audience: String,
    keys: TrustedKeys,
}

impl TokenAuthenticator {
    /// An authenticator for tokens that `issuer` signed with one of `keys` for `audience`.
    #[must_use]
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>, keys: TrustedKeys) -> Self {
        Self { issuer: issuer.into(), audience: audience.into(), keys }
    }

    fn verify(&self, presented: &Presented) -> Result<Identity, AuthenticationError> {
        let token = presented.token.reveal();
        let rejected = |error: jsonwebtoken::errors::Error| AuthenticationError::Rejected(error.to_string());
        let header = decode_header(token).map_err(rejected)?;
        let kind = header.typ.as_deref().unwrap_or("JWT");
        // An id token, a logout token or anything else that happens to be signed is not meant for us (RFC 8725, 3.11).
        if !["jwt", "at+jwt"].iter().any(|known| kind.eq_ignore_ascii_case(known)) {
            return Err(AuthenticationError::Rejected("it is not an access token".to_owned()));
        }
        let key = self.keys.find(header.kid.as_deref());
        let key = key.ok_or_else(|| AuthenticationError::Rejected("it is signed with an unknown key".to_owned()))?;
        let mut validation = Validation::new(key.algorithm);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        // The library would ask the machine's clock; ours decides, in `Claims::identity`.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let claims = decode::<Claims>(token, &key.key, &validation).map_err(rejected)?.claims;
        claims.identity(presented.address, presented.at)
    }
}

#[async_trait]
impl Authenticator for TokenAuthenticator {
    async fn authenticate(&self, presented: &Presented) -> Result<Identity, AuthenticationError> {
        self.verify(presented)
    }
}
