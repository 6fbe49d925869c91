//! Credentials of a vended role, as the broker.

use daypass_vending::ids::{AccountId, RoleName};
use daypass_vending::ports::{Assumption, CloudError};
use daypass_vending::secret::{Credentials, Secret};

use super::AwsCloud;
use super::failure::cloud_error;
use crate::time::timestamp;

/// What STS gives a chained role, in seconds
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>). Asked for anything else, AWS refuses; said
/// here, because what AWS refuses depends on the role's own maximum and on whether the broker is a role or a user.
const DURATIONS: std::ops::RangeInclusive<i32> = 900..=3_600;

impl AwsCloud {
    pub(super) async fn assume(
        &self,
        account: &AccountId,
        assumption: &Assumption<'_>,
    ) -> Result<Credentials, CloudError> {
        let Assumption { role, path, external_id, user, duration_seconds, .. } = *assumption;
        if !DURATIONS.contains(&duration_seconds) {
            let message = format!("credentials last 900 to 3600 seconds, not {duration_seconds}");
            return Err(CloudError::Refused { code: "ValidationError".to_owned(), message });
        }
        let call = self
            .sts
            .assume_role()
            .role_arn(format!("arn:{}:iam::{account}:role{path}{role}", self.options.partition.as_str()))
            .role_session_name(user.as_str())
            .source_identity(user.as_str())
            .external_id(external_id.reveal())
            .duration_seconds(duration_seconds);
        let answer = call.send().await.map_err(|error| cloud_error(&format!("role {role}"), &error))?;
        let found = answer.credentials.ok_or_else(|| CloudError::Unknown("STS sent no credentials".to_owned()))?;
        credentials(found, role)
    }
}

fn credentials(found: aws_sdk_sts::types::Credentials, role: &RoleName) -> Result<Credentials, CloudError> {
    Ok(Credentials {
        access_key_id: found.access_key_id,
        secret_access_key: Secret::new(found.secret_access_key),
        session_token: Secret::new(found.session_token),
        expires_at: timestamp(&found.expiration)
            .ok_or_else(|| CloudError::Unknown("STS sent a time that is none".to_owned()))?,
        role: role.clone(),
    })
}
