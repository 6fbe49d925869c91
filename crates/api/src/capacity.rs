//! How full the accounts are, on the wire.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// `GET /v1/capacity`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CapacityReport {
    /// How far back `granted` looks, in seconds.
    pub window_seconds: i64,
    /// The accounts of all projects, by account id.
    pub accounts: Vec<CapacityView>,
}

/// How full one account is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CapacityView {
    /// The account.
    #[cfg_attr(feature = "openapi", schema(example = "111122223333"))]
    pub account: String,
    /// Sessions that may have a role there, by the records.
    pub sessions: u32,
    /// The rest, when AWS told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<RolesView>,
    /// Why AWS did not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}

/// The roles of an account, whoever made them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RolesView {
    /// How many there are.
    pub used: u32,
    /// How many there may be.
    pub quota: u32,
    /// How many of the quota are kept for tiers that demand an incident.
    pub reserved: u32,
    /// How many everyday sessions still fit.
    pub free: u32,
    /// Sessions granted within the window.
    pub granted: u32,
    /// For how long, in the mean.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_duration_seconds: Option<i64>,
    /// When nothing is free if people go on asking at this pace; absent when sessions end as fast as new ones come.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full_at: Option<Timestamp>,
}
