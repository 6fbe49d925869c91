//! Everything about a role, put together from the calls that each tell a part.

use std::collections::BTreeMap;

use aws_sdk_iam::Client;
use aws_sdk_iam::types::Role;
use daypass_vending::ids::RoleName;
use daypass_vending::ports::{CloudError, RoleState, RoleSummary};
use futures::future::{try_join_all, try_join3};
use jiff::Timestamp;

use super::document::decoded;
use super::failure::cloud_error;
use crate::time::timestamp;

/// A role's state, or `None` when `GetRole` does not know it. Once `GetRole` knows it, not being known by the other calls
/// means that it was deleted meanwhile, or that IAM has not told all of itself yet: that is trouble to be tried again, and
/// never "not there", because what is not there is forgotten.
pub(super) async fn role_state(client: &Client, name: &RoleName) -> Result<Option<RoleState>, CloudError> {
    let role = match client.get_role().role_name(name.as_str()).send().await {
        Ok(answer) => answer.role.ok_or_else(|| CloudError::Unavailable(format!("AWS sent no role {name}")))?,
        Err(error) => return none_if_missing(cloud_error(&format!("role {name}"), &error)),
    };
    let (inline_policies, attached_policies, instance_profiles) =
        try_join3(inline_policies(client, name), attached_policies(client, name), instance_profiles(client, name))
            .await
            .map_err(|error| match error {
                CloudError::NotFound(what) => CloudError::Unavailable(format!("AWS is of two minds about {what}")),
                error => error,
            })?;
    let summary = summary(&role)?;
    Ok(Some(RoleState {
        name: summary.name,
        path: summary.path,
        created_at: summary.created_at,
        boundary_arn: role.permissions_boundary.and_then(|boundary| boundary.permissions_boundary_arn),
        trust: decoded(role.assume_role_policy_document.as_deref().unwrap_or_default())?,
        tags: role.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect(),
        inline_policies,
        attached_policies,
        instance_profiles,
    }))
}

/// What a list of roles says of one.
pub(super) fn summary(role: &Role) -> Result<RoleSummary, CloudError> {
    Ok(RoleSummary { name: RoleName::found(&role.role_name), path: role.path.clone(), created_at: created_at(role)? })
}

/// The answer that something is not there, as an answer.
pub(super) fn none_if_missing<T>(error: CloudError) -> Result<Option<T>, CloudError> {
    match error {
        CloudError::NotFound(_) => Ok(None),
        error => Err(error),
    }
}

fn created_at(role: &Role) -> Result<Timestamp, CloudError> {
    timestamp(&role.create_date).ok_or_else(|| CloudError::Unavailable("AWS sent a time that is none".to_owned()))
}

async fn inline_policies(client: &Client, role: &RoleName) -> Result<BTreeMap<String, String>, CloudError> {
    let pages = client.list_role_policies().role_name(role.as_str()).into_paginator().items().send();
    let names: Vec<String> =
        pages.try_collect().await.map_err(|error| cloud_error(&format!("the policies of role {role}"), &error))?;
    let policies = names.into_iter().map(|name| async {
        let call = client.get_role_policy().role_name(role.as_str()).policy_name(&name);
        let answer =
            call.send().await.map_err(|error| cloud_error(&format!("policy {name} of role {role}"), &error))?;
        Ok((name, decoded(&answer.policy_document)?))
    });
    Ok(try_join_all(policies).await?.into_iter().collect())
}

async fn attached_policies(client: &Client, role: &RoleName) -> Result<Vec<String>, CloudError> {
    let pages = client.list_attached_role_policies().role_name(role.as_str()).into_paginator().items().send();
    let policies: Vec<_> =
        pages.try_collect().await.map_err(|error| cloud_error(&format!("the attachments of role {role}"), &error))?;
    Ok(policies.into_iter().filter_map(|policy| policy.policy_arn).collect())
}

async fn instance_profiles(client: &Client, role: &RoleName) -> Result<Vec<String>, CloudError> {
    let pages = client.list_instance_profiles_for_role().role_name(role.as_str()).into_paginator().items().send();
    let profiles: Vec<_> =
        pages.try_collect().await.map_err(|error| cloud_error(&format!("the profiles of role {role}"), &error))?;
    Ok(profiles.into_iter().map(|profile| profile.instance_profile_name).collect())
}
