//! A dry run of a request, on the wire.

use serde::{Deserialize, Serialize};

use crate::present;
use crate::session::Delivery;

/// `POST /v1/explain`: would I get this? The fields are those of a request, without a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExplainRequest {
    /// Who the work would be for.
    #[cfg_attr(feature = "openapi", schema(example = "acme-web", min_length = 2, max_length = 24))]
    pub project_id: String,
    /// The AWS account to enter: twelve digits.
    #[cfg_attr(feature = "openapi", schema(example = "111122223333", pattern = "^[0-9]{12}$"))]
    pub account_id: String,
    /// How much could be done there; see `GET /v1/tiers`.
    #[cfg_attr(feature = "openapi", schema(example = "read-only"))]
    pub permission_tier: String,
    /// For how long; the tier's default when absent.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 900, maximum = 129600))]
    pub duration_seconds: Option<i64>,
    /// The incident, where the tier demands one.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "INC-4711"))]
    pub incident_id: Option<String>,
    /// Who would enter the role; `brokered` when absent.
    #[serde(default, skip_serializing_if = "Delivery::is_brokered")]
    pub delivery: Delivery,
}

/// What would become of a request, at this moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Explanation {
    /// Whether it would lead to a session, be it after approvals.
    pub granted: bool,
    /// For how long it was judged, in seconds.
    pub duration_seconds: i64,
    /// The rule that would allow it. What would refuse it is not named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "members-request-everyday-tiers"))]
    pub policy: Option<String>,
    /// The SHA-256 of the rules that were asked, as the trail has it.
    pub rules_hash: String,
    /// How many people would have to approve first.
    pub approvals: u32,
    /// The group they would have to be in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approvers: Option<String>,
    /// The longest session that the rule gives, in seconds, extensions included; the tier's limit when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_seconds: Option<i64>,
    /// What would be needed; empty when granted.
    pub needed: Vec<String>,
}
