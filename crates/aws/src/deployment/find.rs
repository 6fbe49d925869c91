//! Finding a deployment. The index of tags first; IAM, which it leaves out, role by role and policy by policy; and what it
//! may list late, or not at all, where the deployment's names say that it would be. Then each is asked whose it is.

use std::collections::BTreeMap;

use aws_sdk_cloudwatch::types::AlarmType;
use aws_sdk_iam::types::PolicyScopeType;
use aws_sdk_kms::types::KeyUsageType;
use aws_sdk_resourcegroupstagging::types::TagFilter;
use daypass_vending::plan::tag;
use daypass_vending::ports::CloudError;
use futures::stream::{self, StreamExt, TryStreamExt};

use super::failure::{error, missing_is_none};
use super::{Deployment, Presence, Resource, What};

/// How many resources are asked at once.
const AT_ONCE: usize = 8;

impl Deployment {
    /// Everything that is there and carries the tag, with what matters about it. Roles of sessions are left out: they are
    /// ended, not only deleted.
    ///
    /// # Errors
    /// When AWS does not say: what is not known must not pass for not there.
    pub async fn find(&self) -> Result<Vec<Resource>, CloudError> {
        let mut candidates: Vec<Resource> = self.indexed().await?;
        candidates.extend(self.apis().await?);
        candidates.extend(self.alarms().await?);
        candidates.extend(self.log_groups().await?);
        candidates.extend(self.policies().await?);
        candidates.push(self.dashboard());
        let unique: BTreeMap<String, Resource> =
            candidates.into_iter().map(|resource| (resource.arn.clone(), resource)).collect();
        let asked = stream::iter(unique.into_values()).map(|resource| self.confirmed(resource));
        let confirmed: Vec<Option<Resource>> = asked.buffer_unordered(AT_ONCE).try_collect().await?;
        let mut found: Vec<Resource> = confirmed.into_iter().flatten().collect();
        found.extend(self.roles().await?);
        found.sort();
        found.dedup();
        Ok(found)
    }

    /// What the index lists under the tag, a hundred at a time
    /// (<https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html>).
    async fn indexed(&self) -> Result<Vec<Resource>, CloudError> {
        let filter = TagFilter::builder().key(tag::DEPLOYMENT).values(self.id.as_str()).build();
        let call = self.tagging.get_resources().tag_filters(filter).resources_per_page(100);
        let found = call.into_paginator().items().send().try_collect().await;
        let found = found.map_err(|e| error("the index of tags", &e))?;
        Ok(found.iter().filter_map(|found| Resource::of_arn(found.resource_arn()?)).collect())
    }

    async fn apis(&self) -> Result<Vec<Resource>, CloudError> {
        let (mut found, mut next) = (Vec::new(), None);
        loop {
            let page = self.apis.get_apis().set_next_token(next).send().await.map_err(|e| error("the APIs", &e))?;
            let ours = page
                .items
                .unwrap_or_default()
                .into_iter()
                .filter(|api| api.tags.as_ref().is_some_and(|tags| self.is_ours(tags)));
            let region = &self.region;
            found.extend(ours.filter_map(|api| api.api_id).map(|id| Resource {
                what: What::Api,
                arn: format!("arn:{}:apigateway:{region}::/apis/{id}", self.partition()),
            }));
            next = page.next_token;
            if next.is_none() {
                return Ok(found);
            }
        }
    }

