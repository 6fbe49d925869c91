//! Renewing a login before it ends, without asking anybody (RFC 6749, section 6), and ending it at the provider (RFC 7009).
//!
//! Providers change the refresh token with every use, and take a used one for a stolen one. So a renewal is done by one
//! `daypass` at a time, and whoever waited for it reads what the other one got instead of using the old token again.

use std::path::Path;

use daypass_api::{BearerKind, Masked};
use daypass_vending::ports::Clock;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::tokens::{self, Expected, TokenError};
use super::web::{WebError, no_provider};
use super::{Proved, Provider, Web};
use crate::exit::ExitStatus;
use crate::failure::{Failure, chain};
use crate::logins::{Login, Logins};
use crate::private_file;
use crate::server_url::ServerUrl;

/// A token that ends sooner than this is renewed first: what is asked with it must arrive before it ends.
const SOON: SignedDuration = SignedDuration::from_secs(60);

/// What the next token can be had with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Renewal {
    /// The identity provider.
    pub(crate) issuer: String,
    /// The client that logged in.
    pub(crate) client_id: String,
    /// Which token the server takes.
    pub(crate) bearer: BearerKind,
    /// What it costs: good for one use, as a rule.
    pub(crate) refresh_token: Masked,
    /// Who logged in; the next token must be theirs, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<String>,
}

/// What became of a refresh token at the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Revoked {
    /// It is worth nothing any more.
    Yes,
    /// The provider has no way to do that.
    NotOffered,
    /// It could not be done, and why.
    No(String),
}

/// The login with a token that is good for the next call, renewed if need be.
///
/// # Errors
/// When it has ended and cannot be renewed.
pub(crate) async fn fresh(path: &Path, server: &ServerUrl, login: Login, clock: &dyn Clock) -> Result<Login, Failure> {
    if !is_due(&login, clock) {
        return Ok(login);
    }
    let alone = private_file::alone(path).await?;
    // Whoever was here before may have renewed or forgotten it.
    let Some(login) = Logins::load(path)?.to(server).cloned() else {
        return Err(Failure::new(ExitStatus::NotLoggedIn, format!("you have been logged out of {server}")));
    };
    let Some(renewal) = login.renewal.as_ref().filter(|_| is_due(&login, clock)) else { return Ok(login) };
    let renewed = match renewal.renew(clock).await {
        Ok(proved) => {
            Login { token: proved.token, expires_at: proved.expires_at, renewal: proved.renewal, ..login.clone() }
        }
        // It is good for a few seconds yet: perhaps that is enough, and next time the provider answers.
        Err(_) if login.expires_at > clock.now() => return Ok(login),
        Err(error) => return Err(ended(server, &error)),
    };
    Logins::replace(path, server, &login, renewed.clone())?;
    drop(alone);
    Ok(renewed)
}

fn is_due(login: &Login, clock: &dyn Clock) -> bool {
    login.renewal.is_some() && login.expires_at.duration_since(clock.now()) < SOON
}

fn ended(server: &ServerUrl, error: &Failure) -> Failure {
    let status = match error.status {
        ExitStatus::Unreachable => ExitStatus::Unreachable,
        _ => ExitStatus::NotLoggedIn,
    };
    let message = format!("your login to {server} has ended and could not be renewed: {}", error.message);
    Failure::new(status, message).hint("log in again with `daypass login`")
}

impl Renewal {
    async fn renew(&self, clock: &dyn Clock) -> Result<Proved, Failure> {
        let web = Web::new()?;
        let provider = Provider::discover(&web, &self.issuer).await?;
        let fields = [
            ("grant_type", "refresh_token"),
            ("refresh_token", self.refresh_token.reveal()),
            ("client_id", &self.client_id),
        ];
        let refused = |error: TokenError| super::refused(&error);
        let tokens = tokens::ask(&web, &provider, &fields).await.map_err(refused)?;
        // A nonce is not repeated (OpenID Connect Core 1.0, section 12.2).
        let expected = Expected {
            issuer: &provider.issuer,
            client_id: &self.client_id,
            nonce: None,
            subject: self.subject.as_deref(),
        };
        let bearer = tokens.bearer(self.bearer, &expected, clock.now()).map_err(refused)?;
        // A provider that does not change it goes on taking the old one.
        let refresh_token = tokens.refresh_token.unwrap_or_else(|| self.refresh_token.clone());
        let renewal = Self { refresh_token, subject: bearer.subject.or(self.subject.clone()), ..self.clone() };
        Ok(Proved { token: bearer.token, expires_at: bearer.expires_at, renewal: Some(renewal) })
    }

    /// Have the provider forget it, as far as it can.
    pub(crate) async fn revoke(&self) -> Revoked {
        match self.try_revoke().await {
            Ok(revoked) => revoked,
            Err(error) => Revoked::No(error.message),
        }
    }

    async fn try_revoke(&self) -> Result<Revoked, Failure> {
        let web = Web::new()?;
        let provider = Provider::discover(&web, &self.issuer).await?;
        let Some(endpoint) = provider.revocation_endpoint else { return Ok(Revoked::NotOffered) };
        let fields = [
            ("token", self.refresh_token.reveal()),
            ("token_type_hint", "refresh_token"),
            ("client_id", &self.client_id),
        ];
        let told = |error: WebError| no_provider(&error);
        let answer = web.form(&endpoint, &fields).await.map_err(told)?;
        if answer.is_success() { Ok(Revoked::Yes) } else { Err(Failure::plain(chain(&answer.unexpected(&endpoint)))) }
    }
}
