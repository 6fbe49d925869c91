//! AWS identities: somebody signs `GetCallerIdentity` and hands the request over; we send it to STS and learn who signed,
//! without ever seeing a key. A request that was signed for another server is of no use here, nor is one that was used.

mod answer;
mod principal;
mod request;
mod settings;
mod token;

#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::Arc;

use daypass_vending::identity::{Identity, Method};
use daypass_vending::ids::DeploymentId;
use daypass_vending::ports::{AuthenticationError, Keys, Presented, ShortMemory};
use daypass_vending::secret::Secret;
use jiff::Timestamp;
use tokio::sync::Semaphore;

use self::answer::Meaning;
pub use self::request::Presentation;
pub use self::settings::{AwsAccount, AwsGroups, AwsSettings, AwsSettingsError, Wanted};
use self::token::{Content, Verified};
use crate::http::Http;
use crate::rejected;

/// The most requests that are with STS at once: strangers may present some.
const MOST_AT_ONCE: usize = 32;

/// The way in with an AWS identity.
pub struct AwsDoor {
    settings: AwsSettings,
    deployment: DeploymentId,
    http: Http,
    keys: Arc<dyn Keys>,
    memory: Arc<dyn ShortMemory>,
    reserved: Vec<String>,
    verified: Verified,
    turns: Semaphore,
}

/// Somebody who logged in.
#[derive(Clone, Debug)]
pub struct LoggedIn {
    /// The bearer token to come back with.
    pub token: Secret,
    /// Who they are.
    pub identity: Identity,
}

impl AwsDoor {
    pub(crate) fn new(
        settings: AwsSettings,
        deployment: DeploymentId,
        http: Http,
        keys: Arc<dyn Keys>,
        memory: Arc<dyn ShortMemory>,
        reserved: Vec<String>,
    ) -> Self {
        let (verified, turns) = (Verified::default(), Semaphore::new(MOST_AT_ONCE));
        Self { settings, deployment, http, keys, memory, reserved, verified, turns }
    }

    /// What people have to know to log in.
    #[must_use]
    pub fn settings(&self) -> &AwsSettings {
        &self.settings
    }

    /// Log somebody in by what they signed.
    ///
    /// # Errors
    /// When it proves nothing, or nobody can tell now. To the caller all reasons look the same; the trail has the difference.
    pub async fn log_in(
        &self,
        presented: &Presentation,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<LoggedIn, AuthenticationError> {
        let request = request::check(presented, &self.settings, now).map_err(|why| rejected(format!("aws: {why}")))?;
        let arn = self.ask(&request).await?;
        let ends_at = now.saturating_add(self.settings.session).unwrap_or(Timestamp::MAX);
        let content = Content {
            aud: self.deployment.to_string(),
            arn,
            iat: now.as_second(),
            exp: ends_at.as_second(),
            signed_at: request.signed_at.min(now).as_second(),
        };
        let identity = self.identity(&content, address)?;
        // Only what AWS vouches for is noted, so that strangers fill no memory. Of two who present the same at once, one is
        // first.
        let until = request.ends_at.max(now);
        let is_first = self.memory.first_use(&request.proof, now, until).await;
        if !is_first.map_err(|error| unavailable(error.to_string()))? {
            return Err(rejected("aws: its signature was used before"));
        }
        let token = token::sign(&content, self.keys.as_ref()).await;
        Ok(LoggedIn { token: token.map_err(|error| unavailable(error.to_string()))?, identity })
    }

    /// Whether a bearer has the form of Daypass' own tokens.
    pub(crate) fn is_ours(token: &Secret) -> bool {
        token.reveal().starts_with(token::PREFIX)
    }

    /// Verify one of Daypass' own tokens.
    pub(crate) async fn verify(&self, presented: &Presented) -> Result<Identity, AuthenticationError> {
        let place = (self.deployment.as_str(), presented.at);
        let content = token::verify(presented.token.reveal(), place, self.keys.as_ref(), &self.verified).await?;
        self.identity(&content, presented.address)
    }

    async fn ask(&self, request: &request::SignedRequest) -> Result<String, AuthenticationError> {
        let turn = self.turns.try_acquire().map_err(|_| unavailable("too many logins at once"))?;
        let url = self.settings.sts_url.clone();
        let answer = self.http.post(url, request.headers.clone(), request::BODY, answer::MOST_BYTES).await;
        drop(turn);
        let answer = answer.map_err(|error| unavailable(error.to_string()))?;
        match answer::meaning(&answer) {
            // The account is in the ARN as well; an answer that contradicts itself is none.
            Meaning::Caller(caller) if caller.arn.split(':').nth(4) == Some(&caller.account) => Ok(caller.arn),
            Meaning::Caller(_) => Err(unavailable("STS contradicts itself")),
            Meaning::Refused(status) => Err(rejected(format!("aws: STS refuses the signature with {status}"))),
            Meaning::Nothing(why) => Err(unavailable(why)),
        }
    }

    fn identity(&self, content: &Content, address: IpAddr) -> Result<Identity, AuthenticationError> {
        let who = principal::principal(&content.arn, &self.settings).map_err(|why| rejected(format!("aws: {why}")))?;
        if self.reserved.iter().any(|prefix| who.user.as_str().starts_with(prefix.as_str())) {
            return Err(rejected("aws: its name begins as the names of workloads do"));
        }
        let time = |second| Timestamp::from_second(second).map_err(|_| rejected("aws: a time is none"));
        Ok(Identity {
            method: Method::AwsSignature,
            groups: who.groups,
            mfa_at: if who.through_gate { Some(time(content.signed_at)?) } else { None },
            ..Identity::bare(who.user, content.arn.clone(), address, time(content.iat)?, time(content.exp)?)
        })
    }
}

fn unavailable(why: impl Into<String>) -> AuthenticationError {
    AuthenticationError::Unavailable(why.into())
}
