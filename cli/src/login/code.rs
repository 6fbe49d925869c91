//! Logging in with a browser: authorization code with PKCE (RFC 6749, 7636 and 8252).

use std::time::Duration;

use daypass_api::Masked;
use url::Url;

use super::callback::{Arrived, Listener, Outcome};
use super::pkce::{Verifier, unguessable};
use super::tokens::{self, Expected};
use super::{Oidc, Proved, browser, refused};
use crate::escape::escape;
use crate::exit::ExitStatus;
use crate::failure::{Failure, While as _};

/// How long somebody may take to log in.
const PATIENCE: Duration = Duration::from_mins(5);

/// How the browser is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Browsing {
    /// Print the address only.
    pub(crate) by_hand: bool,
    /// Have the provider ask for consent again.
    pub(crate) consent: bool,
}

/// What this login alone knows.
struct Secrets {
    state: String,
    nonce: String,
    verifier: Verifier,
}

/// Log somebody in with a browser on this machine.
///
/// # Errors
/// When they do not log in, or not in time.
pub(crate) async fn log_in(oidc: &Oidc<'_>, browsing: Browsing) -> Result<Proved, Failure> {
    let listener = Listener::open().await.context("cannot listen on 127.0.0.1")?;
    let redirect_uri = listener.redirect_uri();
    let secrets = Secrets {
        state: unguessable(oidc.entropy),
        nonce: unguessable(oidc.entropy),
        verifier: Verifier::draw(oidc.entropy),
    };
    let page = page(oidc, &redirect_uri, &secrets, browsing.consent);
    let opened = !browsing.by_hand && browser::open(&page);
    let how = if opened { "A browser opens. If it does not, log in at" } else { "Log in at" };
    oidc.printer.tell(format!("{how}\n\n  {page}\n"));
    oidc.printer.note("Waiting for the browser, 5 minutes at most.");
    let arrived = tokio::time::timeout(PATIENCE, listener.answer(&secrets.state)).await.map_err(|_| {
        Failure::new(ExitStatus::NotLoggedIn, "nobody logged in within 5 minutes")
            .hint("run `daypass login` again; `--device` lets you log in on another device")
    })?;
    let code = code_of(oidc, arrived.context("cannot listen on 127.0.0.1")?)?;
    let client_id = &oidc.offer.client_id;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.reveal()),
        ("redirect_uri", &redirect_uri),
        ("client_id", client_id),
        ("code_verifier", secrets.verifier.reveal()),
    ];
    let tokens = tokens::ask(oidc.web, oidc.provider, &fields).await.map_err(|error| refused(&error))?;
    let expected = Expected { issuer: &oidc.provider.issuer, client_id, nonce: Some(&secrets.nonce), subject: None };
    oidc.proved(tokens, &expected)
}

/// The page where people log in, with our question in its query.
fn page(oidc: &Oidc<'_>, redirect_uri: &str, secrets: &Secrets, consent: bool) -> Url {
    let mut page = oidc.provider.authorization_endpoint.url().clone();
    let mut query = page.query_pairs_mut();
    query.append_pair("response_type", "code");
    query.append_pair("client_id", &oidc.offer.client_id);
    query.append_pair("redirect_uri", redirect_uri);
    query.append_pair("scope", &oidc.offer.scopes.join(" "));
    query.append_pair("state", &secrets.state);
    query.append_pair("nonce", &secrets.nonce);
    query.append_pair("code_challenge", &secrets.verifier.challenge());
    query.append_pair("code_challenge_method", "S256");
    for (name, value) in oidc.audience() {
        query.append_pair(name, value);
    }
    if consent {
        query.append_pair("prompt", "consent");
    }
    drop(query);
    page
}

/// The code that was brought, if the provider we asked sent it.
fn code_of(oidc: &Oidc<'_>, arrived: Arrived) -> Result<Masked, Failure> {
    let Arrived { issuer, outcome } = arrived;
    let provider = oidc.provider;
    // RFC 9207: an answer of another provider is not for us, even if it knows the state.
    let must_name = provider.authorization_response_iss_parameter_supported;
    if issuer.as_ref().is_some_and(|issuer| *issuer != provider.issuer) || (must_name && issuer.is_none()) {
        return Err(Failure::new(
            ExitStatus::NotLoggedIn,
            "the browser brought the answer of another identity provider",
        ));
    }
    match outcome {
        Outcome::Code(code) => Ok(code),
        Outcome::Refused { error, description } => {
            let why = description.map(|text| format!(": {}", escape(&text))).unwrap_or_default();
            let message = format!("the identity provider did not log you in: {}{why}", escape(&error));
            Err(Failure::new(ExitStatus::NotLoggedIn, message))
        }
    }
}
