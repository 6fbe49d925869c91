//! What a person asks for, after every field was parsed.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, IncidentId, InvalidId, ProjectId, Reason, TierName};

/// A request for a session. Everything in it is a wish; nothing in it proves anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRequest {
    /// Who the work is for.
    pub project: ProjectId,
    /// The account to enter.
    pub account: AccountId,
    /// How much may be done there.
    pub tier: TierName,
    /// For how long.
    pub duration: PassDuration,
    /// Why.
    pub reason: Reason,
    /// The incident, where the tier demands one.
    pub incident: Option<IncidentId>,
    /// Who is to enter the role.
    #[serde(default, skip_serializing_if = "Delivery::is_brokered")]
    pub delivery: Delivery,
}

/// Who enters a session's role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    /// The broker, which hands credentials over.
    #[default]
    Brokered,
    /// The person alone, as their own IAM user and with their second factor: AWS asks for it, and no secret of theirs
    /// passes the server.
    Direct,
}

impl Delivery {
    /// The name used in rules, the trail and output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Brokered => "brokered",
            Self::Direct => "direct",
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    fn is_brokered(&self) -> bool {
        *self == Self::Brokered
    }
}

/// How long a session is to live. INVARIANT: whole seconds, from 15 minutes (the least STS issues credentials for,
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>) to 36 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct PassDuration(i64);

impl PassDuration {
    /// Parse a number of seconds.
    ///
    /// # Errors
    /// Outside of 15 minutes to 36 hours.
    pub fn from_seconds(seconds: i64) -> Result<Self, InvalidId> {
        Self::try_from(seconds)
    }

    /// Parse a number of whole hours.
    ///
    /// # Errors
    /// Outside of 1 to 36 hours.
    pub fn from_hours(hours: i64) -> Result<Self, InvalidId> {
        Self::try_from(hours.saturating_mul(3600))
    }

    /// The length in seconds.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0
    }

    /// The length as a duration.
    #[must_use]
    pub fn get(self) -> SignedDuration {
        SignedDuration::from_secs(self.0)
    }
}

impl TryFrom<i64> for PassDuration {
    type Error = InvalidId;

    fn try_from(seconds: i64) -> Result<Self, InvalidId> {
        let rule = "between 15 minutes and 36 hours";
        if (15 * 60..=36 * 3600).contains(&seconds) {
            Ok(Self(seconds))
        } else {
            Err(InvalidId { what: "duration", rule })
        }
    }
}

impl From<PassDuration> for i64 {
    fn from(duration: PassDuration) -> Self {
        duration.0
    }
}
