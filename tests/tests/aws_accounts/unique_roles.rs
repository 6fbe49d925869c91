//! What the emulator lacks for the contract: AWS ties a session to the unique id of its role, so that it stays dead when a
//! role of the same name is made
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>). `ministack` ties
//! it to the name, and the old credentials come back to life.
//!
//! This stands between contract and adapter, passes every call on, and adds that one rule: credentials of a role that was
//! deleted are dead, whatever the emulator says. On AWS the contract runs without it.

use std::collections::BTreeSet;
use std::sync::Mutex;

use async_trait::async_trait;
use daypass_aws::iam::AwsCloud;
use daypass_vending::ids::{AccountId, RoleName};
use daypass_vending::plan::Change;
use daypass_vending::ports::{AccountPage, Assumption, Cloud, CloudError, Liveness, PageToken, RoleQuota, RoleState};
use daypass_vending::secret::Credentials;

pub(crate) struct UniqueRoles {
    aws: AwsCloud,
    /// Access keys of sessions whose role still is the one they were issued for, with its name.
    sessions: Mutex<BTreeSet<(RoleName, String)>>,
}

impl UniqueRoles {
    pub(crate) fn new(aws: AwsCloud) -> Self {
        Self { aws, sessions: Mutex::default() }
    }
}

#[async_trait]
impl Cloud for UniqueRoles {
    async fn delete_role(&self, account: &AccountId, role: &RoleName) -> Result<(), CloudError> {
        self.aws.delete_role(account, role).await?;
        self.sessions.lock().unwrap().retain(|(of, _)| of != role);
        Ok(())
    }

    async fn assume_role(&self, account: &AccountId, assumption: &Assumption<'_>) -> Result<Credentials, CloudError> {
        let credentials = self.aws.assume_role(account, assumption).await?;
        let session = (assumption.role.clone(), credentials.access_key_id.clone());
        self.sessions.lock().unwrap().insert(session);
        Ok(credentials)
    }

    async fn probe(&self, credentials: &Credentials) -> Result<Liveness, CloudError> {
        let found = self.aws.probe(credentials).await?;
        let session = (credentials.role.clone(), credentials.access_key_id.clone());
        Ok(if self.sessions.lock().unwrap().contains(&session) { found } else { Liveness::Dead })
    }

    async fn apply(&self, account: &AccountId, change: &Change) -> Result<(), CloudError> {
        self.aws.apply(account, change).await
    }

    async fn put_role_policy(
        &self,
        account: &AccountId,
        role: &RoleName,
        name: &str,
        document: &str,
    ) -> Result<(), CloudError> {
        self.aws.put_role_policy(account, role, name, document).await
    }

    async fn put_trust_policy(&self, account: &AccountId, role: &RoleName, document: &str) -> Result<(), CloudError> {
        self.aws.put_trust_policy(account, role, document).await
    }

    async fn role(&self, account: &AccountId, role: &RoleName) -> Result<Option<RoleState>, CloudError> {
        self.aws.role(account, role).await
    }

    async fn roles(
        &self,
        account: &AccountId,
        path_prefix: &str,
        page: Option<PageToken>,
    ) -> Result<AccountPage, CloudError> {
        self.aws.roles(account, path_prefix, page).await
    }

    async fn delete_role_policy(&self, account: &AccountId, role: &RoleName, name: &str) -> Result<(), CloudError> {
        self.aws.delete_role_policy(account, role, name).await
    }

    async fn detach_role_policy(&self, account: &AccountId, role: &RoleName, arn: &str) -> Result<(), CloudError> {
        self.aws.detach_role_policy(account, role, arn).await
    }

    async fn remove_from_instance_profile(
        &self,
        account: &AccountId,
        role: &RoleName,
        profile: &str,
    ) -> Result<(), CloudError> {
        self.aws.remove_from_instance_profile(account, role, profile).await
    }

    async fn role_quota(&self, account: &AccountId) -> Result<RoleQuota, CloudError> {
        self.aws.role_quota(account).await
    }

    async fn managed_policy(&self, account: &AccountId, arn: &str) -> Result<Option<String>, CloudError> {
        self.aws.managed_policy(account, arn).await
    }
}
