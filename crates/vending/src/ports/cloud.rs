//! AWS as the domain sees it: the few IAM and STS calls that make, check, use and kill a role. One verb is one AWS call,
//! so that a test can fail each of them.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::ids::{AccountId, RoleName, SessionId, UserId};
use crate::plan::Change;
use crate::secret::{Credentials, ExternalId};

/// The accounts we vend into.
#[async_trait]
pub trait Cloud: Send + Sync {
    /// Make one change. Creating a role that exists is [`CloudError::AlreadyExists`]; the other changes replace.
    ///
    /// # Errors
    /// See [`CloudError`]; [`CloudError::may_have_applied`] says whether it may have happened all the same.
    async fn apply(&self, account: &AccountId, change: &Change) -> Result<(), CloudError>;

    /// Put an inline policy on a role, whatever it had under this name.
    ///
    /// # Errors
    /// [`CloudError::NotFound`] when there is no such role.
    async fn put_role_policy(
        &self,
        account: &AccountId,
        role: &RoleName,
        name: &str,
        document: &str,
    ) -> Result<(), CloudError>;

    /// Replace a role's trust policy.
    ///
    /// # Errors
    /// [`CloudError::NotFound`] when there is no such role.
    async fn put_trust_policy(&self, account: &AccountId, role: &RoleName, document: &str) -> Result<(), CloudError>;

    /// Everything about a role: `GetRole`, its inline policies, attachments and instance profiles.
    ///
    /// # Errors
    /// When AWS cannot tell; a role that is not there is `Ok(None)`.
    async fn role(&self, account: &AccountId, role: &RoleName) -> Result<Option<RoleState>, CloudError>;

    /// One page of the roles under a path.
    ///
    /// # Errors
    /// When AWS cannot tell.
    async fn roles(
        &self,
        account: &AccountId,
        path_prefix: &str,
        page: Option<PageToken>,
    ) -> Result<AccountPage, CloudError>;

    /// Delete an inline policy; not being there is success.
    ///
    /// # Errors
    /// See [`CloudError`].
    async fn delete_role_policy(&self, account: &AccountId, role: &RoleName, name: &str) -> Result<(), CloudError>;

    /// Detach a managed policy; not being attached is success.
    ///
    /// # Errors
    /// See [`CloudError`].
    async fn detach_role_policy(&self, account: &AccountId, role: &RoleName, arn: &str) -> Result<(), CloudError>;

    /// Take the role out of an instance profile; not being in it is success.
    ///
    /// # Errors
    /// See [`CloudError`].
    async fn remove_from_instance_profile(
        &self,
        account: &AccountId,
        role: &RoleName,
        profile: &str,
    ) -> Result<(), CloudError>;

    /// Delete a role; not being there is success.
    ///
    /// # Errors
    /// `DeleteConflict` while anything is still on it.
    async fn delete_role(&self, account: &AccountId, role: &RoleName) -> Result<(), CloudError>;

    /// Get credentials of a role as the broker.
    ///
    /// # Errors
    /// `AccessDenied` when the trust policy does not allow it, or the role is not there or not visible yet.
    async fn assume_role(&self, account: &AccountId, assumption: &Assumption<'_>) -> Result<Credentials, CloudError>;

    /// Make a harmless call that every tier allows (`ec2:DescribeRegions`) with these credentials.
    ///
    /// # Errors
    /// When AWS did not answer; a refusal is an answer.
    async fn probe(&self, credentials: &Credentials) -> Result<Liveness, CloudError>;

    /// How many roles the account has and may have (`GetAccountSummary`).
    ///
    /// # Errors
    /// When AWS cannot tell.
    async fn role_quota(&self, account: &AccountId) -> Result<RoleQuota, CloudError>;

    /// The default version of a managed policy; `None` when it is not there.
    ///
    /// # Errors
    /// When AWS cannot tell.
    async fn managed_policy(&self, account: &AccountId, arn: &str) -> Result<Option<String>, CloudError>;
}

/// The parameters of an `AssumeRole` call.
#[derive(Clone, Copy, Debug)]
pub struct Assumption<'a> {
    /// Which role.
    pub role: &'a RoleName,
    /// Its path.
    pub path: &'a str,
    /// The external id its trust policy asks for.
    pub external_id: &'a ExternalId,
    /// The person: session name and source identity.
    pub user: &'a UserId,
    /// For which session; only for errors and logs.
    pub session: SessionId,
    /// For how long, in seconds: 900 to 3600, because the broker's own credentials are a role's
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining>).
    pub duration_seconds: i32,
}

/// What a probe showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Liveness {
    /// The call was allowed.
    Alive,
    /// The call was refused.
    Dead,
}

/// Everything about a role that the reconciler compares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleState {
    /// Its name.
    pub name: RoleName,
    /// Its path.
    pub path: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Its boundary.
    pub boundary_arn: Option<String>,
    /// Its trust policy.
    pub trust: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Its inline policies by name.
    pub inline_policies: BTreeMap<String, String>,
    /// The ARNs of attached managed policies.
    pub attached_policies: Vec<String>,
    /// The instance profiles it is in.
    pub instance_profiles: Vec<String>,
}

/// A role in a list: what `ListRoles` tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleSummary {
    /// Its name.
    pub name: RoleName,
    /// Its path.
    pub path: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// One page of an account's roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountPage {
    /// The roles.
    pub roles: Vec<RoleSummary>,
    /// Where the next page starts.
    pub next: Option<PageToken>,
}

/// Where a page of roles starts; only the adapter that made it can read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageToken(pub String);

/// How full an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoleQuota {
    /// How many roles there are.
    pub used: u32,
    /// How many there may be.
    pub limit: u32,
}

/// Why AWS did not do as told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CloudError {
    /// There is no such role, policy or profile.
    #[error("AWS does not know {0}")]
    NotFound(String),
    /// There is a role of this name already.
    #[error("{0} exists already")]
    AlreadyExists(String),
    /// AWS refused, and will again.
    #[error("AWS refused: {code}: {message}")]
    Refused {
        /// The AWS error code, such as `MalformedPolicyDocument`.
        code: String,
        /// What AWS said.
        message: String,
    },
    /// AWS asks for patience. Nothing happened.
    #[error("AWS is throttling")]
    Throttled,
    /// AWS could not be reached. Nothing happened.
    #[error("AWS cannot be reached: {0}")]
    Unavailable(String),
    /// The call was sent and no answer came: it may have happened.
    #[error("AWS did not say whether it happened: {0}")]
    Unknown(String),
}

impl CloudError {
    /// Whether the change may have happened in spite of the error.
    #[must_use]
    pub fn may_have_applied(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }

    /// Whether trying the same again may succeed.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Throttled | Self::Unavailable(_) | Self::Unknown(_))
    }

    /// Whether AWS said that access is denied, which right after a change may only mean that it is not visible yet.
    #[must_use]
    pub fn is_access_denied(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if code == "AccessDenied")
    }
}
