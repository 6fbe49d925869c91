//! What others do in the accounts: an administrator who sets them up, and a holder or vandal who changes what Daypass
//! made. Nothing here is throttled, and nothing here is part of the port.

use std::collections::BTreeMap;

use daypass_vending::ids::{AccountId, RoleName};
use daypass_vending::plan::boundary_arn;
use daypass_vending::ports::CloudError;
use daypass_vending::settings::Settings;
use daypass_vending::template::TemplateError;
use daypass_vending::tier::Tiers;

use super::iam::{Role, key};
use super::objects::Kind;
use super::{SimulatedAws, rules};

/// Why boundaries could not be put in place.
#[derive(Debug, thiserror::Error)]
pub enum BoundaryError {
    /// A tier's boundary does not compile for the account.
    #[error("the boundary of tier `{tier}` does not compile")]
    Template {
        /// Which tier.
        tier: String,
        /// What is wrong with it.
        #[source]
        source: TemplateError,
    },
    /// The account does not take it.
    #[error("the account does not take the boundary of tier `{tier}`")]
    Cloud {
        /// Which tier.
        tier: String,
        /// What AWS says.
        #[source]
        source: CloudError,
    },
}

impl SimulatedAws {
    /// Put every tier's boundary into an account, or bring it up to date, as an administrator does with Terraform before
    /// anything is vended there.
    ///
    /// # Errors
    /// See [`BoundaryError`]; the first that fails.
    pub async fn install_boundaries(
        &self,
        account: &AccountId,
        tiers: &Tiers,
        settings: &Settings,
    ) -> Result<(), BoundaryError> {
        for tier in tiers.iter() {
            let name = || tier.name.to_string();
            let document = tier.boundary.compile_shared(account, settings.partition);
            let document = document.map_err(|source| BoundaryError::Template { tier: name(), source })?;
            let arn = boundary_arn(settings, account, &tier.name);
            self.put_managed_policy(account, &arn, &document.to_json())
                .await
                .map_err(|source| BoundaryError::Cloud { tier: name(), source })?;
        }
        Ok(())
    }

    /// Make a managed policy, or give it this document as its default version
    /// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicyVersion.html>).
    ///
    /// # Errors
    /// `MalformedPolicyDocument`, `LimitExceeded`, or `InvalidInput` when the ARN is not one of the account's policies.
    pub async fn put_managed_policy(&self, account: &AccountId, arn: &str, document: &str) -> Result<(), CloudError> {
        let (arn, document) = (arn.to_owned(), document.to_owned());
        self.write(account, move |objects| objects.put_managed_policy(&arn, &document)).await
    }

    /// Delete a managed policy.
    ///
    /// # Errors
    /// `DeleteConflict` while a role has it attached or as its boundary, [`CloudError::NotFound`] when it is not there.
    pub async fn delete_managed_policy(&self, account: &AccountId, arn: &str) -> Result<(), CloudError> {
        let arn = arn.to_owned();
        self.write(account, move |objects| objects.delete_managed_policy(&arn)).await
    }

    /// Create a role outside of Daypass, by default assumable for an hour at most
    /// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>).
    ///
    /// # Errors
    /// As `CreateRole`.
    pub async fn create_role(&self, account: &AccountId, role: NewRole) -> Result<(), CloudError> {
        let NewRole { name, path, trust, boundary_arn, tags } = role;
        let role = Role::new(&name, &path, trust, boundary_arn, tags, self.stamp());
        let quota = self.options.role_quota;
        self.write(account, move |objects| objects.create_role(&role, quota)).await
    }

    /// Attach a managed policy to a role. `AdministratorAccess` of AWS itself is always there.
    ///
    /// # Errors
    /// [`CloudError::NotFound`], or `LimitExceeded` beyond ten.
    pub async fn attach_role_policy(&self, account: &AccountId, role: &RoleName, arn: &str) -> Result<(), CloudError> {
        let (role, arn) = (role.clone(), arn.to_owned());
        self.write(account, move |objects| objects.attach_policy(role.as_str(), &arn)).await
    }

