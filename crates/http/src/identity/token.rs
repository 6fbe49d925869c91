//! Signed tokens as proof of identity.

use async_trait::async_trait;
use daypass_vending::identity::Identity;
use daypass_vending::ports::{AuthenticationError, Authenticator, Presented};
use jsonwebtoken::{Validation, decode, decode_header};

use super::TrustedKeys;
use super::claims::Claims;

/// Accepts the tokens of one issuer, for one audience.
#[derive(Clone, Debug)]
pub struct TokenAuthenticator(Issuer);

/// Whose tokens are accepted.
#[derive(Clone, Debug)]
pub struct Issuer {
    /// The issuer, as in the tokens' `iss`.
    pub url: String,
    /// The audience, as in the tokens' `aud`.
    pub audience: String,
    /// The keys it signs with.
    pub keys: TrustedKeys,
}

impl TokenAuthenticator {
    /// An authenticator for this issuer's tokens.
    #[must_use]
    pub fn new(issuer: Issuer) -> Self {
        Self(issuer)
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
        let key = self.0.keys.find(header.kid.as_deref());
        let key = key.ok_or_else(|| AuthenticationError::Rejected("it is signed with an unknown key".to_owned()))?;
        let mut validation = Validation::new(key.algorithm);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[&self.0.url]);
        validation.set_audience(&[&self.0.audience]);
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
