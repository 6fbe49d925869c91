//! Asking somebody else over HTTP, with bounds: on the time, on the size of the answer, and on where it comes from. Nobody
//! is followed elsewhere.

use std::error::Error;
use std::time::Duration;

use reqwest::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap};
use reqwest::{Client, RequestBuilder};
use url::{Host, Url};

/// How long connecting and the whole exchange may take. Somebody waits for it.
const CONNECT: Duration = Duration::from_secs(3);
const EXCHANGE: Duration = Duration::from_secs(5);

/// Asks. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub(crate) struct Http(Client);

/// An answer, read whole.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) cache_control: String,
    pub(crate) body: Vec<u8>,
}

/// Why there is no answer. For logs and the trail; addresses are those of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoAnswer {
    #[error("there is no answer: {0}")]
    Failed(String),
    #[error("the answer has more than {0} bytes")]
    TooLong(usize),
}

impl Http {
    pub(crate) fn new() -> Result<Self, reqwest::Error> {
        // Fails only if a provider is there already, which then serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .user_agent(concat!("daypass-server/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .timeout(EXCHANGE)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self(client))
    }

    pub(crate) async fn get(&self, url: Url, most_bytes: usize) -> Result<Answer, NoAnswer> {
        ask(self.0.get(url), most_bytes).await
    }

    pub(crate) async fn post(
        &self,
        url: Url,
        headers: HeaderMap,
        body: &'static str,
        most_bytes: usize,
    ) -> Result<Answer, NoAnswer> {
        ask(self.0.post(url).headers(headers).body(body), most_bytes).await
    }
}

async fn ask(request: RequestBuilder, most_bytes: usize) -> Result<Answer, NoAnswer> {
    let mut response = request.send().await.map_err(failed)?;
    let header =
        |name| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let (content_type, cache_control) = (header(CONTENT_TYPE), header(CACHE_CONTROL));
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > most_bytes {
            return Err(NoAnswer::TooLong(most_bytes));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, content_type, cache_control, body })
}

/// Whether a URL may be asked: by `https`, or on this machine.
pub(crate) fn is_safe(url: &Url) -> bool {
    let is_plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    is_plain && url.has_host() && (url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url)))
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn failed(error: reqwest::Error) -> NoAnswer {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    NoAnswer::Failed(text)
}
