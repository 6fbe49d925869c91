//! Which AWS identities are somebody here, and who.

use std::collections::BTreeSet;

use daypass_vending::ids::{AccountId, GroupName, UserId};
use daypass_vending::template::Partition;
use jiff::SignedDuration;
use url::Url;

use crate::http::is_safe;

/// The longest that a token of Daypass' own may be good for.
const LONGEST_SESSION: SignedDuration = SignedDuration::from_hours(1);

/// How AWS identities are proved and whom they stand for.
#[derive(Clone, Debug)]
pub struct AwsSettings {
    /// What a request has to be signed for; nobody else's server has the same.
    pub server_id: String,
    /// Where the question is asked. STS itself, or an emulator on this machine.
    pub sts_url: Url,
    /// The region of that endpoint, for the signature.
    pub region: String,
    /// The partition of the ARNs.
    pub partition: Partition,
    /// The name of the role that can be assumed with a second factor only, and with the user's own name as session name only.
    pub gate_role: Option<String>,
    /// The accounts whose users are somebody. The gate role of the first is offered to people.
    pub accounts: Vec<AwsAccount>,
    /// Who is in which groups.
    pub groups: Vec<AwsGroups>,
    /// How long a login is good for.
    pub session: SignedDuration,
}

/// An account whose users are somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsAccount {
    /// Which.
    pub id: AccountId,
    /// What the names of its users are given in front here.
    pub user_prefix: String,
}

/// Some people's groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsGroups {
    /// Whose.
    pub whom: Wanted,
    /// Which.
    pub groups: BTreeSet<GroupName>,
}

/// Whom a line about groups is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The person of this user id, however they logged in.
    User(UserId),
    /// Whoever has an ARN like this; `*` stands for any letters. It is the ARN that AWS answers with: of a user with their
    /// path, or of a session of the gate role.
    Arn(String),
}

/// Why settings cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AwsSettingsError {
    /// The server's name.
    #[error("`server_id` must be 1 to 128 visible ASCII characters")]
    ServerId,
    /// The endpoint.
    #[error("`sts_url` must be an `https` URL, or an `http` one of this machine, without path and query")]
    StsUrl,
    /// Nobody could log in.
    #[error("`accounts` must name at least one account, each once")]
    Accounts,
    /// The time.
    #[error("`session_seconds` must be between 60 and 3600")]
    Session,
}

impl AwsSettings {
    /// Whether these settings can be used.
    ///
    /// # Errors
    /// See [`AwsSettingsError`].
    pub fn check(&self) -> Result<(), AwsSettingsError> {
        let id = &self.server_id;
        if !(1..=128).contains(&id.len()) || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(AwsSettingsError::ServerId);
        }
        if !is_safe(&self.sts_url) || self.sts_url.path() != "/" || self.sts_url.query().is_some() {
            return Err(AwsSettingsError::StsUrl);
        }
        let distinct: BTreeSet<_> = self.accounts.iter().map(|account| &account.id).collect();
        if distinct.is_empty() || distinct.len() < self.accounts.len() {
            return Err(AwsSettingsError::Accounts);
        }
        let shortest = SignedDuration::from_mins(1);
        if (shortest..=LONGEST_SESSION).contains(&self.session) { Ok(()) } else { Err(AwsSettingsError::Session) }
    }

    /// The ARN of the gate role that is offered to people.
    #[must_use]
    pub fn gate_role_arn(&self) -> Option<String> {
        let (name, account) = (self.gate_role.as_ref()?, self.accounts.first()?);
        Some(format!("arn:{}:iam::{}:role/{name}", self.partition.as_str(), account.id))
    }

    /// The header `Host` of a request to the endpoint.
    pub(super) fn host(&self) -> String {
        let host = self.sts_url.host_str().unwrap_or_default();
        self.sts_url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}
