//! Roles and policies of IAM on their way out.

use daypass_vending::ports::CloudError;

use super::failure::{error, missing_is_done, missing_is_none};
use super::{Deployment, Resource};

impl Deployment {
    /// Take everything off a role that `DeleteRole` stumbles over: instance profiles, attachments, inline policies
    /// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html>).
    pub(super) async fn clear_role(&self, role: &Resource) -> Result<(), CloudError> {
        let name = role.name();
        let profiles = self.iam.list_instance_profiles_for_role().role_name(name).into_paginator().items().send();
        let profiles = profiles.try_collect().await.map_err(|e| error(role, &e));
        for profile in missing_is_none(profiles)?.unwrap_or_default() {
            let call = self.iam.remove_role_from_instance_profile().role_name(name);
            let done = call.instance_profile_name(profile.instance_profile_name).send().await;
            missing_is_done(done.map_err(|e| error(role, &e)))?;
        }
        let attached = self.iam.list_attached_role_policies().role_name(name).into_paginator().items().send();
        let attached = attached.try_collect().await.map_err(|e| error(role, &e));
        for policy in missing_is_none(attached)?.unwrap_or_default() {
            let call = self.iam.detach_role_policy().role_name(name);
            let done = call.set_policy_arn(policy.policy_arn).send().await;
            missing_is_done(done.map_err(|e| error(role, &e)))?;
        }
        let inline = self.iam.list_role_policies().role_name(name).into_paginator().items().send();
        let inline = inline.try_collect().await.map_err(|e| error(role, &e));
        for policy in missing_is_none(inline)?.unwrap_or_default() {
            let done = self.iam.delete_role_policy().role_name(name).policy_name(policy).send().await;
            missing_is_done(done.map_err(|e| error(role, &e)))?;
        }
        Ok(())
    }

    /// Delete all versions but the default one, which goes with the policy. Whom else it is attached to is not ours to
    /// change: it stays then, and the message names them.
    pub(super) async fn clear_policy(&self, policy: &Resource) -> Result<(), CloudError> {
        let arn = policy.arn.as_str();
        let answer = self.iam.list_entities_for_policy().policy_arn(arn).send().await;
        let Some(on) = missing_is_none(answer.map_err(|e| error(policy, &e)))? else { return Ok(()) };
        let roles = on.policy_roles().iter().filter_map(|role| role.role_name());
        let users = on.policy_users().iter().filter_map(|user| user.user_name());
        let groups = on.policy_groups().iter().filter_map(|group| group.group_name());
        let holders: Vec<&str> = roles.chain(users).chain(groups).collect();
        if !holders.is_empty() {
            // The roles of the deployment are gone by now, though IAM may still list them for a moment.
            let message = format!("it is still on {}, which is not this deployment's to change", holders.join(", "));
            return Err(CloudError::Refused { code: "DeleteConflict".to_owned(), message });
        }
        let versions = self.iam.list_policy_versions().policy_arn(arn).into_paginator().items().send();
        let versions = versions.try_collect().await.map_err(|e| error(policy, &e));
        for version in
            missing_is_none(versions)?.unwrap_or_default().iter().filter(|version| !version.is_default_version)
        {
            let call = self.iam.delete_policy_version().policy_arn(arn);
            let done = call.set_version_id(version.version_id.clone()).send().await;
            missing_is_done(done.map_err(|e| error(policy, &e)))?;
        }
        Ok(())
    }
}
