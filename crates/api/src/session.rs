//! Sessions on the wire.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::decision::{ApprovalView, ReviewView};
use crate::present;

/// `POST /v1/sessions`: ask for access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewSession {
    /// Who the work is for: 2 to 24 lower-case letters, digits and single hyphens.
    #[cfg_attr(feature = "openapi", schema(example = "acme-web", min_length = 2, max_length = 24))]
    pub project_id: String,
    /// The AWS account to enter: twelve digits.
    #[cfg_attr(feature = "openapi", schema(example = "111122223333", pattern = "^[0-9]{12}$"))]
    pub account_id: String,
    /// How much may be done there; see `GET /v1/tiers`.
    #[cfg_attr(feature = "openapi", schema(example = "read-only"))]
    pub permission_tier: String,
    /// For how long; the tier's default when absent. At least 900, at most the tier's limit.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 900, maximum = 129600))]
    pub duration_seconds: Option<i64>,
    /// Why: 10 to 500 characters. Shown to others and kept in the trail.
    #[cfg_attr(
        feature = "openapi",
        schema(example = "look at the failing nightly job", min_length = 10, max_length = 500)
    )]
    pub reason: String,
    /// The incident, where the tier demands one.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "INC-4711"))]
    pub incident_id: Option<String>,
    /// Who enters the role: `brokered` hands credentials over, `direct` has you enter it as your own IAM user with your second
    /// factor. `brokered` when absent.
    #[serde(default, skip_serializing_if = "Delivery::is_brokered")]
    pub delivery: Delivery,
}

/// Who enters a session's role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case", try_from = "String")]
pub enum Delivery {
    /// The broker, which hands credentials over.
    #[default]
    Brokered,
    /// The person alone, as their own IAM user and with their second factor.
    Direct,
}

impl TryFrom<String> for Delivery {
    type Error = &'static str;

    // By way of a text, so that whatever is wrong with it is wrong with this field.
    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "brokered" => Ok(Self::Brokered),
            "direct" => Ok(Self::Direct),
            _ => Err("neither `brokered` nor `direct`"),
        }
    }
}

impl Delivery {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    pub(crate) fn is_brokered(&self) -> bool {
        *self == Self::Brokered
    }
}

/// `POST /v1/sessions/{id}/extend`: move a session's end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Extend {
    /// By how much. The tier's limit holds for the whole life of a session.
    #[cfg_attr(feature = "openapi", schema(minimum = 900, maximum = 129600))]
    pub seconds: i64,
}

/// `DELETE /v1/sessions/{id}`: end a session. Body and query may both carry it; the body counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema, utoipa::IntoParams), into_params(parameter_in = Query))]
pub struct EndSession {
    /// Why: 10 to 500 characters. A holder who gives a session back needs none; somebody who ends another's does.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// `POST /v1/revocations`: end every live session that matches all given fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Revocation {
    /// Of this person.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// For this project.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// At this tier.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// In this account.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Every live session. Said on purpose: without any other field, and only when it is `true`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all: bool,
    /// Why: 10 to 500 characters.
    pub reason: String,
}

/// The answer to a revocation: what is being ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Revoked {
    /// The sessions as they stand now.
    pub sessions: Vec<SessionView>,
}

/// `GET /v1/sessions`: which sessions to list. Every given field must match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub struct SessionQuery {
    /// Of this person; only who may see everybody's sessions can name somebody else.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// In these states, separated by commas.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// For this project.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// In this account.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// At this tier.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// Where the page before ended: its `next_cursor`.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// At most so many, 1 to 200; 50 when absent.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// One page of sessions, newest request first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionPage {
    /// The sessions.
    pub sessions: Vec<SessionView>,
    /// Where the next page starts; absent when this is the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionView {
    /// Its id, a UUID.
    #[cfg_attr(feature = "openapi", schema(example = "5f0c6a52-0a51-4f0e-9d0a-6d1f6f2b8a11"))]
    pub session_id: String,
    /// Who the work is for.
    pub project_id: String,
    /// Whose session it is.
    pub user_id: String,
    /// The account it enters.
    pub account_id: String,
    /// How much may be done there.
    pub permission_tier: String,
    /// Who enters the role; `brokered` when absent.
    #[serde(default, skip_serializing_if = "Delivery::is_brokered")]
    pub delivery: Delivery,
    /// Where it is in its life.
    pub status: SessionStatus,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// For how long it was asked for.
    pub duration_seconds: i64,
    /// Why it was asked for.
    pub reason: String,
    /// The incident it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident_id: Option<String>,
    /// When its clock started; absent when it never worked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activated_at: Option<Timestamp>,
    /// When its access ends, or would have ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// How long its access still lasts; 0 when there is none.
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    pub time_remaining_seconds: i64,
    /// Its role; absent while there cannot be one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// How often credentials were issued.
    pub credentials_issued: u32,
    /// A later end that is being written to AWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<ExtensionView>,
    /// How it is ending, or ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<EndView>,
    /// What people have to say to it before it is granted, and what they said; absent where nobody had to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalView>,
    /// Whether its end is to be reviewed, and what came of that; absent where nobody has to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<ReviewView>,
    /// Why there is no access: what the rules lacked, or what AWS refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Present while its role cannot be killed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stuck: Option<StuckView>,
    /// What people were told about it; only when one session is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alerts: Option<Vec<AlertView>>,
}