    /// Make an instance profile with this role in it.
    ///
    /// # Errors
    /// [`CloudError::NotFound`], [`CloudError::AlreadyExists`], or `ValidationError` for its name.
    pub async fn create_instance_profile(
        &self,
        account: &AccountId,
        profile: &str,
        role: &RoleName,
    ) -> Result<(), CloudError> {
        let (profile, role) = (profile.to_owned(), role.clone());
        self.write(account, move |objects| objects.create_profile_with(&profile, role.as_str())).await
    }

    /// Take a role's boundary away
    /// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePermissionsBoundary.html>).
    ///
    /// # Errors
    /// [`CloudError::NotFound`] when there is no such role.
    pub async fn delete_role_boundary(&self, account: &AccountId, role: &RoleName) -> Result<(), CloudError> {
        self.vandalise(account, role, |role| {
            role.boundary_arn = None;
            Ok(())
        })
        .await
    }

    /// Put an inline policy on a role without being throttled.
    ///
    /// # Errors
    /// As `PutRolePolicy`.
    pub async fn plant_role_policy(
        &self,
        account: &AccountId,
        role: &RoleName,
        name: &str,
        document: &str,
    ) -> Result<(), CloudError> {
        let (name, document) = (name.to_owned(), document.to_owned());
        self.vandalise(account, role, move |role| {
            rules::policy_name(&name)?;
            role.inline_policies.insert(name, document);
            rules::inline_policies(&role.name, &role.inline_policies)
        })
        .await
    }

    /// Replace a role's trust policy without being throttled.
    ///
    /// # Errors
    /// As `UpdateAssumeRolePolicy`.
    pub async fn plant_trust_policy(
        &self,
        account: &AccountId,
        role: &RoleName,
        document: &str,
    ) -> Result<(), CloudError> {
        let document = document.to_owned();
        self.vandalise(account, role, move |role| {
            rules::trust_policy(&document)?;
            role.trust = document;
            Ok(())
        })
        .await
    }

    /// Give a role a tag, or another value of it; `None` takes it away. A key is found whatever its case
    /// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagRole.html>).
    ///
    /// # Errors
    /// As `TagRole`.
    pub async fn tag_role(
        &self,
        account: &AccountId,
        role: &RoleName,
        key: &str,
        value: Option<&str>,
    ) -> Result<(), CloudError> {
        let (key, value) = (key.to_owned(), value.map(str::to_owned));
        self.vandalise(account, role, move |role| {
            role.tags.retain(|present, _| present.to_lowercase() != key.to_lowercase());
            role.tags.extend(value.map(|value| (key, value)));
            rules::tags(&role.tags)
        })
        .await
    }

    /// Change how long a role's sessions last at most, in seconds
    /// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html>).
    ///
    /// # Errors
    /// `ValidationError` outside of 3,600 to 43,200.
    pub async fn set_max_session_duration(
        &self,
        account: &AccountId,
        role: &RoleName,
        seconds: i32,
    ) -> Result<(), CloudError> {
        self.vandalise(account, role, move |role| {
            rules::max_session_duration(seconds)?;
            role.max_session_seconds = seconds;
            Ok(())
        })
        .await
    }

    /// A role's unique id; `None` when it is not there. `GetRole` tells it, the port does not.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn role_unique_id(&self, account: &AccountId, role: &RoleName) -> Result<Option<String>, CloudError> {
        let role = role.clone();
        self.read(account, move |objects| {
            Ok(objects.current::<Role>(Kind::Role, &key(role.as_str()))?.map(|role| role.unique_id))
        })
        .await
    }

    async fn vandalise(
        &self,
        account: &AccountId,
        role: &RoleName,
        change: impl FnOnce(&mut Role) -> Result<(), CloudError> + Send + 'static,
    ) -> Result<(), CloudError> {
        let role = role.clone();
        self.write(account, move |objects| objects.change_role(role.as_str(), change)).await
    }
}

/// A role made outside of Daypass.
#[derive(Clone, Debug)]
pub struct NewRole {
    /// Its name.
    pub name: RoleName,
    /// Its path.
    pub path: String,
    /// Its trust policy.
    pub trust: String,
    /// Its boundary, which has to be there.
    pub boundary_arn: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}
