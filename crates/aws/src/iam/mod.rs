//! IAM and STS: the roles of all accounts, as the port [`Cloud`](daypass_vending::ports::Cloud) has them.
//!
//! Two identities act. The *broker*, whose credentials the process was started with, assumes vended roles. In each account
//! a *vendor role*, which the broker assumes with an external id, makes, checks and kills them.

mod assume;
mod census;
mod cloud;
mod document;
mod failure;
mod identity;
mod member;
mod pace;
mod state;
mod vendor;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::SdkConfig;
use daypass_vending::ids::{AccountId, DeploymentId, TierName};
use daypass_vending::secret::Secret;
use daypass_vending::template::Partition;

pub use identity::IdentityError;
pub use pace::Pace;

use crate::probe::Prober;
use member::Member;
#[cfg(feature = "deployment")]
pub(crate) use vendor::{VendorCredentials, entrance};

/// AWS as a [`Cloud`](daypass_vending::ports::Cloud).
pub struct AwsCloud {
    config: SdkConfig,
    options: CloudOptions,
    sts: aws_sdk_sts::Client,
    /// For entering accounts.
    entrance: aws_sdk_sts::Client,
    prober: Prober,
    /// An account that is entered without a vendor role, and as whom.
    home: Option<(AccountId, SdkConfig)>,
    members: Mutex<BTreeMap<AccountId, Arc<Member>>>,
}

/// What the accounts are like.
#[derive(Clone, Debug)]
pub struct CloudOptions {
    /// The part of AWS they are in.
    pub partition: Partition,
    /// Which installation we are: vendor roles let nobody in who does not say so.
    pub deployment: DeploymentId,
    /// The name of our sessions of vendor roles, as it stands in every account's CloudTrail.
    pub session_name: String,
    /// The vendor role of accounts that are not named below.
    pub vendor_role: VendorRole,
    /// The vendor roles of accounts that differ.
    pub exceptions: BTreeMap<AccountId, VendorRole>,
    /// The tiers for incidents: their roles are made before all others.
    pub incident_tiers: BTreeSet<TierName>,
}

/// How we get into an account, and how fast we may write there.
#[derive(Clone, Debug)]
pub struct VendorRole {
    /// The role's name with its path but without the first slash, such as `daypass-vendor` or `security/daypass-vendor`.
    pub name: String,
    /// What its trust policy asks for
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html>).
    pub external_id: Option<Secret>,
    /// How fast the account's IAM is written to.
    pub pace: Pace,
}

impl CloudOptions {
    fn vendor_role(&self, account: &AccountId) -> &VendorRole {
        self.exceptions.get(account).unwrap_or(&self.vendor_role)
    }
}

impl AwsCloud {
    /// The accounts, entered by the identity that `config` has credentials of.
    ///
    /// # Errors
    /// [`NoRegion`] when `config` names no region.
    pub fn new(config: SdkConfig, options: CloudOptions) -> Result<Self, NoRegion> {
        let prober = Prober::new(&config, options.partition).ok_or(NoRegion)?;
        let sts = aws_sdk_sts::Client::new(&config);
        let entrance = vendor::entrance(&config);
        Ok(Self { config, options, sts, entrance, prober, home: None, members: Mutex::default() })
    }

    /// The same, but in this account, which the credentials of `config` are of, they act by themselves instead of a vendor
    /// role: for whoever administers it.
    #[must_use]
    pub fn at_home_in(self, account: AccountId, config: SdkConfig) -> Self {
        Self { home: Some((account, config)), ..self }
    }

    /// The account, with what we know of it from earlier calls.
    fn member(&self, account: &AccountId) -> Arc<Member> {
        let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        let member = members.entry(account.clone()).or_insert_with(|| {
            Arc::new(match &self.home {
                Some((home, config)) if home == account => Member::new(config, None, account, &self.options),
                _ => Member::new(&self.config, Some(self.entrance.clone()), account, &self.options),
            })
        });
        Arc::clone(member)
    }
}

/// No region is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no AWS region is configured")]
pub struct NoRegion;