/// Defines the states with their spelling.
macro_rules! statuses {
    ($($(#[$meta:meta])* $name:ident = $text:literal,)*) => {
        /// Where a session is in its life.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum SessionStatus {
            $($(#[$meta])* #[serde(rename = $text)] $name,)*
        }

        impl SessionStatus {
            /// Every state, in the order of a session's life.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The state as it goes over the wire.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

statuses! {
    /// Asked for; not yet decided.
    Requested = "requested",
    /// The rules said no.
    Refused = "refused",
    /// Waits for people to approve.
    PendingApproval = "pending_approval",
    /// A person said no.
    Denied = "denied",
    /// Nobody decided in time.
    Lapsed = "lapsed",
    /// Allowed; nothing exists in AWS yet.
    Approved = "approved",
    /// The role is being made.
    Provisioning = "provisioning",
    /// The role works; credentials may be issued.
    Active = "active",
    /// Somebody ended it; the role is being killed.
    Revoking = "revoking",
    /// Its time is up; the role is being killed.
    Expiring = "expiring",
    /// Ended by somebody; the role is verified gone.
    Revoked = "revoked",
    /// Ended by time; the role is verified gone.
    Expired = "expired",
    /// The role could not be made, and nothing of it is left.
    Failed = "failed",
    /// The role could not be killed, six times over; people were alarmed, and Daypass keeps trying.
    Stuck = "stuck",
}

impl SessionStatus {
    /// Whether nothing more happens by itself for now: the session is active, waits for a person, or is over.
    #[must_use]
    pub fn is_resting(self) -> bool {
        !matches!(self, Self::Requested | Self::Approved | Self::Provisioning | Self::Revoking | Self::Expiring)
    }

    /// Whether the session is over for good.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Refused | Self::Denied | Self::Lapsed | Self::Revoked | Self::Expired | Self::Failed)
    }
}

impl fmt::Display for SessionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A later end on its way into AWS; until it is known to stand there, the old end counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExtensionView {
    /// The new end.
    pub expires_at: Timestamp,
    /// How often writing it failed.
    pub failed_attempts: u32,
    /// What went wrong last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}

/// How a session ends: what was done, what was verified, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EndView {
    /// Why.
    pub cause: EndCause,
    /// Who ended it, if a person other than the holder did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The reason that person gave, or what was found wrong with the role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When the end was decided.
    pub started_at: Timestamp,
    /// When an unconditional denial was put on the role: from here on live credentials die.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denied_at: Option<Timestamp>,
    /// When the trust policy was closed: from here on nobody gets new credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_closed_at: Option<Timestamp>,
    /// When credentials of this role were seen to be refused; absent when there was nothing to try them on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal_seen_at: Option<Timestamp>,
    /// When AWS was seen to know the role no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_gone_at: Option<Timestamp>,
}

/// Why a session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum EndCause {
    /// Its time is up.
    Expired,
    /// Its holder gave it back.
    Released,
    /// Somebody with the right to killed it.
    Revoked,
    /// The role in AWS was no longer what Daypass made.
    Drifted,
}

/// What keeps a role from being killed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StuckView {
    /// Since when.
    pub since: Timestamp,
    /// How often it was tried.
    pub failed_attempts: u32,
    /// What went wrong last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// When it is tried again.
    pub next_attempt_at: Timestamp,
}

/// What people were told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AlertView {
    /// What happened: `approval-requested`, `grant`, `first-credentials`, `extend`, `end`, `emergency-key`, `drift` or
    /// `stuck`.
    pub occasion: String,
    /// When it was recorded, in the same transaction as what it reports.
    pub recorded_at: Timestamp,
    /// When it was delivered; absent while it is on its way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
}
