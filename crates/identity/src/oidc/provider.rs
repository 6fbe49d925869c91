//! What a provider publishes: its discovery document (<https://openid.net/specs/openid-connect-discovery-1_0.html>, section
//! 4) and its keys (RFC 7517).

use jiff::SignedDuration;
use serde::Deserialize;
use url::Url;

use super::IssuerUrl;
use crate::http::{Answer, Http, NoAnswer, is_loopback, is_safe};
use crate::keys::{KeysError, TrustedKeys};

/// The longest documents that are read, in bytes. The largest in use have some ten kilobytes.
const MOST_BYTES: usize = 256 * 1024;

/// How long keys are kept without asking again: as the provider says, within these bounds, and this long if it says nothing.
const SHORTEST: SignedDuration = SignedDuration::from_mins(5);
const LONGEST: SignedDuration = SignedDuration::from_hours(24);
const USUAL: SignedDuration = SignedDuration::from_hours(1);

/// Publishes keys.
pub(super) struct Provider {
    issuer: IssuerUrl,
    http: Http,
}

/// Keys, and for how long they need not be asked for again.
pub(super) struct Published {
    pub(super) keys: TrustedKeys,
    pub(super) fresh_for: SignedDuration,
}

/// Why a provider's keys are not known.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProviderError {
    #[error("{what}")]
    NoAnswer {
        what: &'static str,
        #[source]
        source: NoAnswer,
    },
    #[error("{what} answers {status}")]
    Status { what: &'static str, status: u16 },
    #[error("the discovery document cannot be read")]
    Discovery(#[source] serde_json::Error),
    #[error("the discovery document is another issuer's")]
    AnotherIssuer,
    #[error("the discovery document names no safe place for keys")]
    KeysPlace,
    #[error("the published keys cannot be used")]
    Keys(#[from] KeysError),
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

impl Provider {
    pub(super) fn new(issuer: IssuerUrl, http: Http) -> Self {
        Self { issuer, http }
    }

    pub(super) fn issuer(&self) -> &IssuerUrl {
        &self.issuer
    }

    /// Ask for the keys.
    pub(super) async fn published(&self) -> Result<Published, ProviderError> {
        let document = self.get(self.discovery_url(), "the discovery document").await?;
        let place = self.keys_url(&document.body)?;
        let keys = self.get(place, "the key set").await?;
        Ok(Published { keys: TrustedKeys::from_provider(&keys.body)?, fresh_for: fresh_for(&keys.cache_control) })
    }

    /// Below the issuer, whose last slash does not count.
    fn discovery_url(&self) -> Url {
        let mut url = self.issuer.url().clone();
        let path = format!("{}/.well-known/openid-configuration", url.path().trim_end_matches('/'));
        url.set_path(&path);
        url
    }

    fn keys_url(&self, document: &[u8]) -> Result<Url, ProviderError> {
        let document: Discovery = serde_json::from_slice(document).map_err(ProviderError::Discovery)?;
        if document.issuer != self.issuer.as_str() {
            return Err(ProviderError::AnotherIssuer);
        }
        // Somebody far away does not send us to what listens on this machine.
        let may_be_ours = is_loopback(self.issuer.url());
        let url = Url::parse(&document.jwks_uri).ok();
        let url = url.filter(|url| is_safe(url) && (may_be_ours || !is_loopback(url)));
        url.ok_or(ProviderError::KeysPlace)
    }

    async fn get(&self, url: Url, what: &'static str) -> Result<Answer, ProviderError> {
        let answer = self.http.get(url, MOST_BYTES).await;
        let answer = answer.map_err(|source| ProviderError::NoAnswer { what, source })?;
        if answer.status == 200 { Ok(answer) } else { Err(ProviderError::Status { what, status: answer.status }) }
    }
}

/// How long an answer may be kept (RFC 9111, section 5.2.2).
fn fresh_for(cache_control: &str) -> SignedDuration {
    let mut directives = cache_control.split(',').map(|directive| directive.trim().to_ascii_lowercase());
    let said =
        directives.clone().find_map(|directive| directive.strip_prefix("max-age=")?.trim_matches('"').parse().ok());
    if directives.any(|directive| directive == "no-store" || directive == "no-cache") {
        return SHORTEST;
    }
    said.map_or(USUAL, SignedDuration::from_secs).clamp(SHORTEST, LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_kept_as_long_as_the_provider_says_within_bounds() {
        for (said, minutes) in [
            ("", 60),
            ("public, max-age=7200", 120),
            ("MAX-AGE=7200", 120),
            ("max-age=0", 5),
            ("max-age=99999999", 24 * 60),
            ("no-store, max-age=7200", 5),
            ("max-age=soon", 60),
        ] {
            assert_eq!(fresh_for(said), SignedDuration::from_mins(minutes), "{said}");
        }
    }

    #[test]
    fn discovery_is_believed_about_its_own_issuer_and_sends_nobody_to_this_machine() {
        let provider = |issuer: &str| Provider::new(issuer.parse().unwrap(), Http::new().unwrap());
        let far = provider("https://id.example.com/realms/acme/");
        assert_eq!(far.discovery_url().as_str(), "https://id.example.com/realms/acme/.well-known/openid-configuration");
        let document =
            |issuer: &str, keys: &str| format!(r#"{{"issuer":"{issuer}","jwks_uri":"{keys}"}}"#).into_bytes();
        let issuer = "https://id.example.com/realms/acme/";
        let elsewhere = "https://keys.example.net/jwks";
        assert_eq!(far.keys_url(&document(issuer, elsewhere)).unwrap().as_str(), elsewhere);
        for (issuer, keys) in [
            ("https://id.example.com/realms/acme", elsewhere),
            ("https://evil.example.com", elsewhere),
            (issuer, "http://keys.example.net/jwks"),
            (issuer, "http://127.0.0.1/jwks"),
            (issuer, "https://127.0.0.1/jwks"),
            (issuer, "https://localhost/jwks"),
            (issuer, "file:///etc/passwd"),
        ] {
            assert!(far.keys_url(&document(issuer, keys)).is_err(), "{issuer} {keys}");
        }
        let near = provider("http://127.0.0.1:9000");
        assert!(near.keys_url(&document("http://127.0.0.1:9000", "http://127.0.0.1:9000/jwks")).is_ok());
    }
}
