//! A whole deployment in AWS: finding what carries its tag, and taking it away.
//!
//! The index of tags ([Resource Groups Tagging API](https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/supported-services.html))
//! says where to look, and is a moment behind: it lists what is gone, and what had the tag once. Whose something is, is asked
//! of its own service, each time before it is touched. The index does not list IAM, and what it does list late is looked for
//! in the services themselves as well; names only ever say where to look, never whose something is.

mod action;
mod bucket;
mod clear;
mod delete;
mod entrance;
mod failure;
mod find;
mod identity;
mod look;
mod resource;
mod stop;

use aws_config::SdkConfig;
use daypass_vending::ids::{AccountId, DeploymentId};
use daypass_vending::ports::CloudError;

pub use action::{Action, Progress};
pub use entrance::Entrance;
pub use resource::{Presence, Resource, What};

use failure::error;

/// How many days a KMS key waits for its deletion: AWS takes seven to thirty
/// (<https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingDays(i32);

impl PendingDays {
    /// So many days; `None` outside of what AWS takes.
    #[must_use]
    pub fn new(days: i32) -> Option<Self> {
        (7..=30).contains(&days).then_some(Self(days))
    }
}

/// A deployment in the account and region of a configuration.
#[derive(Debug)]
pub struct Deployment {
    id: DeploymentId,
    account: AccountId,
    caller_arn: String,
    region: String,
    pending_days: PendingDays,
    tagging: aws_sdk_resourcegroupstagging::Client,
    apis: aws_sdk_apigatewayv2::Client,
    watch: aws_sdk_cloudwatch::Client,
    logs: aws_sdk_cloudwatchlogs::Client,
    functions: aws_sdk_lambda::Client,
    events: aws_sdk_eventbridge::Client,
    topics: aws_sdk_sns::Client,
    buckets: aws_sdk_s3::Client,
    tables: aws_sdk_dynamodb::Client,
    iam: aws_sdk_iam::Client,
    keys: aws_sdk_kms::Client,
}

impl Deployment {
    /// The deployment of this id, where the configuration's credentials are at home.
    ///
    /// # Errors
    /// When AWS does not say whose the credentials are.
    pub async fn new(config: &SdkConfig, id: DeploymentId, pending_days: PendingDays) -> Result<Self, CloudError> {
        let caller = aws_sdk_sts::Client::new(config).get_caller_identity().send().await;
        let caller = caller.map_err(|e| error("the caller", &e))?;
        let unreadable = || CloudError::Unavailable("AWS does not say whose the credentials are".to_owned());
        let account = caller.account.and_then(|account| account.parse().ok()).ok_or_else(unreadable)?;
        Ok(Self {
            id,
            account,
            caller_arn: caller.arn.ok_or_else(unreadable)?,
            region: config.region().map(ToString::to_string).unwrap_or_default(),
            pending_days,
            tagging: aws_sdk_resourcegroupstagging::Client::new(config),
            apis: aws_sdk_apigatewayv2::Client::new(config),
            watch: aws_sdk_cloudwatch::Client::new(config),
            logs: aws_sdk_cloudwatchlogs::Client::new(config),
            functions: aws_sdk_lambda::Client::new(config),
            events: aws_sdk_eventbridge::Client::new(config),
            topics: aws_sdk_sns::Client::new(config),
            buckets: crate::s3::client(config),
            tables: aws_sdk_dynamodb::Client::new(config),
            iam: aws_sdk_iam::Client::new(config),
            keys: aws_sdk_kms::Client::new(config),
        })
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &DeploymentId {
        &self.id
    }

    /// The account it is looked for in.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// The region it is looked for in.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Who is looking.
    #[must_use]
    pub fn caller_arn(&self) -> &str {
        &self.caller_arn
    }

    /// Make one change. Nothing left to do is success.
    ///
    /// # Errors
    /// See [`CloudError`].
    pub async fn change(&self, action: Action, resource: &Resource) -> Result<Progress, CloudError> {
        match action {
            Action::Stop => self.stop(resource).await.map(|()| Progress::Done),
            Action::Clear => self.clear(resource).await,
            Action::Delete => self.delete(resource).await.map(|()| Progress::Done),
        }
    }
}
