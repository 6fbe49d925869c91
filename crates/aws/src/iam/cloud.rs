//! The port. Each verb is one call of AWS, but for those that AWS tells in parts.

use async_trait::async_trait;
use aws_sdk_iam::types::{SummaryKeyType, Tag};
use daypass_vending::ids::{AccountId, RoleName, TierName};
use daypass_vending::plan::{Change, KILL_POLICY, SESSION_POLICY, tag};
use daypass_vending::ports::{AccountPage, Assumption, Cloud, CloudError, Liveness, PageToken, RoleQuota, RoleState};
use daypass_vending::secret::Credentials;

use super::AwsCloud;
use super::document::decoded;
use super::failure::cloud_error;
use super::member::Member;
use super::pace::Urgency;
use super::state::{none_if_missing, role_state, summary};

/// As many roles in a page as IAM allows
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html>).
const PAGE: i32 = 1_000;

#[async_trait]
impl Cloud for AwsCloud {
    async fn apply(&self, account: &AccountId, change: &Change) -> Result<(), CloudError> {
        match change {
            Change::CreateRole { .. } => self.create_role(account, change).await,
            Change::PutPermissions { role, document } => {
                self.put_policy(account, role, SESSION_POLICY, document, Urgency::Finish).await
            }
            Change::PutTrust { role, trust } => self.put_trust(account, role, trust, Urgency::Finish).await,
        }
    }

    async fn put_role_policy(
        &self,
        account: &AccountId,
        role: &RoleName,
        name: &str,
        document: &str,
    ) -> Result<(), CloudError> {
        let urgency = if name == KILL_POLICY { Urgency::Kill } else { Urgency::Finish };
        self.put_policy(account, role, name, document, urgency).await
    }

    async fn put_trust_policy(&self, account: &AccountId, role: &RoleName, document: &str) -> Result<(), CloudError> {
        // By itself, outside a plan's changes, a trust policy is put to close a role's door.
        self.put_trust(account, role, document, Urgency::Kill).await
    }

    async fn role(&self, account: &AccountId, role: &RoleName) -> Result<Option<RoleState>, CloudError> {
        role_state(&self.member(account).reads, role).await
    }

    async fn roles(
        &self,
        account: &AccountId,
        path_prefix: &str,
        page: Option<PageToken>,
    ) -> Result<AccountPage, CloudError> {
        let member = self.member(account);
        let call = member.reads.list_roles().path_prefix(path_prefix).max_items(PAGE);
        let answer = call.set_marker(page.map(|page| page.0)).send().await;
        let answer = answer.map_err(|error| cloud_error(&format!("the roles under {path_prefix}"), &error))?;
        let roles = answer.roles.iter().map(summary).collect::<Result<_, _>>()?;
        Ok(AccountPage { roles, next: answer.marker.filter(|_| answer.is_truncated).map(PageToken) })
    }

    async fn delete_role_policy(&self, account: &AccountId, role: &RoleName, name: &str) -> Result<(), CloudError> {
        let change = |client: aws_sdk_iam::Client| async move {
            let done = client.delete_role_policy().role_name(role.as_str()).policy_name(name).send().await;
            done.map(drop).map_err(|error| cloud_error(&format!("policy {name} of role {role}"), &error))
        };
        missing_is_success(self.member(account).write(Urgency::CleanUp, change).await).map(drop)
    }

    async fn detach_role_policy(&self, account: &AccountId, role: &RoleName, arn: &str) -> Result<(), CloudError> {
        let change = |client: aws_sdk_iam::Client| async move {
            let done = client.detach_role_policy().role_name(role.as_str()).policy_arn(arn).send().await;
            done.map(drop).map_err(|error| cloud_error(&format!("{arn} on role {role}"), &error))
        };
        missing_is_success(self.member(account).write(Urgency::CleanUp, change).await).map(drop)
    }

    async fn remove_from_instance_profile(
        &self,
        account: &AccountId,
        role: &RoleName,
        profile: &str,
    ) -> Result<(), CloudError> {
        let change = |client: aws_sdk_iam::Client| async move {
            let call = client.remove_role_from_instance_profile().role_name(role.as_str());
            let done = call.instance_profile_name(profile).send().await;
            done.map(drop).map_err(|error| cloud_error(&format!("role {role} in profile {profile}"), &error))
        };
        missing_is_success(self.member(account).write(Urgency::CleanUp, change).await).map(drop)
    }

    async fn delete_role(&self, account: &AccountId, role: &RoleName) -> Result<(), CloudError> {
        let member = self.member(account);
        let change = |client: aws_sdk_iam::Client| async move {
            let done = client.delete_role().role_name(role.as_str()).send().await;
            done.map(drop).map_err(|error| cloud_error(&format!("role {role}"), &error))
        };
        if missing_is_success(member.write(Urgency::CleanUp, change).await)?.is_some() {
            member.census.deleted();
        }
        Ok(())
    }

