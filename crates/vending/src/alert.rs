//! What people must be told. An alert is written in the transaction of the change it reports (invariant 7) and delivered
//! afterwards, at least once, by whoever comes first: the server or the reconciler.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::SessionId;

/// The occasions of a session's life that a tier can ask alerts for, and those that always alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Occasion {
    /// The session was granted.
    Grant,
    /// Credentials were issued for the first time.
    FirstCredentials,
    /// The end was moved.
    Extend,
    /// The session ended.
    End,
    /// The role in AWS no longer was what Daypass made; always alerts.
    Drift,
    /// Daypass could not do what it had to, six times over; always alerts.
    Stuck,
    /// Somebody has to approve a request; always alerts, so that those who may approve learn of it.
    ApprovalRequested,
    /// Something was granted to, or credentials were issued to, somebody who proved who they are by a key for emergencies;
    /// always alerts.
    EmergencyKey,
}

impl Occasion {
    /// Whether people are told whatever the tier says.
    #[must_use]
    pub fn always_alerts(self) -> bool {
        match self {
            Self::Grant | Self::FirstCredentials | Self::Extend | Self::End => false,
            Self::Drift | Self::Stuck | Self::ApprovalRequested | Self::EmergencyKey => true,
        }
    }

    /// The name used in configuration, events and output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::FirstCredentials => "first-credentials",
            Self::Extend => "extend",
            Self::End => "end",
            Self::Drift => "drift",
            Self::Stuck => "stuck",
            Self::ApprovalRequested => "approval-requested",
            Self::EmergencyKey => "emergency-key",
        }
    }
}

/// One message to the people who watch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// The session it is about.
    pub session: SessionId,
    /// What happened.
    pub occasion: Occasion,
    /// When it happened.
    pub at: Timestamp,
    /// One line, at most 99 ASCII characters, as SNS demands of a subject.
    pub subject: String,
    /// The facts: who, what, where, why.
    pub facts: BTreeMap<String, String>,
}
