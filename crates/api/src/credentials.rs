//! Credentials on the wire, and what their holder gets them from AWS with: the answers that carry secrets.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::masked::Masked;

/// `POST /v1/sessions/{id}/credentials`: what STS handed out. They live at most an hour and never past the session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CredentialsView {
    /// The session they belong to.
    pub session_id: String,
    /// The account they enter.
    pub account_id: String,
    /// The role they act as.
    pub role_arn: String,
    /// The access key id: a name, not a secret.
    #[cfg_attr(feature = "openapi", schema(example = "ASIAEXAMPLE"))]
    pub access_key_id: String,
    /// The secret half.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Password))]
    pub secret_access_key: Masked,
    /// The session token.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Password))]
    pub session_token: Masked,
    /// When they stop working by themselves.
    pub expires_at: Timestamp,
}

/// `POST /v1/sessions/{id}/entry`: what AWS asks the holder for besides their second factor (`AssumeRole`). Of use to nobody
/// else: the role lets their IAM user in, and nobody besides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EntryView {
    /// The session it is for.
    pub session_id: String,
    /// The account to enter.
    pub account_id: String,
    /// The role: `RoleArn`.
    pub role_arn: String,
    /// `RoleSessionName` and `SourceIdentity`.
    pub role_session_name: String,
    /// `ExternalId`.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Password))]
    pub external_id: Masked,
    /// The longest `DurationSeconds` that makes sense.
    pub duration_seconds: i32,
    /// When the role stops working, whatever AWS says of the credentials.
    pub expires_at: Timestamp,
}
