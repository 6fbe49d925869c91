//! Issuers of tokens (<https://openid.net/specs/openid-connect-core-1_0.html>): whose tokens are accepted, with which keys,
//! and what is read out of them.

mod cache;
mod provider;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use daypass_vending::identity::Identity;
use daypass_vending::ports::{AuthenticationError, Presented};
use url::Url;

use self::cache::KeyCache;
use self::provider::Provider;
use crate::claims::Expected;
use crate::http::{Http, is_safe};
use crate::keys::{TrustedKey, TrustedKeys};
use crate::people::People;
use crate::rejected;
use crate::token::{self, Unverified};
use crate::workload::GitHubActions;

/// The URL of an issuer, exactly as its tokens have it in `iss`.
///
/// INVARIANT: an `https` URL, or an `http` one of this machine, without query, kept by `FromStr`, the only way in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IssuerUrl {
    text: String,
    url: Url,
}

/// A text is not the URL of an issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an issuer is an `https` URL without query, or an `http` one of this machine")]
pub struct InvalidIssuer;

/// Whose tokens are accepted.
#[derive(Clone, Debug)]
pub struct IssuerSettings {
    /// The issuer, as in the tokens' `iss`.
    pub url: IssuerUrl,
    /// The audience, as in the tokens' `aud`.
    pub audience: String,
    /// Who else may have asked for a token that is for several audiences (`azp`): our clients.
    pub clients: BTreeSet<String>,
    /// The keys it signs with.
    pub keys: KeySource,
    /// Who its tokens are about.
    pub kind: Kind,
}

/// Where an issuer's keys come from.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// From its discovery document (<https://openid.net/specs/openid-connect-discovery-1_0.html>), as often as needed.
    Discovered,
    /// From a file, as long as the process lives.
    Fixed(TrustedKeys),
}

/// Who an issuer's tokens are about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// People, described like this.
    People(People),
    /// Jobs of GitHub Actions.
    GitHubActions(GitHubActions),
}

/// Verifies the tokens of one issuer.
pub(crate) struct Issuer {
    settings: IssuerSettings,
    parties: BTreeSet<String>,
    keys: Keys,
}

enum Keys {
    Fixed(TrustedKeys),
    Cached(Box<KeyCache>),
}

impl IssuerSettings {
    /// An issuer of tokens about people, described as is usual, with keys that are known.
    #[must_use]
    pub fn of_people(url: IssuerUrl, audience: String, keys: TrustedKeys) -> Self {
        Self {
            url,
            audience,
            clients: BTreeSet::new(),
            keys: KeySource::Fixed(keys),
            kind: Kind::People(People::default()),
        }
    }

    /// How the user ids begin that come from this issuer.
    #[must_use]
    pub fn user_prefix(&self) -> &str {
        match &self.kind {
            Kind::People(people) => &people.user_prefix,
            Kind::GitHubActions(jobs) => &jobs.user_prefix,
        }
    }
}

impl Issuer {
    pub(crate) fn new(settings: IssuerSettings, http: &Http) -> Self {
        let keys = match &settings.keys {
            KeySource::Fixed(keys) => Keys::Fixed(keys.clone()),
            KeySource::Discovered => {
                let provider = Provider::new(settings.url.clone(), http.clone());
                Keys::Cached(Box::new(KeyCache::new(provider)))
            }
        };
        let parties = settings.clients.iter().cloned().chain([settings.audience.clone()]).collect();
        Self { settings, parties, keys }
    }

    pub(crate) fn url(&self) -> &str {
        self.settings.url.as_str()
    }

    /// Verify a token that says it is this issuer's. What it says is looked at before its key is: for a token that could
    /// not be good anyway, nobody is asked for keys.
    pub(crate) async fn verify(
        &self,
        presented: &Presented,
        unverified: &Unverified,
        reserved: &[String],
    ) -> Result<Identity, AuthenticationError> {
        let expected = Expected { issuer: self.url(), audience: &self.settings.audience, parties: &self.parties };
        unverified.claims.check(&expected, presented.at)?;
        let key = self.key(unverified.header.kid.as_deref(), presented).await?;
        let claims = token::verify(presented.token.reveal(), &key)?;
        let times = claims.check(&expected, presented.at)?;
        let place = (presented.address, presented.at);
        match &self.settings.kind {
            Kind::People(people) => people.identity(&claims, times, reserved, place),
            Kind::GitHubActions(jobs) => jobs.identity(&claims, times, place),
        }
    }

    async fn key(&self, id: Option<&str>, presented: &Presented) -> Result<TrustedKey, AuthenticationError> {
        match &self.keys {
            Keys::Fixed(keys) => keys.find(id).cloned().ok_or_else(unknown_key),
            Keys::Cached(cache) => cache.find(id, presented.at).await,
        }
    }
}

fn unknown_key() -> AuthenticationError {
    rejected("it is signed with an unknown key")
}

impl IssuerUrl {
    /// The issuer as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn url(&self) -> &Url {
        &self.url
    }
}

impl FromStr for IssuerUrl {
    type Err = InvalidIssuer;

    fn from_str(text: &str) -> Result<Self, InvalidIssuer> {
        let url = Url::parse(text).ok().filter(|url| is_safe(url) && url.query().is_none());
        url.map(|url| Self { text: text.to_owned(), url }).ok_or(InvalidIssuer)
    }
}

impl fmt::Display for IssuerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod url_tests {
    use super::*;

    #[test]
    fn issuers_are_reached_safely_or_on_this_machine() {
        for good in
            ["https://id.example.com", "https://id.example.com/realms/acme/", "http://127.0.0.1:9000", "http://[::1]:1"]
        {
            assert_eq!(good.parse::<IssuerUrl>().unwrap().as_str(), good);
        }
        for bad in [
            "http://id.example.com",
            "http://127.0.0.1.example.com",
            "https://id.example.com/?a=b",
            "https://id.example.com/#a",
            "https://user:password@id.example.com",
            "ftp://id.example.com",
            "id.example.com",
            "",
        ] {
            assert_eq!(bad.parse::<IssuerUrl>(), Err(InvalidIssuer), "{bad}");
        }
    }
}
