//! The file of cases as it is written, in TOML.

use std::collections::BTreeSet;
use std::net::IpAddr;

use daypass_vending::identity::Method;
use daypass_vending::ids::{AccountId, GroupName, IncidentId, ProjectId, TierName, UserId};
use daypass_vending::request::Delivery;
use jiff::Timestamp;
use serde::Deserialize;

/// A file of cases.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseFile {
    /// When it is, for rules about times; a morning in March when absent.
    pub(super) at: Option<Timestamp>,
    #[serde(default, rename = "project")]
    pub(super) projects: Vec<ProjectCase>,
    #[serde(default, rename = "case")]
    pub(super) cases: Vec<Case>,
}

/// The file is no file of cases. Says where and why.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CaseFileError(String);

impl CaseFile {
    /// Read the text of a file.
    ///
    /// # Errors
    /// When it is not TOML, or has words that mean nothing here.
    pub fn parse(text: &str) -> Result<Self, CaseFileError> {
        toml::from_str(text).map_err(|error| CaseFileError(error.to_string().trim_end().to_owned()))
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProjectCase {
    pub(super) id: ProjectId,
    pub(super) group: GroupName,
    #[serde(default)]
    pub(super) accounts: BTreeSet<AccountId>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) who: Who,
    /// A request for a session, …
    pub(super) request: Option<RequestCase>,
    /// … or another action, …
    pub(super) action: Option<String>,
    /// … with the session that it is about.
    pub(super) session: Option<SessionCase>,
    pub(super) expect: Expected,
    pub(super) policy: Option<String>,
    pub(super) approvals: Option<u32>,
    pub(super) approvers: Option<GroupName>,
    pub(super) max_hours: Option<i64>,
    pub(super) needed: Option<Vec<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Expected {
    Allowed,
    Refused,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Who {
    pub(super) user: UserId,
    #[serde(default)]
    pub(super) groups: BTreeSet<GroupName>,
    pub(super) second_factor_minutes: Option<i64>,
    #[serde(default)]
    pub(super) method: Method,
    pub(super) issuer: Option<String>,
    pub(super) department: Option<String>,
    pub(super) address: Option<IpAddr>,
    pub(super) workload: Option<WorkloadCase>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WorkloadCase {
    pub(super) repository: String,
    #[serde(rename = "ref")]
    pub(super) reference: String,
    pub(super) environment: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RequestCase {
    pub(super) project: ProjectId,
    pub(super) account: AccountId,
    pub(super) tier: TierName,
    pub(super) hours: Option<i64>,
    pub(super) minutes: Option<i64>,
    pub(super) incident: Option<IncidentId>,
    #[serde(default)]
    pub(super) open_reviews: u32,
    #[serde(default)]
    pub(super) delivery: Delivery,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SessionCase {
    pub(super) owner: UserId,
    pub(super) project: ProjectId,
    pub(super) account: AccountId,
    pub(super) tier: TierName,
    pub(super) approvers: Option<GroupName>,
}
