//! Who asks: people of an issuer that runs here and plays the identity provider. Servers know its keys from a file.

use std::collections::BTreeMap;
use std::sync::Arc;

use daypass_embedded::clock::SystemClock;
use daypass_embedded::database::Database;
use daypass_embedded::entropy::SystemEntropy;
use daypass_embedded::issuer::{DevelopmentIssuer, IssuerSettings, Person};
use daypass_embedded::keys::LocalKeys;
use daypass_vending::ports::{Clock, Entropy};
use daypass_vending::secret::Secret;

/// The `iss` of their tokens.
pub(crate) const ISSUER: &str = "https://id.example.com";

/// The `aud` of their tokens.
pub(crate) const AUDIENCE: &str = "daypass";

/// The project that everybody works for, and its group.
pub(crate) const PROJECT: &str = "acme-web";

/// Everybody, logged in with a second factor.
pub(crate) struct People {
    tokens: BTreeMap<String, Secret>,
    /// The issuer's public keys.
    pub(crate) jwks: String,
}

/// Whom a name stands for.
pub(crate) fn groups_of(name: &str) -> &'static [&'static str] {
    match name.split('-').next() {
        Some("carla" | "carl") => &["contractors", PROJECT],
        Some("pat") => &["platform", PROJECT],
        Some("lea" | "max") => &["platform-leads"],
        Some("olga") => &["on-call", PROJECT],
        Some("ada") => &["daypass-admins"],
        Some("adam") => &["auditors"],
        _ => panic!("nobody knows {name}"),
    }
}

impl People {
    /// Log these people in.
    pub(crate) async fn log_in(names: &[&str]) -> Self {
        let people = names.iter().map(|&name| {
            let groups = groups_of(name).iter().map(|group| group.parse().unwrap()).collect();
            Person { user: name.parse().unwrap(), name: name.to_owned(), groups }
        });
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let keys = Arc::new(LocalKeys::ephemeral(entropy.clone()));
        let settings = IssuerSettings { issuer: ISSUER.to_owned(), audience: AUDIENCE.to_owned() };
        let records = Database::open_in_memory().unwrap();
        let issuer = DevelopmentIssuer::start(records, keys, entropy, settings, people.collect()).await.unwrap();
        let mut tokens = BTreeMap::new();
        for login in issuer.logins().await.unwrap() {
            let (user, now) = (&login.person.user, SystemClock.now());
            let code = issuer.totp_now(user, now).await.unwrap();
            let signed = issuer.login(user, &login.password, Some(&code), now).await.unwrap();
            tokens.insert(user.to_string(), signed.token);
        }
        Self { tokens, jwks: issuer.jwks().to_string() }
    }

    /// What this person proves who they are with.
    pub(crate) fn token(&self, name: &str) -> &str {
        self.tokens.get(name).unwrap_or_else(|| panic!("{name} is not logged in")).reveal()
    }
}
