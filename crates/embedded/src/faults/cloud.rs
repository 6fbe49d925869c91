//! A cloud whose calls fail as the script says.

use std::sync::Arc;

use async_trait::async_trait;
use daypass_vending::ids::{AccountId, RoleName};
use daypass_vending::plan::Change;
use daypass_vending::ports::{AccountPage, Assumption, Cloud, CloudError, Liveness, PageToken, RoleQuota, RoleState};
use daypass_vending::secret::Credentials;

use super::{CallKind, FaultScript, Injected, Refusal, guarded};

/// Wraps a cloud. Calls are named `cloud.<verb>`; a change by what it does: `cloud.create_role`,
/// `cloud.put_permissions`, `cloud.put_trust`.
pub struct FaultyCloud {
    inner: Arc<dyn Cloud>,
    script: FaultScript,
}

impl FaultyCloud {
    /// This cloud, failing as `script` says.
    #[must_use]
    pub fn new(inner: Arc<dyn Cloud>, script: FaultScript) -> Self {
        Self { inner, script }
    }
}

impl Injected for CloudError {
    fn refused(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Refused(code) => Self::Refused { code: code.to_owned(), message: "an injected fault".to_owned() },
            Refusal::Throttled => Self::Throttled,
            Refusal::Unavailable => Self::Unavailable("an injected fault".to_owned()),
        }
    }

    fn lost() -> Self {
        Self::Unknown("an injected fault".to_owned())
    }

    fn dead() -> Self {
        Self::Unavailable("an injected crash".to_owned())
    }
}

#[async_trait]
impl Cloud for FaultyCloud {
    async fn apply(&self, account: &AccountId, change: &Change) -> Result<(), CloudError> {
        let (name, role) = match change {
            Change::CreateRole { role, .. } => ("cloud.create_role", role),
            Change::PutPermissions { role, .. } => ("cloud.put_permissions", role),
            Change::PutTrust { role, .. } => ("cloud.put_trust", role),
        };
        guarded(&self.script, name, CallKind::Write, role.to_string(), self.inner.apply(account, change)).await
    }

    async fn put_role_policy(
        &self,
        account: &AccountId,
        role: &RoleName,
        name: &str,
        document: &str,
    ) -> Result<(), CloudError> {
        let effect = self.inner.put_role_policy(account, role, name, document);
        guarded(&self.script, "cloud.put_role_policy", CallKind::Write, role.to_string(), effect).await
    }

    async fn put_trust_policy(&self, account: &AccountId, role: &RoleName, document: &str) -> Result<(), CloudError> {
        let effect = self.inner.put_trust_policy(account, role, document);
        guarded(&self.script, "cloud.put_trust_policy", CallKind::Write, role.to_string(), effect).await
    }

    async fn role(&self, account: &AccountId, role: &RoleName) -> Result<Option<RoleState>, CloudError> {
        let effect = self.inner.role(account, role);
        guarded(&self.script, "cloud.role", CallKind::Read, role.to_string(), effect).await
    }

    async fn roles(
        &self,
        account: &AccountId,
        path_prefix: &str,
        page: Option<PageToken>,
    ) -> Result<AccountPage, CloudError> {
        let effect = self.inner.roles(account, path_prefix, page);
        guarded(&self.script, "cloud.roles", CallKind::Read, account.to_string(), effect).await
    }

    async fn delete_role_policy(&self, account: &AccountId, role: &RoleName, name: &str) -> Result<(), CloudError> {
        let effect = self.inner.delete_role_policy(account, role, name);
        guarded(&self.script, "cloud.delete_role_policy", CallKind::Write, role.to_string(), effect).await
    }

    async fn detach_role_policy(&self, account: &AccountId, role: &RoleName, arn: &str) -> Result<(), CloudError> {
        let effect = self.inner.detach_role_policy(account, role, arn);
        guarded(&self.script, "cloud.detach_role_policy", CallKind::Write, role.to_string(), effect).await
    }

    async fn remove_from_instance_profile(
        &self,
        account: &AccountId,
        role: &RoleName,
        profile: &str,
    ) -> Result<(), CloudError> {
        let effect = self.inner.remove_from_instance_profile(account, role, profile);
        guarded(&self.script, "cloud.remove_from_instance_profile", CallKind::Write, role.to_string(), effect).await
    }

    async fn delete_role(&self, account: &AccountId, role: &RoleName) -> Result<(), CloudError> {
        let effect = self.inner.delete_role(account, role);
        guarded(&self.script, "cloud.delete_role", CallKind::Write, role.to_string(), effect).await
    }

    async fn assume_role(&self, account: &AccountId, assumption: &Assumption<'_>) -> Result<Credentials, CloudError> {
        let effect = self.inner.assume_role(account, assumption);
        guarded(&self.script, "cloud.assume_role", CallKind::Write, assumption.role.to_string(), effect).await
    }

    async fn probe(&self, credentials: &Credentials) -> Result<Liveness, CloudError> {
        let effect = self.inner.probe(credentials);
        guarded(&self.script, "cloud.probe", CallKind::Read, credentials.role.to_string(), effect).await
    }

    async fn role_quota(&self, account: &AccountId) -> Result<RoleQuota, CloudError> {
        let effect = self.inner.role_quota(account);
        guarded(&self.script, "cloud.role_quota", CallKind::Read, account.to_string(), effect).await
    }

    async fn managed_policy(&self, account: &AccountId, arn: &str) -> Result<Option<String>, CloudError> {
        let effect = self.inner.managed_policy(account, arn);
        guarded(&self.script, "cloud.managed_policy", CallKind::Read, arn.to_owned(), effect).await
    }
}
