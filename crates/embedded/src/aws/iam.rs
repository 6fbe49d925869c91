//! IAM: what each call does to the records, under the rules IAM has for it. Runs within one transaction.

use std::collections::{BTreeMap, BTreeSet};

use daypass_vending::ids::RoleName;
use daypass_vending::ports::CloudError;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::errors::{conflict, invalid_input, over_quota};
use super::objects::{Kind, Objects, Work};
use super::rules;
use crate::database::JobError;

/// Managed policies a role may have attached, by default
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
const ATTACHMENTS: usize = 10;

/// What a role's sessions last at most unless somebody says otherwise, in seconds
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>).
const MAX_SESSION_SECONDS: i32 = 3_600;

/// The one policy of AWS' own that everybody has heard of: what a vandal attaches
/// (<https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AdministratorAccess.html>).
const ADMINISTRATOR: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// A role as IAM keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Role {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) unique_id: String,
    pub(super) created_at: Timestamp,
    pub(super) max_session_seconds: i32,
    pub(super) boundary_arn: Option<String>,
    pub(super) trust: String,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) inline_policies: BTreeMap<String, String>,
    pub(super) attached_policies: BTreeSet<String>,
}

/// What IAM itself adds to a new role: an id that was never used before, and the time.
#[derive(Clone, Debug)]
pub(super) struct Stamp {
    pub(super) unique_id: String,
    pub(super) created_at: Timestamp,
}

impl Role {
    /// A new role, with nothing on it yet.
    pub(super) fn new(
        name: &RoleName,
        path: &str,
        trust: String,
        boundary_arn: Option<String>,
        tags: BTreeMap<String, String>,
        stamp: Stamp,
    ) -> Self {
        let Stamp { unique_id, created_at } = stamp;
        Self {
            name: name.to_string(),
            path: path.to_owned(),
            unique_id,
            created_at,
            max_session_seconds: MAX_SESSION_SECONDS,
            boundary_arn,
            trust,
            tags,
            inline_policies: BTreeMap::new(),
            attached_policies: BTreeSet::new(),
        }
    }
}

/// A managed policy: its default version.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ManagedPolicy {
    pub(super) arn: String,
    pub(super) document: String,
}

/// An instance profile, which holds at most one role.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct InstanceProfile {
    pub(super) name: String,
    role_key: Option<String>,
}

/// What IAM knows a name by: it keeps the case and ignores it.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names>
pub(super) fn key(name: &str) -> String {
    name.to_ascii_lowercase()
}

