//! `POST /v1/sessions/{id}/check`: would this session's credentials be allowed to?

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::present;

/// A call somebody might make with the session's credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccessCheck {
    /// The action.
    #[cfg_attr(feature = "openapi", schema(example = "s3:GetObject"))]
    pub action: String,
    /// The ARN of the resource, or `*` for actions without one.
    #[cfg_attr(feature = "openapi", schema(example = "arn:aws:s3:::acme-web-data/report.csv"))]
    pub resource: String,
    /// From where; an address of the installation's networks when absent.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "10.0.0.7"))]
    pub source_ip: Option<String>,
    /// When; now when absent.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Further condition keys of the request.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub context: BTreeMap<String, ContextValues>,
}

/// The value of a condition key: one text, or a list of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ContextValues {
    /// A single-valued key.
    One(String),
    /// A multi-valued key.
    Many(Vec<String>),
}

/// The answer, with its reasons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccessAnswer {
    /// Whether AWS would let it through.
    pub allowed: bool,
    /// The decision in full.
    pub decision: Decision,
    /// The decision and its reasons in one line.
    pub explanation: String,
    /// The statements that decided: the Deny that applies, or the Allow of every layer that had to allow.
    pub deciding: Vec<StatementView>,
    /// The layer that lacks an Allow, when nothing denies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_by: Option<String>,
    /// Condition keys that the call lacks and that statements about it ask for.
    #[serde(default)]
    pub missing_keys: Vec<String>,
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Decision {
    /// Everything that has to allow it does, and nothing denies it.
    Allowed,
    /// Nothing denies it, but something that has to allow it does not.
    ImplicitlyDenied,
    /// A Deny statement applies.
    ExplicitlyDenied,
}

/// A statement and where it stands. Positions count from 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StatementView {
    /// The layer: `identity`, `boundary`, `session`, …
    pub layer: String,
    /// Which policy of the layer.
    pub policy: u64,
    /// Which statement of the policy.
    pub statement: u64,
    /// The statement's `Sid`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
}
