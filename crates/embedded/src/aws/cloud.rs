//! The port: AWS as the domain calls it.

use async_trait::async_trait;
use daypass_vending::ids::{AccountId, RoleName};
use daypass_vending::plan::{Change, SESSION_POLICY};
use daypass_vending::ports::{
    AccountPage, Assumption, Cloud, CloudError, Liveness, PageToken, RoleQuota, RoleState, RoleSummary,
};
use daypass_vending::secret::Credentials;

use super::iam::{Role, key};
use super::objects::{Kind, Objects, Work};
use super::sts::{self, Asked};
use super::{SignedWith, SimulatedAws, SimulatedCall, rules};
use crate::database::JobError;

#[async_trait]
impl Cloud for SimulatedAws {
    async fn apply(&self, account: &AccountId, change: &Change) -> Result<(), CloudError> {
        match change {
            Change::CreateRole { role, path, boundary_arn, tags, trust } => {
                let (trust, boundary_arn, tags) = (trust.clone(), Some(boundary_arn.clone()), tags.clone());
                let role = Role::new(role, path, trust, boundary_arn, tags, self.stamp());
                let quota = self.options.role_quota;
                self.call_iam(account, move |objects| objects.create_role(&role, quota)).await
            }
            Change::PutPermissions { role, document } => {
                self.put_role_policy(account, role, SESSION_POLICY, document).await
            }
            Change::PutTrust { role, trust } => self.put_trust_policy(account, role, trust).await,
        }
    }

    async fn put_role_policy(
        &self,
        account: &AccountId,
        role: &RoleName,
        name: &str,
        document: &str,
    ) -> Result<(), CloudError> {
        let (role, name, document) = (role.clone(), name.to_owned(), document.to_owned());
        self.call_iam(account, move |objects| {
            objects.change_role(role.as_str(), |found| {
                rules::policy_name(&name)?;
                found.inline_policies.insert(name, document);
                rules::inline_policies(&found.name, &found.inline_policies)
            })
        })
        .await
    }

    async fn put_trust_policy(&self, account: &AccountId, role: &RoleName, document: &str) -> Result<(), CloudError> {
        let (role, document) = (role.clone(), document.to_owned());
        self.call_iam(account, move |objects| {
            objects.change_role(role.as_str(), |found| {
                rules::trust_policy(&document)?;
                found.trust = document;
                Ok(())
            })
        })
        .await
    }

    async fn role(&self, account: &AccountId, role: &RoleName) -> Result<Option<RoleState>, CloudError> {
        let role = role.clone();
        self.read(account, move |objects| {
            let found = objects.current::<Role>(Kind::Role, &key(role.as_str()))?;
            found.map(|found| state(objects, found)).transpose()
        })
        .await
    }

    async fn roles(
        &self,
        account: &AccountId,
        path_prefix: &str,
        page: Option<PageToken>,
    ) -> Result<AccountPage, CloudError> {
        let (prefix, after) = (path_prefix.to_owned(), page.map(|page| page.0).unwrap_or_default());
        self.read(account, move |objects| {
            let (roles, next) = objects.page::<Role>(Kind::Role, &prefix, &after)?;
            Ok(AccountPage { roles: roles.into_iter().map(summary).collect(), next: next.map(PageToken) })
        })
        .await
    }

    async fn delete_role_policy(&self, account: &AccountId, role: &RoleName, name: &str) -> Result<(), CloudError> {
        let (role, name) = (role.clone(), name.to_owned());
        self.call_iam(account, move |objects| {
            missing_is_success(objects.change_role(role.as_str(), |found| {
                found.inline_policies.remove(&name);
                Ok(())
            }))
        })
        .await
    }

    async fn detach_role_policy(&self, account: &AccountId, role: &RoleName, arn: &str) -> Result<(), CloudError> {
        let (role, arn) = (role.clone(), arn.to_owned());
        self.call_iam(account, move |objects| {
            missing_is_success(objects.change_role(role.as_str(), |found| {
                found.attached_policies.remove(&arn);
                Ok(())
            }))
        })
        .await
    }

    async fn remove_from_instance_profile(
        &self,
        account: &AccountId,
        role: &RoleName,
        profile: &str,
    ) -> Result<(), CloudError> {
        let (role, profile) = (role.clone(), profile.to_owned());
        self.call_iam(account, move |objects| objects.remove_from_profile(&profile, role.as_str())).await
    }

    async fn delete_role(&self, account: &AccountId, role: &RoleName) -> Result<(), CloudError> {
        let role = role.clone();
        self.call_iam(account, move |objects| objects.delete_role(role.as_str())).await
    }

    async fn assume_role(&self, account: &AccountId, assumption: &Assumption<'_>) -> Result<Credentials, CloudError> {
        let asked = Asked {
            role: assumption.role.clone(),
            path: assumption.path.to_owned(),
            external_id: assumption.external_id.clone(),
            user: assumption.user.clone(),
            duration_seconds: assumption.duration_seconds,
        };
        let (options, entropy) = (self.options.clone(), self.entropy.clone());
        self.write(account, move |objects| sts::assume_role(objects, &options, &*entropy, &asked)).await
    }

    async fn probe(&self, credentials: &Credentials) -> Result<Liveness, CloudError> {
        let action = "ec2:DescribeRegions".parse().map_err(|error| CloudError::Unavailable(format!("{error}")))?;
        let call = SimulatedCall::new(action, "*", self.options.broker.address);
        let outcome = self.call(SignedWith::from(credentials), call).await?;
        Ok(if outcome.is_allowed() { Liveness::Alive } else { Liveness::Dead })
    }

    async fn role_quota(&self, account: &AccountId) -> Result<RoleQuota, CloudError> {
        let limit = self.options.role_quota;
        self.read(account, move |objects| Ok(RoleQuota { used: objects.count(Kind::Role)?, limit })).await
    }

    async fn managed_policy(&self, account: &AccountId, arn: &str) -> Result<Option<String>, CloudError> {
        let arn = arn.to_owned();
        self.read(account, move |objects| objects.managed_policy(&arn)).await
    }
}

fn state(objects: Objects<'_>, role: Role) -> Work<RoleState> {
    Ok(RoleState {
        instance_profiles: objects.profiles_of(&role.name)?,
        name: RoleName::found(role.name),
        path: role.path,
        created_at: role.created_at,
        boundary_arn: role.boundary_arn,
        trust: role.trust,
        tags: role.tags,
        inline_policies: role.inline_policies,
        attached_policies: role.attached_policies.into_iter().collect(),
    })
}

fn summary(role: Role) -> RoleSummary {
    RoleSummary { name: RoleName::found(role.name), path: role.path, created_at: role.created_at }
}

/// The port's deletions succeed when there is nothing to delete.
fn missing_is_success(done: Work<()>) -> Work<()> {
    match done {
        Err(JobError::Declined(CloudError::NotFound(_))) => Ok(()),
        other => other,
    }
}
