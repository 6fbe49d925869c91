//! How to log in: what a server offers, and logging in with an AWS identity. People with an identity provider get their
//! tokens there and not from Daypass.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::masked::Masked;

/// `GET /v1/login`: the ways to log in. What is absent is not offered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoginOptions {
    /// The installation: who asks twice can tell two servers apart.
    #[cfg_attr(feature = "openapi", schema(example = "acme"))]
    pub deployment: String,
    /// Identity providers that log people in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub oidc: Vec<OidcOffer>,
    /// Log in with an AWS identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aws: Option<AwsOffer>,
    /// Log in with a key for emergencies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emergency: Option<EmergencyOffer>,
    /// Whether `POST /v1/dev/login` logs sample users in.
    #[serde(default)]
    pub development: bool,
}

/// An identity provider (OpenID Connect) as far as a client has to know it; the rest is in its discovery document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OidcOffer {
    /// The issuer; its `/.well-known/openid-configuration` says where to go.
    #[cfg_attr(feature = "openapi", schema(example = "https://id.example.com"))]
    pub issuer: String,
    /// The public client that people log in with.
    #[cfg_attr(feature = "openapi", schema(example = "daypass-cli"))]
    pub client_id: String,
    /// What to ask for.
    pub scopes: Vec<String>,
    /// Which of the provider's tokens is the bearer for this server.
    pub token: BearerKind,
    /// Whom the token is for, where the provider has to be told (`audience`, or `resource` of RFC 8707).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
}

/// A token of an identity provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum BearerKind {
    /// The id token.
    #[default]
    Id,
    /// The access token, which has to be a JWT (RFC 9068).
    Access,
}

/// How to log in with an AWS identity: sign `GetCallerIdentity`, and let this server present it to AWS STS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AwsOffer {
    /// The value of the header [`AWS_SERVER_ID`], which has to be signed: a request for another server is of no use here.
    #[cfg_attr(feature = "openapi", schema(example = "daypass.example.com"))]
    pub server_id: String,
    /// What the request is signed for; the server sends it nowhere else.
    #[cfg_attr(feature = "openapi", schema(example = "https://sts.eu-central-1.amazonaws.com/"))]
    pub sts_url: String,
    /// The region of that endpoint, for the signature.
    #[cfg_attr(feature = "openapi", schema(example = "eu-central-1"))]
    pub region: String,
    /// The role that proves a second factor: assume it with an MFA code, with one's own user name as session name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate_role_arn: Option<String>,
}

/// How to log in with a key for emergencies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EmergencyOffer {
    /// The `aud` of the token that the key signs.
    pub audience: String,
}

/// The header that says which server a signed request is meant for.
pub const AWS_SERVER_ID: &str = "X-Daypass-Server-Id";

/// The only body of a signed request.
pub const AWS_LOGIN_BODY: &str = "Action=GetCallerIdentity&Version=2011-06-15";

/// `POST /v1/login/aws`: a signed `POST` of `GetCallerIdentity` to [`AwsOffer::sts_url`]
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AwsLogin {
    /// The header `Authorization`: algorithm, scope, the names of the signed headers, and the signature.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Password))]
    pub authorization: Masked,
    /// All other headers, each once. A list, so that a header that is given twice is seen.
    pub headers: Vec<SignedHeader>,
    /// The body: [`AWS_LOGIN_BODY`].
    #[cfg_attr(feature = "openapi", schema(example = "Action=GetCallerIdentity&Version=2011-06-15"))]
    pub body: String,
}

/// A header of a signed request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SignedHeader {
    /// Its name, in any case.
    #[cfg_attr(feature = "openapi", schema(example = "x-amz-date"))]
    pub name: String,
    /// Its value; that of `X-Amz-Security-Token` is a secret.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Password))]
    pub value: Masked,
}

/// A bearer token of Daypass' own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AwsLoginAnswer {
    /// The bearer token.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Password))]
    pub token: Masked,
    /// When it stops counting: an hour later at most.
    pub expires_at: Timestamp,
    /// Who it is good for.
    pub user_id: String,
    /// Whether a second factor was proved.
    pub second_factor: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_shows_no_signature_and_no_session_token() {
        let login = AwsLogin {
            authorization: Masked::new("AWS4-HMAC-SHA256 Signature=5eed"),
            headers: vec![SignedHeader { name: "X-Amz-Security-Token".into(), value: Masked::new("hunter2") }],
            body: AWS_LOGIN_BODY.to_owned(),
        };
        let shown = format!("{login:?}");
        assert!(!shown.contains("5eed") && !shown.contains("hunter2"), "{shown}");
        let written = serde_json::to_string(&login).unwrap();
        assert_eq!(serde_json::from_str::<AwsLogin>(&written).unwrap(), login);
    }

    #[test]
    fn what_is_not_offered_is_absent() {
        let options = LoginOptions { deployment: "acme".into(), ..LoginOptions::default() };
        assert_eq!(serde_json::to_string(&options).unwrap(), r#"{"deployment":"acme","development":false}"#);
    }
}
