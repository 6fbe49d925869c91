//! Talking to an identity provider: encrypted unless it is on this machine, never redirected, and with an end to time and
//! size. What a provider says is believed as far as TLS proves that it was the provider.

use std::error::Error;
use std::time::Duration;

use daypass_api::Client;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::redirect::Policy;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;
use url::form_urlencoded::Serializer;

use crate::exit::ExitStatus;
use crate::failure::{Failure, chain};
use crate::server_url::keeps_secrets;

/// The longest answer that is read: a key set or a token is a small part of it.
const LONGEST: usize = 256 * 1024;

/// How long connecting may take, and how long an answer.
const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(20);

/// An address to which secrets may be sent. INVARIANT: HTTPS, or HTTP to a loopback address; no fragment.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Endpoint(Url);

/// Asks identity providers.
#[derive(Clone)]
pub(crate) struct Web(reqwest::Client);

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    body: Vec<u8>,
}

/// Why nothing useful came back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WebError {
    /// Nobody answered, or not in time.
    #[error("`{host}` does not answer")]
    Unreachable {
        host: String,
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// It answered more than anybody needs.
    #[error("`{host}` answers with more than {LONGEST} bytes")]
    TooLong { host: String },
    /// It answered something else.
    #[error("`{host}` answers with status {status} and not with what was asked for")]
    Unexpected { host: String, status: u16 },
}

impl Endpoint {
    /// The address.
    pub(crate) fn url(&self) -> &Url {
        &self.0
    }

    /// The host, for messages.
    pub(crate) fn host(&self) -> String {
        self.0.host_str().unwrap_or_default().to_owned()
    }
}

impl TryFrom<String> for Endpoint {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let url = Url::parse(&text).map_err(|error| format!("`{text}` is not a URL: {error}"))?;
        if !keeps_secrets(&url) || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
            return Err(format!("`{text}` must be an `https` URL, or an `http` URL of this machine"));
        }
        Ok(Self(url))
    }
}

impl Web {
    /// Connects to nobody yet.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub(crate) fn new() -> Result<Self, Failure> {
        Client::prepare_tls();
        let client = reqwest::Client::builder().user_agent(concat!("daypass/", env!("CARGO_PKG_VERSION")));
        // A redirect could carry a code or a token to somebody else.
        let client = client.redirect(Policy::none()).connect_timeout(CONNECT).timeout(ANSWER);
        Ok(Self(client.build()?))
    }

    /// A document in JSON.
    pub(crate) async fn document<T: DeserializeOwned>(&self, at: &Endpoint) -> Result<T, WebError> {
        let request = self.0.get(at.url().clone()).header(ACCEPT, "application/json");
        let answer = self.send(at, request).await?;
        if answer.status != 200 {
            return Err(answer.unexpected(at));
        }
        answer.json().ok_or_else(|| answer.unexpected(at))
    }

    /// Send a form.
    pub(crate) async fn form(&self, to: &Endpoint, fields: &[(&str, &str)]) -> Result<Answer, WebError> {
        let body = Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.0.post(to.url().clone()).header(ACCEPT, "application/json");
        self.send(to, request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body)).await
    }

    /// Send a body with exactly these headers.
    pub(crate) async fn signed(
        &self,
        to: &Endpoint,
        headers: &[(String, String)],
        body: &str,
    ) -> Result<Answer, WebError> {
        let request = self.0.post(to.url().clone()).body(body.to_owned());
        let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
        self.send(to, request).await
    }

    async fn send(&self, to: &Endpoint, request: reqwest::RequestBuilder) -> Result<Answer, WebError> {
        let unreachable =
            |source: reqwest::Error| WebError::Unreachable { host: to.host(), source: source.without_url().into() };
        let mut response = request.send().await.map_err(unreachable)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > LONGEST {
                return Err(WebError::TooLong { host: to.host() });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status: response.status().as_u16(), body })
    }
}

impl Answer {
    /// Whether it was done.
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as JSON of this shape, if it is.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// This is not what was asked for. The body is not shown: it could hold a token.
    pub(crate) fn unexpected(&self, from: &Endpoint) -> WebError {
        WebError::Unexpected { host: from.host(), status: self.status }
    }
}

/// What a person is told when an identity provider does not do its part.
pub(crate) fn no_provider(error: &WebError) -> Failure {
    let failure = Failure::new(ExitStatus::Unreachable, chain(error));
    match error {
        WebError::Unreachable { .. } => failure.hint(
            "try again; in an incident in which no identity provider answers, `daypass login --emergency-key FILE` \
             breaks the glass without one",
        ),
        WebError::TooLong { .. } | WebError::Unexpected { .. } => {
            failure.hint("is the issuer in the server's configuration right?")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(text: &str) -> Result<Endpoint, String> {
        Endpoint::try_from(text.to_owned())
    }

    #[test]
    fn secrets_are_sent_encrypted_or_stay_on_this_machine() {
        for good in ["https://id.example.com/token?tenant=a", "http://127.0.0.1:9/token", "http://localhost:9/token"] {
            assert_eq!(endpoint(good).unwrap().url().as_str(), good);
        }
        for bad in [
            "http://id.example.com/token",
            "http://127.0.0.1.example.com/token",
            "https://user@id.example.com/",
            "https://id.example.com/#fragment",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "/token",
        ] {
            assert!(endpoint(bad).is_err(), "{bad}");
        }
    }
}
