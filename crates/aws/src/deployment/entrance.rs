//! Becoming one of the deployment's own roles. Member accounts let in only those, with what they need there and nothing
//! else; whoever removes the deployment may change whom its roles trust, and by the end the role is gone.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_credential_types::provider::ProvideCredentials;
use daypass_vending::ports::CloudError;
use serde_json::json;

use super::failure::error;
use super::{Deployment, Presence, Resource, What};
use crate::iam::{VendorCredentials, entrance};

/// How often a role that was just opened is tried, with [`PAUSE`] between: IAM tells everybody within a minute.
const TRIES: u32 = 30;
const PAUSE: Duration = Duration::from_secs(2);

/// A role of the deployment that other accounts are entered by.
#[derive(Clone, Debug)]
pub struct Entrance {
    role: Resource,
    /// What clients that act as the role are made from. It works once the role is open.
    pub config: SdkConfig,
}

impl Deployment {
    /// The role of this name as an entrance. Nothing is changed yet.
    #[must_use]
    pub fn entrance(&self, config: &SdkConfig, role_name: &str) -> Entrance {
        let arn = format!("arn:{}:iam::{}:role/{role_name}", self.partition(), self.account);
        let credentials = VendorCredentials {
            sts: entrance(config),
            role_arn: arn.clone(),
            deployment: None,
            session_name: "daypass-teardown".to_owned(),
            external_id: None,
        };
        let config = config
            .to_builder()
            .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(credentials));
        Entrance { role: Resource { what: What::Role, arn }, config: config.build() }
    }

    /// Let the role trust whoever runs this and nobody else, and wait until it does.
    ///
    /// # Errors
    /// When it is not the deployment's role, or cannot be become.
    pub async fn open(&self, entrance: &Entrance) -> Result<(), CloudError> {
        let role = &entrance.role;
        if self.look(role).await? != Presence::Ours {
            return Err(CloudError::NotFound(format!("{role} with this deployment's tag")));
        }
        let trust = json!({"Version": "2012-10-17", "Statement": [{
            "Sid": "OpenedByDaypassTeardown",
            "Effect": "Allow",
            "Principal": {"AWS": self.caller_arn},
            "Action": "sts:AssumeRole",
        }]});
        let call = self.iam.update_assume_role_policy().role_name(role.name()).policy_document(trust.to_string());
        call.send().await.map_err(|e| error(role, &e))?;
        let provider = entrance.config.credentials_provider();
        let Some(provider) = provider else {
            return Err(CloudError::Unavailable("there are no credentials".to_owned()));
        };
        for _ in 1..TRIES {
            if provider.provide_credentials().await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
        let why = |error: &dyn std::error::Error| error.source().map_or_else(|| error.to_string(), ToString::to_string);
        provider.provide_credentials().await.map(drop).map_err(|error| CloudError::Unavailable(why(&error)))
    }
}