impl Objects<'_> {
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>
    pub(super) fn create_role(&self, role: &Role, quota: u32) -> Work<()> {
        decline(rules::role_name(&role.name))?;
        decline(rules::path(&role.path))?;
        decline(rules::tags(&role.tags))?;
        decline(rules::trust_policy(&role.trust))?;
        let key = key(&role.name);
        if self.current::<Role>(Kind::Role, &key)?.is_some() {
            return declined(CloudError::AlreadyExists(format!("role {}", role.name)));
        }
        if let Some(arn) = &role.boundary_arn {
            self.expect_policy(arn)?;
        }
        if self.count(Kind::Role)? >= quota {
            return declined(over_quota("RolesPerAccount", usize::try_from(quota).unwrap_or(usize::MAX)));
        }
        self.put(Kind::Role, &key, &role.path, role)
    }

    /// The role, or `NoSuchEntity`.
    pub(super) fn expect_role(&self, name: &str) -> Work<Role> {
        match self.current(Kind::Role, &key(name))? {
            Some(role) => Ok(role),
            None => declined(CloudError::NotFound(format!("role {name}"))),
        }
    }

    /// Change a role and keep it.
    pub(super) fn change_role(&self, name: &str, change: impl FnOnce(&mut Role) -> Result<(), CloudError>) -> Work<()> {
        let mut role = self.expect_role(name)?;
        decline(change(&mut role))?;
        self.put(Kind::Role, &key(name), &role.path, &role)
    }

    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html>
    pub(super) fn attach_policy(&self, name: &str, arn: &str) -> Work<()> {
        self.expect_role(name)?;
        self.expect_policy(arn)?;
        self.change_role(name, |role| {
            role.attached_policies.insert(arn.to_owned());
            let fits = role.attached_policies.len() <= ATTACHMENTS;
            if fits { Ok(()) } else { Err(over_quota("PoliciesPerRole", ATTACHMENTS)) }
        })
    }

    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html>: only a bare role can be deleted. One
    /// that is not there is success, as the port wants it.
    pub(super) fn delete_role(&self, name: &str) -> Work<()> {
        let Some(role) = self.current::<Role>(Kind::Role, &key(name))? else { return Ok(()) };
        if !self.profiles_of(name)?.is_empty() {
            return declined(conflict("Cannot delete entity, must remove roles from instance profile first."));
        }
        if !role.attached_policies.is_empty() {
            return declined(conflict("Cannot delete entity, must detach all policies first."));
        }
        if !role.inline_policies.is_empty() {
            return declined(conflict("Cannot delete entity, must delete policies first."));
        }
        self.end(Kind::Role, &key(name))
    }

    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicyVersion.html>, as default version: a policy
    /// that is there is replaced.
    pub(super) fn put_managed_policy(&self, arn: &str, document: &str) -> Work<()> {
        decline(rules::managed_policy(document))?;
        decline(self.check_policy_arn(arn))?;
        let policy = ManagedPolicy { arn: arn.to_owned(), document: document.to_owned() };
        self.put(Kind::Policy, arn, "", &policy)
    }

    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html>: not while anything uses it.
    pub(super) fn delete_managed_policy(&self, arn: &str) -> Work<()> {
        self.expect_policy(arn)?;
        let uses = |role: &Role| role.boundary_arn.as_deref() == Some(arn) || role.attached_policies.contains(arn);
        if self.all(Kind::Role)?.iter().any(uses) {
            return declined(conflict("Cannot delete a policy attached to entities."));
        }
        self.end(Kind::Policy, arn)
    }

    /// The default version of a managed policy as IAM knows it.
    pub(super) fn managed_policy(&self, arn: &str) -> Work<Option<String>> {
        if is_administrator(arn) {
            return Ok(Some(ADMINISTRATOR.to_owned()));
        }
        Ok(self.current::<ManagedPolicy>(Kind::Policy, arn)?.map(|policy| policy.document))
    }

    /// The default version of a managed policy as the services see it.
    pub(super) fn visible_policy(&self, arn: &str) -> Work<Option<String>> {
        if is_administrator(arn) {
            return Ok(Some(ADMINISTRATOR.to_owned()));
        }
        Ok(self.visible::<ManagedPolicy>(Kind::Policy, arn)?.map(|policy| policy.document))
    }

    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateInstanceProfile.html> and
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddRoleToInstanceProfile.html>
    pub(super) fn create_profile_with(&self, profile: &str, role: &str) -> Work<()> {
        decline(rules::profile_name(profile))?;
        self.expect_role(role)?;
        if self.current::<InstanceProfile>(Kind::Profile, &key(profile))?.is_some() {
            return declined(CloudError::AlreadyExists(format!("instance profile {profile}")));
        }
        let profile = InstanceProfile { name: profile.to_owned(), role_key: Some(key(role)) };
        self.put(Kind::Profile, &key(&profile.name), "", &profile)
    }

    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_RemoveRoleFromInstanceProfile.html>; not being in it is
    /// success, as the port wants it.
    pub(super) fn remove_from_profile(&self, profile: &str, role: &str) -> Work<()> {
        let found = self.current::<InstanceProfile>(Kind::Profile, &key(profile))?;
        match found.filter(|found| found.role_key == Some(key(role))) {
            Some(found) => self.put(Kind::Profile, &key(profile), "", &InstanceProfile { role_key: None, ..found }),
            None => Ok(()),
        }
    }

    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListInstanceProfilesForRole.html>
    pub(super) fn profiles_of(&self, role: &str) -> Work<Vec<String>> {
        let all: Vec<InstanceProfile> = self.all(Kind::Profile)?;
        let role = Some(key(role));
        Ok(all.into_iter().filter(|profile| profile.role_key == role).map(|profile| profile.name).collect())
    }

    fn expect_policy(&self, arn: &str) -> Work<()> {
        match self.managed_policy(arn)? {
            Some(_) => Ok(()),
            None => declined(CloudError::NotFound(format!("policy {arn}, or it is not attachable"))),
        }
    }

    fn check_policy_arn(&self, arn: &str) -> Result<(), CloudError> {
        let resource = arn.split_once(&format!(":iam::{}:policy/", self.account)).map(|(_, resource)| resource);
        let name = resource.and_then(|resource| resource.rsplit('/').next());
        match name {
            Some(name) => rules::policy_name(name),
            None => Err(invalid_input(format!("ARN {arn} is not valid."))),
        }
    }
}

/// AWS declines: nothing of the work is stored.
pub(super) fn declined<T>(why: CloudError) -> Work<T> {
    Err(JobError::Declined(why))
}

/// A rule's verdict as the result of work.
pub(super) fn decline<T>(verdict: Result<T, CloudError>) -> Work<T> {
    verdict.map_err(JobError::Declined)
}

fn is_administrator(arn: &str) -> bool {
    arn.ends_with(":iam::aws:policy/AdministratorAccess")
}
