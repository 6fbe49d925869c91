//! Tiers on the wire.

use serde::{Deserialize, Serialize};

/// `GET /v1/tiers`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TierList {
    /// The tiers, by name.
    pub tiers: Vec<TierView>,
}

/// A tier: how much, for how long, and who is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TierView {
    /// Its name.
    #[cfg_attr(feature = "openapi", schema(example = "read-only"))]
    pub name: String,
    /// One line for people who choose.
    pub description: String,
    /// The longest a session may live, extensions included.
    pub max_duration_seconds: i64,
    /// How long a session lives when nobody says.
    pub default_duration_seconds: i64,
    /// Whether a request must name an incident.
    pub incident_required: bool,
    /// How old the proof of the second factor may be.
    pub mfa_max_age_seconds: i64,
    /// The occasions that alert people.
    pub alerts: Vec<String>,
    /// Whether somebody else has to say what came of a session once it has ended.
    #[serde(default)]
    pub review_required: bool,
    /// The hash over the tier's files, in hexadecimal.
    pub template_hash: String,
}
