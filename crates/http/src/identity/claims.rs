//! What a token says, turned into an identity. The signature, issuer and audience have been checked before; times are
//! checked here, against the clock we were given and not the machine's.

use std::collections::BTreeSet;
use std::net::IpAddr;

use daypass_vending::identity::Identity;
use daypass_vending::ids::{GroupName, UserId};
use daypass_vending::ports::AuthenticationError;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

/// How far the issuer's clock and ours may be apart.
pub(super) const LEEWAY: SignedDuration = SignedDuration::from_secs(60);

/// The most groups we read; more than any person is in.
const MOST_GROUPS: usize = 200;

/// The methods of RFC 8176 (<https://www.rfc-editor.org/rfc/rfc8176>) that prove a second factor.
const SECOND_FACTORS: [&str; 3] = ["otp", "mfa", "hwk"];

/// The claims we read (RFC 7519 and OpenID Connect Core); others mean nothing to us.
#[derive(Deserialize)]
pub(super) struct Claims {
    iss: String,
    sub: String,
    exp: f64,
    iat: f64,
    #[serde(default)]
    nbf: Option<f64>,
    #[serde(default)]
    auth_time: Option<f64>,
    #[serde(default)]
    amr: Vec<String>,
    #[serde(default)]
    groups: Vec<String>,
}

impl Claims {
    /// The identity, if the claims hold at this time.
    pub(super) fn identity(self, address: IpAddr, now: Timestamp) -> Result<Identity, AuthenticationError> {
        let expires_at = time("exp", self.exp)?;
        if late(expires_at) <= now {
            return Err(AuthenticationError::Expired);
        }
        let issued_at = not_in_future("iat", self.iat, now)?;
        self.nbf.map(|nbf| not_in_future("nbf", nbf, now)).transpose()?;
        let proved_at = self.auth_time.map(|at| not_in_future("auth_time", at, now)).transpose()?;
        let has_second_factor = self.amr.iter().any(|method| SECOND_FACTORS.contains(&method.as_str()));
        if self.groups.len() > MOST_GROUPS {
            return Err(rejected(format!("it names more than {MOST_GROUPS} groups")));
        }
        let groups: BTreeSet<GroupName> = self
            .groups
            .iter()
            .map(|group| group.parse().map_err(|error| rejected(format!("`groups`: {error}"))))
            .collect::<Result<_, _>>()?;
        let user = self.sub.parse::<UserId>().map_err(|error| rejected(format!("`sub`: {error}")))?;
        let authenticated_at = proved_at.unwrap_or(issued_at).min(now);
        Ok(Identity {
            groups,
            // Without the time of the proof its age cannot be known, and so it is no proof. A clock that runs ahead of
            // ours within the leeway has proved it now.
            mfa_at: proved_at.filter(|_| has_second_factor).map(|at| at.min(now)),
            ..Identity::bare(user, self.iss, address, authenticated_at, expires_at)
        })
    }
}

fn time(claim: &str, seconds: f64) -> Result<Timestamp, AuthenticationError> {
    let whole = SignedDuration::try_from_secs_f64(seconds.floor()).ok();
    whole
        .and_then(|since| Timestamp::from_second(since.as_secs()).ok())
        .ok_or_else(|| rejected(format!("`{claim}` is no time")))
}

fn not_in_future(claim: &str, seconds: f64, now: Timestamp) -> Result<Timestamp, AuthenticationError> {
    let at = time(claim, seconds)?;
    if at > late(now) { Err(rejected(format!("`{claim}` lies in the future"))) } else { Ok(at) }
}

fn late(at: Timestamp) -> Timestamp {
    at.checked_add(LEEWAY).unwrap_or(Timestamp::MAX)
}

fn rejected(why: impl Into<String>) -> AuthenticationError {
    AuthenticationError::Rejected(why.into())
}
