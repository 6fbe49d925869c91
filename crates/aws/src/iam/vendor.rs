//! The vendor role of an account: who we are when we make and kill roles there.

use std::fmt;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_sdk_sts::config::Builder;
use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::config::timeout::TimeoutConfig;
use aws_sdk_sts::types::Tag;
use daypass_vending::ids::DeploymentId;
use daypass_vending::plan::tag;
use daypass_vending::ports::CloudError;
use daypass_vending::secret::Secret;

use super::failure::cloud_error;

/// Gets credentials of an account's vendor role. The client that uses it keeps them, renews them before they end, and asks
/// only once however many calls wait for them.
pub(crate) struct VendorCredentials {
    pub(crate) sts: aws_sdk_sts::Client,
    pub(crate) role_arn: String,
    /// Which installation we say that we are, to a role that lets nobody in who does not.
    pub(crate) deployment: Option<DeploymentId>,
    pub(crate) session_name: String,
    pub(crate) external_id: Option<Secret>,
}

/// As long as chained roles allow, in seconds
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining>).
const DURATION_SECONDS: i32 = 3_600;

/// Why there are no credentials of a vendor role.
#[derive(Debug, thiserror::Error)]
#[error("the vendor role {role_arn} cannot be assumed: {why}")]
pub(super) struct VendorError {
    role_arn: String,
    why: CloudError,
}

/// The client for entering accounts. It gives up before the call that waits for it does: that call would have to take the
/// wait for an answer to itself, and say that it may have been made.
pub(crate) fn entrance(config: &SdkConfig) -> aws_sdk_sts::Client {
    let limits = TimeoutConfig::builder().connect_timeout(CONNECT).operation_timeout(ENTER).build();
    let config = Builder::from(config).timeout_config(limits);
    aws_sdk_sts::Client::from_conf(config.retry_config(RetryConfig::standard().with_max_attempts(2)).build())
}

/// A lost SYN is sent again after one second.
const CONNECT: Duration = Duration::from_millis(2_100);

/// Less than [`crate::client`] gives one attempt of a call.
const ENTER: Duration = Duration::from_secs(6);

impl VendorCredentials {
    async fn assume(&self) -> Result<Credentials, CredentialsError> {
        // Its trust policy asks for it, and its own rights are bound to it; it does not go on to roles assumed from there
        // (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html>).
        let whose =
            self.deployment.as_ref().map(|whose| Tag::builder().key(tag::DEPLOYMENT).value(whose.as_str()).build());
        let call = self
            .sts
            .assume_role()
            .role_arn(&self.role_arn)
            .role_session_name(&self.session_name)
            .set_external_id(self.external_id.as_ref().map(|id| id.reveal().to_owned()))
            .set_tags(whose.transpose().map_err(CredentialsError::unhandled)?.map(|tag| vec![tag]))
            .duration_seconds(DURATION_SECONDS);
        let answer = call.send().await.map_err(|error| {
            let why = cloud_error("the vendor role", &error);
            CredentialsError::provider_error(VendorError { role_arn: self.role_arn.clone(), why })
        })?;
        let found = answer.credentials.ok_or_else(|| CredentialsError::unhandled("STS sent no credentials"))?;
        let expires_at = found.expiration.try_into().map_err(CredentialsError::unhandled)?;
        Ok(Credentials::new(
            found.access_key_id,
            found.secret_access_key,
            Some(found.session_token),
            Some(expires_at),
            "DaypassVendorRole",
        ))
    }
}

impl ProvideCredentials for VendorCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.assume())
    }
}

impl fmt::Debug for VendorCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VendorCredentials({})", self.role_arn)
    }
}
