//! `GET /v1/whoami`: who the caller is to the server, and how it knows.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The caller, as far as their token proves. Rules decide by this and by nothing that a request says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WhoAmI {
    /// The name that sessions and the trail carry.
    #[cfg_attr(feature = "openapi", schema(example = "carla"))]
    pub user_id: String,
    /// How it was proved: `token`, `aws-signature` or `emergency-key`.
    #[cfg_attr(feature = "openapi", schema(example = "token"))]
    pub method: String,
    /// Who vouches: the issuer of the token, or the ARN that AWS answered with.
    #[cfg_attr(feature = "openapi", schema(example = "https://id.example.com"))]
    pub issuer: String,
    /// The groups that they vouch for.
    #[serde(default)]
    pub groups: Vec<String>,
    /// When a second factor was proved, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mfa_at: Option<Timestamp>,
    /// When the caller last proved who they are.
    pub authenticated_at: Timestamp,
    /// When the token stops counting.
    pub expires_at: Timestamp,
    /// Where the call came from.
    #[cfg_attr(feature = "openapi", schema(example = "10.0.0.7"))]
    pub address: String,
}
