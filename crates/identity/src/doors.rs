//! All ways in. A bearer says by its form, and a token by its issuer, who has to verify it; what it says is believed only
//! after that one did, with its own keys.

use std::sync::Arc;

use async_trait::async_trait;
use daypass_vending::identity::Identity;
use daypass_vending::ids::DeploymentId;
use daypass_vending::ports::{AuthenticationError, Authenticator, Keys, Presented, ShortMemory};

use crate::aws::AwsDoor;
use crate::emergency::{self, EmergencyKeys};
use crate::http::Http;
use crate::oidc::Issuer;
use crate::rejected;
use crate::sources::{Sources, SourcesError};
use crate::token;

/// Verifies whatever proves who somebody is.
pub struct Doors {
    issuers: Vec<Issuer>,
    aws: Option<AwsDoor>,
    emergency: EmergencyKeys,
    reserved: Vec<String>,
}

/// Why there is no way in.
#[derive(Debug, thiserror::Error)]
pub enum DoorsError {
    /// The sources do not go together.
    #[error(transparent)]
    Sources(#[from] SourcesError),
    /// TLS cannot be set up.
    #[error("identity providers cannot be asked")]
    Http(#[from] reqwest::Error),
}

impl Doors {
    /// Ways in for those whom these sources vouch for. Nobody is asked anything yet. `keys` sign Daypass' own tokens, and
    /// `memory` knows which AWS signatures were used.
    ///
    /// # Errors
    /// See [`DoorsError`].
    pub fn new(
        sources: Sources,
        deployment: &DeploymentId,
        keys: Arc<dyn Keys>,
        memory: Arc<dyn ShortMemory>,
    ) -> Result<Self, DoorsError> {
        sources.check()?;
        let http = Http::new()?;
        let reserved = sources.reserved();
        Ok(Self {
            issuers: sources.issuers.into_iter().map(|issuer| Issuer::new(issuer, &http)).collect(),
            aws: sources
                .aws
                .map(|aws| AwsDoor::new(aws, deployment.clone(), http.clone(), keys, memory, reserved.clone())),
            emergency: EmergencyKeys::new(sources.emergency_keys, deployment),
            reserved,
        })
    }

    /// The way in with an AWS identity, where there is one.
    #[must_use]
    pub fn aws(&self) -> Option<&AwsDoor> {
        self.aws.as_ref()
    }

    /// Whether anybody has a key for emergencies.
    #[must_use]
    pub fn has_emergency_keys(&self) -> bool {
        !self.emergency.is_empty()
    }

    async fn of_token(&self, presented: &Presented) -> Result<Identity, AuthenticationError> {
        let unverified = token::take_apart(presented.token.reveal())?;
        let issuer = unverified.claims.text("iss")?.unwrap_or_default();
        if issuer == emergency::ISSUER && self.has_emergency_keys() {
            return self.emergency.verify(presented, &unverified).map_err(|error| of(issuer, error));
        }
        let known = self.issuers.iter().find(|known| known.url() == issuer);
        let known = known.ok_or_else(|| rejected("it is of an unknown issuer"))?;
        known.verify(presented, &unverified, &self.reserved).await.map_err(|error| of(known.url(), error))
    }
}

#[async_trait]
impl Authenticator for Doors {
    async fn authenticate(&self, presented: &Presented) -> Result<Identity, AuthenticationError> {
        match &self.aws {
            Some(aws) if AwsDoor::is_ours(&presented.token) => {
                aws.verify(presented).await.map_err(|error| of("aws", error))
            }
            _ => self.of_token(presented).await,
        }
    }
}

/// For the trail: whose token it would have been. Names of the configuration only, never what a stranger wrote.
fn of(source: &str, error: AuthenticationError) -> AuthenticationError {
    match error {
        AuthenticationError::Rejected(why) => rejected(format!("{source}: {why}")),
        AuthenticationError::Expired => rejected(format!("{source}: it has expired")),
        AuthenticationError::Unavailable(why) => AuthenticationError::Unavailable(format!("{source}: {why}")),
    }
}
