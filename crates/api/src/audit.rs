//! The trail on the wire.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::present;

/// `GET /v1/audit`: which events to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub struct AuditQuery {
    /// Of this chain: `session:<uuid>`, `person:<user>` or `system`; all when absent.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub chain: Option<String>,
    /// Of this session: short for its chain.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Where the page before ended: its `next_cursor`.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// `true`: only events of all chains that none can come to stand before any more, some seconds old. For whoever follows the
    /// trail from `end_cursor` to `end_cursor`.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub settled: Option<bool>,
    /// At most so many, 1 to 200; 50 when absent.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// One page of events, in the order they were stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditPage {
    /// The events.
    pub events: Vec<EventView>,
    /// Where the next page starts; absent when this is the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Where this page ended, be it the last: as `cursor`, it shows what was added since. Absent when nothing is on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_cursor: Option<String>,
}

/// One event in its chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventView {
    /// The chain it belongs to.
    pub chain: String,
    /// Its place in the chain, from 1.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// Who caused it.
    pub actor: ActorView,
    /// What was done, as `object.verb`.
    #[cfg_attr(feature = "openapi", schema(example = "session.grant"))]
    pub action: String,
    /// How it ended.
    pub outcome: OutcomeView,
    /// Further facts.
    pub detail: BTreeMap<String, String>,
    /// The hash of the event before, in hexadecimal; zeros for the first.
    pub previous: String,
    /// The hash over this event, its place and `previous`.
    pub hash: String,
}

/// Who caused an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ActorView {
    /// An authenticated person or workload.
    Person {
        /// Who.
        user_id: String,
        /// From where.
        address: String,
    },
    /// Somebody who did not prove who they are.
    Anonymous {
        /// From where.
        address: String,
    },
    /// The broker, carrying out what a person was granted or ordered.
    Broker,
    /// The reconciler, acting on the records.
    Reconciler,
}

/// How an event ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum OutcomeView {
    /// It was allowed and done.
    Done,
    /// It was refused.
    Refused,
    /// It was tried and failed.
    Failed,
}

/// `GET /v1/audit/verify`: whether the trail is whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditReport {
    /// Whether nothing was found.
    pub intact: bool,
    /// How many chains were read.
    pub chains: u64,
    /// How many events were read.
    pub events: u64,
    /// The number of the newest signed checkpoint that was checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<u64>,
    /// Every sign of tampering, in words.
    pub findings: Vec<String>,
}