    async fn assume_role(&self, account: &AccountId, assumption: &Assumption<'_>) -> Result<Credentials, CloudError> {
        self.assume(account, assumption).await
    }

    async fn probe(&self, credentials: &Credentials) -> Result<Liveness, CloudError> {
        self.prober.probe(credentials).await
    }

    async fn role_quota(&self, account: &AccountId) -> Result<RoleQuota, CloudError> {
        let member = self.member(account);
        member.census.count(ask_quota(&member)).await
    }

    async fn managed_policy(&self, account: &AccountId, arn: &str) -> Result<Option<String>, CloudError> {
        let client = &self.member(account).reads;
        let found = client.get_policy().policy_arn(arn).send().await;
        let version = match found {
            Ok(answer) => answer.policy.and_then(|policy| policy.default_version_id),
            Err(error) => return none_if_missing(cloud_error(&format!("policy {arn}"), &error)),
        };
        let version = version.ok_or_else(|| CloudError::Unavailable(format!("AWS sent no version of {arn}")))?;
        match client.get_policy_version().policy_arn(arn).version_id(version).send().await {
            Ok(answer) => answer.policy_version.and_then(|found| found.document).as_deref().map(decoded).transpose(),
            Err(error) => none_if_missing(cloud_error(&format!("policy {arn}"), &error)),
        }
    }
}

impl AwsCloud {
    async fn create_role(&self, account: &AccountId, change: &Change) -> Result<(), CloudError> {
        let Change::CreateRole { role, path, boundary_arn, tags, trust } = change else { return Ok(()) };
        let tags: Vec<Tag> = tags.iter().map(|(key, value)| tag_of(key, value)).collect::<Result<_, _>>()?;
        let is_incident = self.options.incident_tiers.iter().any(|tier| tags.iter().any(|tag| is_tier(tag, tier)));
        let urgency = if is_incident { Urgency::Incident } else { Urgency::NewRole };
        let member = self.member(account);
        let creation = |client: aws_sdk_iam::Client| {
            let call = client.create_role().role_name(role.as_str()).path(path).permissions_boundary(boundary_arn);
            let call = call.assume_role_policy_document(trust).set_tags(Some(tags.clone()));
            async move { call.send().await.map_err(|error| cloud_error(&format!("role {role}"), &error)) }
        };
        member.write(urgency, creation).await?;
        member.census.made();
        Ok(())
    }

    async fn put_policy(
        &self,
        account: &AccountId,
        role: &RoleName,
        name: &str,
        document: &str,
        urgency: Urgency,
    ) -> Result<(), CloudError> {
        let change = |client: aws_sdk_iam::Client| async move {
            let call = client.put_role_policy().role_name(role.as_str()).policy_name(name).policy_document(document);
            call.send().await.map(drop).map_err(|error| cloud_error(&format!("role {role}"), &error))
        };
        self.member(account).write(urgency, change).await
    }

    async fn put_trust(
        &self,
        account: &AccountId,
        role: &RoleName,
        document: &str,
        urgency: Urgency,
    ) -> Result<(), CloudError> {
        let change = |client: aws_sdk_iam::Client| async move {
            let call = client.update_assume_role_policy().role_name(role.as_str()).policy_document(document);
            call.send().await.map(drop).map_err(|error| cloud_error(&format!("role {role}"), &error))
        };
        self.member(account).write(urgency, change).await
    }
}

async fn ask_quota(member: &Member) -> Result<RoleQuota, CloudError> {
    let answer = member.reads.get_account_summary().send().await;
    let answer = answer.map_err(|error| cloud_error("the account", &error))?;
    let number = |key: &SummaryKeyType| {
        let number = answer.summary_map.as_ref().and_then(|map| map.get(key)).copied();
        number.and_then(|number| u32::try_from(number).ok())
    };
    match (number(&SummaryKeyType::Roles), number(&SummaryKeyType::RolesQuota)) {
        (Some(used), Some(limit)) => Ok(RoleQuota { used, limit }),
        _ => Err(CloudError::Unavailable("AWS did not say how many roles there are".to_owned())),
    }
}

/// The port's deletions succeed when there is nothing to delete; `None` says that there was nothing.
fn missing_is_success<T>(done: Result<T, CloudError>) -> Result<Option<T>, CloudError> {
    match done {
        Ok(done) => Ok(Some(done)),
        Err(error) => none_if_missing(error),
    }
}

fn tag_of(key: &str, value: &str) -> Result<Tag, CloudError> {
    let tag = Tag::builder().key(key).value(value).build();
    tag.map_err(|error| CloudError::Refused { code: "InvalidInput".to_owned(), message: error.to_string() })
}

fn is_tier(found: &Tag, tier: &TierName) -> bool {
    found.key() == tag::TIER && found.value() == tier.as_str()
}
