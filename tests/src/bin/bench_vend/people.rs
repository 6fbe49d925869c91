//! Who asks: people of a development issuer that runs here and plays the identity provider.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use daypass_embedded::clock::SystemClock;
use daypass_embedded::database::Database;
use daypass_embedded::entropy::SystemEntropy;
use daypass_embedded::issuer::{DevelopmentIssuer, IssuerSettings, Person};
use daypass_embedded::keys::LocalKeys;
use daypass_vending::ports::{Clock as _, Entropy};
use daypass_vending::secret::Secret;

/// The `iss` of their tokens.
pub(crate) const ISSUER: &str = "https://id.example.com";

/// The `aud` of their tokens.
pub(crate) const AUDIENCE: &str = "daypass";

/// The project all of them work for, and its group.
pub(crate) const PROJECT: &str = "acme-web";

/// Contractors of one project, logged in with password and one-time code.
pub(crate) struct People {
    /// One token for each.
    pub(crate) tokens: Vec<Secret>,
    /// The issuer's public keys.
    pub(crate) jwks: String,
}

impl People {
    /// Log in so many people.
    pub(crate) async fn log_in(count: u16) -> Result<Self> {
        let people = (1..=count).map(person).collect::<Result<Vec<_>>>()?;
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let keys = Arc::new(LocalKeys::ephemeral(entropy.clone()));
        let settings = IssuerSettings { issuer: ISSUER.to_owned(), audience: AUDIENCE.to_owned() };
        let issuer = DevelopmentIssuer::start(Database::open_in_memory()?, keys, entropy, settings, people).await?;
        let mut tokens = Vec::new();
        for login in issuer.logins().await? {
            let (user, now) = (&login.person.user, SystemClock.now());
            let code = issuer.totp_now(user, now).await?;
            let signed = issuer.login(user, &login.password, Some(&code), now).await;
            tokens.push(signed.with_context(|| format!("{user} cannot log in"))?.token);
        }
        Ok(Self { tokens, jwks: issuer.jwks().to_string() })
    }
}

fn person(number: u16) -> Result<Person> {
    let groups = ["contractors", PROJECT].map(str::parse).into_iter().collect::<Result<_, _>>()?;
    Ok(Person { user: format!("contractor-{number}").parse()?, name: format!("Contractor {number}"), groups })
}
