//! What only a development server offers (`daypass dev`, `daypass demo`), on loopback: sample users who log in with a
//! password and TOTP, a clock that can be moved, and the data plane of the simulated AWS account.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::masked::Masked;
use crate::present;

/// `POST /v1/dev/login`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The sample user.
    pub user: String,
    /// Their password.
    pub password: Masked,
    /// The six digits of their second factor; without them the token proves none.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub totp: Option<Masked>,
}

/// A signed token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginAnswer {
    /// The bearer token.
    pub token: Masked,
    /// When it stops counting.
    pub expires_at: Timestamp,
}

/// `POST /v1/dev/clock`: let time pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockMove {
    /// How much, 1 second to 7 days.
    pub advance_seconds: i64,
}

/// What time it is for the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockView {
    /// Now.
    pub now: Timestamp,
}

/// `POST /v1/dev/aws/call`: use credentials on the simulated AWS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AwsCall {
    /// The access key id.
    pub access_key_id: String,
    /// The secret half.
    pub secret_access_key: Masked,
    /// The session token.
    pub session_token: Masked,
    /// The action.
    pub action: String,
    /// The ARN of the resource, or `*`.
    pub resource: String,
    /// From where; the caller's own address when absent.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub source_ip: Option<String>,
}

/// What the simulated AWS said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwsAnswer {
    /// Whether the call went through.
    pub allowed: bool,
    /// The AWS error code, such as `AccessDenied`, `InvalidClientTokenId` or `ExpiredToken`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What decided, or why it failed, in one line.
    pub message: String,
}
