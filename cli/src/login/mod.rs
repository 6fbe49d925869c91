//! Proving who one is, in each way that servers offer. Which way is taken decides `commands/login.rs`; here is how each
//! works, and how a login is renewed and ended.

pub(crate) mod aws;
mod browser;
mod callback;
pub(crate) mod code;
pub(crate) mod device;
pub(crate) mod emergency;
mod pkce;
mod provider;
pub(crate) mod renewal;
mod tokens;
mod web;

use daypass_api::{Masked, OidcOffer};
use daypass_vending::ports::{Clock, Entropy};
use jiff::Timestamp;

pub(crate) use provider::Provider;
pub(crate) use web::Web;

use crate::exit::ExitStatus;
use crate::failure::{Failure, chain};
use crate::printer::Printer;
use renewal::Renewal;
use tokens::{Expected, TokenError, Tokens};
use web::no_provider;

/// What proves to a server who somebody is, until when, and how to get the next proof.
#[derive(Debug)]
pub(crate) struct Proved {
    pub(crate) token: Masked,
    pub(crate) expires_at: Timestamp,
    pub(crate) renewal: Option<Renewal>,
}

/// All that logging in with an identity provider takes.
pub(crate) struct Oidc<'a> {
    pub(crate) web: &'a Web,
    pub(crate) provider: &'a Provider,
    pub(crate) offer: &'a OidcOffer,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) entropy: &'a dyn Entropy,
    pub(crate) printer: &'a Printer,
}

impl Oidc<'_> {
    /// Whom the tokens are for, in the ways that providers understand: a name of their own, and RFC 8707 for URIs.
    fn audience(&self) -> Vec<(&'static str, &str)> {
        let Some(audience) = self.offer.audience.as_deref() else { return vec![] };
        let mut told = vec![("audience", audience)];
        if url::Url::parse(audience).is_ok_and(|url| url.fragment().is_none()) {
            told.push(("resource", audience));
        }
        told
    }

    /// The proof that the tokens are, if they are meant for this login.
    fn proved(&self, tokens: Tokens, expected: &Expected<'_>) -> Result<Proved, Failure> {
        let bearer = tokens.bearer(self.offer.token, expected, self.clock.now()).map_err(|error| refused(&error))?;
        let renewal = tokens.refresh_token.map(|refresh_token| Renewal {
            issuer: self.offer.issuer.clone(),
            client_id: self.offer.client_id.clone(),
            bearer: self.offer.token,
            refresh_token,
            subject: bearer.subject,
        });
        let wanted = self.offer.scopes.iter().any(|scope| scope == "offline_access");
        if wanted && renewal.is_none() {
            self.printer.hint(
                "the provider gave nothing to renew this login with; some do when they are asked with `--consent`",
            );
        }
        Ok(Proved { token: bearer.token, expires_at: bearer.expires_at, renewal })
    }
}

/// What a person is told when there are no tokens.
fn refused(error: &TokenError) -> Failure {
    match error {
        TokenError::Web(error) => no_provider(error),
        TokenError::Refused(_) | TokenError::Unusable(_) => Failure::new(ExitStatus::NotLoggedIn, chain(error)),
    }
}
