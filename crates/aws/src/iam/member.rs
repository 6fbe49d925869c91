//! One account that we vend into: its client, with the vendor role's credentials, its pace and its count of roles. Nothing
//! is shared between accounts, so that one that is throttled or refuses us holds up nobody else.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_iam::config::retry::{RetryConfig, RetryPartition};
use aws_sdk_iam::config::{Builder, IdentityCache};
use daypass_vending::ids::AccountId;
use daypass_vending::ports::CloudError;

use super::census::Census;
use super::pace::{Pacer, Urgency};
use super::vendor::VendorCredentials;
use super::{CloudOptions, VendorRole};

/// Credentials are renewed when they have less than this left.
const RENEW_BEFORE_END: Duration = Duration::from_secs(300);

/// How often a throttled write gets another turn before its caller is told.
const TURNS: u32 = 4;

/// An account.
pub(super) struct Member {
    /// For calls that change nothing: the SDK may repeat them.
    pub(super) reads: aws_sdk_iam::Client,
    /// For changes: never repeated here, because a repetition that fails would hide that the first one may have happened.
    writes: aws_sdk_iam::Client,
    pub(super) census: Census,
    pacer: Pacer,
}

impl Member {
    /// The account, entered through its vendor role, or without an entrance as whom `config` says.
    pub(super) fn new(
        config: &SdkConfig,
        entrance: Option<aws_sdk_sts::Client>,
        account: &AccountId,
        options: &CloudOptions,
    ) -> Self {
        let VendorRole { name, external_id, pace } = options.vendor_role(account);
        let vendor = entrance.map(|sts| VendorCredentials {
            sts,
            role_arn: format!("arn:{}:iam::{account}:role/{name}", options.partition.as_str()),
            deployment: Some(options.deployment.clone()),
            session_name: options.session_name.clone(),
            external_id: external_id.clone(),
        });
        // The SDK's own cache holds few identities, and its retry limits are those of a region unless they get a name.
        let cache = IdentityCache::lazy().buffer_time(RENEW_BEFORE_END).build();
        let common = Builder::from(config).identity_cache(cache);
        let common = match vendor {
            Some(vendor) => common.credentials_provider(vendor),
            None => common,
        };
        let reads = common.clone().retry_partition(RetryPartition::new(format!("iam-{account}"))).build();
        let writes = common.retry_config(RetryConfig::disabled()).build();
        Self {
            reads: aws_sdk_iam::Client::from_conf(reads),
            writes: aws_sdk_iam::Client::from_conf(writes),
            census: Census::new(),
            pacer: Pacer::new(*pace),
        }
    }

    /// Make a change when it is its turn. Nothing happened when AWS throttles, so the change queues up again, behind what
    /// is more urgent.
    pub(super) async fn write<T, F>(
        &self,
        urgency: Urgency,
        change: impl Fn(aws_sdk_iam::Client) -> F,
    ) -> Result<T, CloudError>
    where
        F: Future<Output = Result<T, CloudError>>,
    {
        let mut turns = 1;
        loop {
            self.pacer.turn(urgency).await;
            match change(self.writes.clone()).await {
                Err(CloudError::Throttled) => {
                    self.pacer.throttled();
                    if turns == TURNS {
                        return Err(CloudError::Throttled);
                    }
                    turns += 1;
                }
                outcome => return outcome,
            }
        }
    }
}
