//! One address that takes alerts.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use daypass_vending::alert::Alert;
use daypass_vending::audit::Digest256;
use daypass_vending::ports::{AlertChannel, AlertError, Clock};
use daypass_vending::secret::Secret;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::CONTENT_TYPE;
use sha2::Sha256;
use url::{Host, Url};

/// How long connecting and the whole exchange may take.
const CONNECT: Duration = Duration::from_secs(3);
const EXCHANGE: Duration = Duration::from_secs(10);

/// A key as long as the digest is as strong as HMAC gets (RFC 2104, section 3).
const SHORTEST_SECRET: usize = 32;

/// An address that takes alerts. See the README for what it is sent and how to verify that.
pub struct Webhook {
    client: reqwest::Client,
    url: Url,
    secret: Secret,
    clock: Arc<dyn Clock>,
}

/// Why an address cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// Alerts would travel in the open.
    #[error(
        "the address must begin with `https://`, or with `http://` and be on this machine, without user or fragment"
    )]
    Address,
    /// Anybody could sign.
    #[error("the secret must have at least {SHORTEST_SECRET} bytes")]
    Secret,
    /// There is no TLS.
    #[error("HTTP cannot be spoken")]
    Client(#[from] reqwest::Error),
}

impl fmt::Debug for Webhook {
    /// The address may have a token in its path, as some services want it: only its host is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("host", &self.url.host_str()).finish_non_exhaustive()
    }
}

impl Webhook {
    /// This address, with signatures by this secret.
    ///
    /// # Errors
    /// See [`WebhookError`].
    pub fn new(url: Url, secret: Secret, clock: Arc<dyn Clock>) -> Result<Self, WebhookError> {
        if !is_safe(&url) {
            return Err(WebhookError::Address);
        }
        if secret.reveal().len() < SHORTEST_SECRET {
            return Err(WebhookError::Secret);
        }
        // Fails only if a provider is there already, which then serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .user_agent(concat!("daypass/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .timeout(EXCHANGE)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { client, url, secret, clock })
    }

    fn signature(&self, timestamp: &str, body: &str) -> Result<String, AlertError> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.reveal().as_bytes())
            .map_err(|error| AlertError(error.to_string()))?;
        for part in [timestamp, ".", body] {
            mac.update(part.as_bytes());
        }
        Ok(format!("v1={}", hex::encode(mac.finalize().into_bytes())))
    }
}

#[async_trait]
impl AlertChannel for Webhook {
    async fn deliver(&self, alert: &Alert) -> Result<(), AlertError> {
        let body = serde_json::to_string(alert).map_err(|error| AlertError(error.to_string()))?;
        let timestamp = self.clock.now().as_second().to_string();
        let call = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("Daypass-Id", Digest256::of(body.as_bytes()).to_string())
            .header("Daypass-Signature", self.signature(&timestamp, &body)?)
            .header("Daypass-Timestamp", timestamp)
            .body(body);
        // The address stays out of the error: it may have a token in its path.
        let answer = call.send().await.map_err(|error| AlertError(error.without_url().to_string()))?;
        let status = answer.status();
        if status.is_success() { Ok(()) } else { Err(AlertError(format!("the webhook answered {status}"))) }
    }
}

/// Whether what is sent there is seen by nobody on the way.
fn is_safe(url: &Url) -> bool {
    let is_here = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    let is_plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    is_plain && url.has_host() && (url.scheme() == "https" || (url.scheme() == "http" && is_here))
}