    async fn alarms(&self) -> Result<Vec<Resource>, CloudError> {
        let call = self.watch.describe_alarms().alarm_name_prefix(self.prefix());
        let call = call.alarm_types(AlarmType::MetricAlarm).alarm_types(AlarmType::CompositeAlarm);
        let mut pages = call.into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| error("the alarms", &e))?;
            let metric = page.metric_alarms().iter().filter_map(|alarm| alarm.alarm_arn());
            let composite = page.composite_alarms().iter().filter_map(|alarm| alarm.alarm_arn());
            found.extend(metric.chain(composite).filter_map(Resource::of_arn));
        }
        Ok(found)
    }

    async fn log_groups(&self) -> Result<Vec<Resource>, CloudError> {
        let mut found = Vec::new();
        for prefix in [format!("/aws/lambda/{}", self.prefix()), format!("/daypass/{}/", self.id)] {
            let call = self.logs.describe_log_groups().log_group_name_prefix(prefix);
            let groups = call.into_paginator().items().send().try_collect().await;
            let groups = groups.map_err(|e| error("the log groups", &e))?;
            found.extend(groups.iter().filter_map(|group| Resource::of_arn(group.arn()?)));
        }
        Ok(found)
    }

    /// The dashboard of the deployment's name. Dashboards take tags only since 2026, and not everything that makes them
    /// gives them any: one without is ours by its exact name.
    fn dashboard(&self) -> Resource {
        let arn = format!("arn:{}:cloudwatch::{}:dashboard/daypass-{}", self.partition(), self.account, self.id);
        Resource { what: What::Dashboard { tagged: false }, arn }
    }

    async fn policies(&self) -> Result<Vec<Resource>, CloudError> {
        let call = self.iam.list_policies().scope(PolicyScopeType::Local);
        let policies = call.into_paginator().items().send().try_collect().await;
        let policies = policies.map_err(|e| error("the policies", &e))?;
        Ok(policies.iter().filter_map(|policy| Resource::of_arn(policy.arn()?)).collect())
    }

    /// The roles with the tag, but for those of sessions. A list of roles has no tags, so that each is asked
    /// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html>).
    async fn roles(&self) -> Result<Vec<Resource>, CloudError> {
        let roles = self.iam.list_roles().into_paginator().items().send().try_collect().await;
        let roles = roles.map_err(|e| error("the roles", &e))?;
        // Roles of services are AWS' own and cannot be tagged by anybody.
        let roles = roles.into_iter().filter(|role| !role.path.starts_with("/aws-"));
        let asked = stream::iter(roles).map(|role| async move {
            let call = self.iam.list_role_tags().role_name(&role.role_name);
            let tags = call.into_paginator().items().send().try_collect().await;
            let tags = missing_is_none(tags.map_err(|e| error(&role.role_name, &e)))?.unwrap_or_default();
            let tags = tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
            let is_standing = self.is_ours(&tags) && !tags.contains_key(tag::SESSION);
            Ok(is_standing.then_some(Resource { what: What::Role, arn: role.arn }))
        });
        let found: Vec<Option<Resource>> = asked.buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// A candidate with what matters about it, if it is there and ours.
    async fn confirmed(&self, resource: Resource) -> Result<Option<Resource>, CloudError> {
        match self.look(&resource).await? {
            Presence::Ours | Presence::Going => self.described(resource).await,
            Presence::Gone | Presence::NotOurs => Ok(None),
        }
    }

    async fn described(&self, resource: Resource) -> Result<Option<Resource>, CloudError> {
        let what = match &resource.what {
            What::Table { .. } => {
                let answer = self.tables.describe_table().table_name(resource.name()).send().await;
                let answer = missing_is_none(answer.map_err(|e| error(&resource, &e)))?;
                let Some(table) = answer.and_then(|answer| answer.table) else { return Ok(None) };
                What::Table { key_arn: table.sse_description.and_then(|sse| sse.kms_master_key_arn) }
            }
            What::Key { .. } => {
                let Some(key) = self.key(&resource).await? else { return Ok(None) };
                let signs = key.key_usage == Some(KeyUsageType::SignVerify);
                What::Key { signs, aliases: self.aliases(&resource).await? }
            }
            what => what.clone(),
        };
        Ok(Some(Resource { what, ..resource }))
    }

    fn prefix(&self) -> String {
        format!("daypass-{}", self.id)
    }

    pub(super) fn partition(&self) -> &str {
        self.caller_arn.split(':').nth(1).unwrap_or("aws")
    }
}
