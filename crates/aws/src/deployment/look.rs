//! Whether something is there, and whose it is, as its own service says.

use std::collections::HashMap;

use aws_sdk_cloudwatch::types::AlarmType;
use aws_sdk_dynamodb::types::TableStatus;
use aws_sdk_kms::types::{KeyMetadata, KeyState};
use daypass_vending::plan::tag;
use daypass_vending::ports::CloudError;

use super::failure::{error, missing_is_none};
use super::{Deployment, Presence, Resource, What};

/// The tags of something that is there.
pub(super) type Tags = HashMap<String, String>;

/// What a service says of a resource.
enum Answer {
    Gone,
    Going,
    There(Tags),
}

impl Deployment {
    /// Whether it is there, and whose it is.
    ///
    /// # Errors
    /// When its service does not say.
    pub async fn look(&self, resource: &Resource) -> Result<Presence, CloudError> {
        Ok(match self.ask(resource).await? {
            Answer::Gone => Presence::Gone,
            Answer::Going => Presence::Going,
            Answer::There(tags) if self.is_ours(&tags) => Presence::Ours,
            // Found by its exact name, and nobody else's: see [`What::Dashboard`].
            Answer::There(tags) if resource.what == (What::Dashboard { tagged: false }) && has_no_owner(&tags) => {
                Presence::Ours
            }
            Answer::There(_) => Presence::NotOurs,
        })
    }

    /// Whether these tags say that something is ours.
    pub(super) fn is_ours(&self, tags: &Tags) -> bool {
        tags.get(tag::DEPLOYMENT).map(String::as_str) == Some(self.id.as_str())
    }

    async fn ask(&self, resource: &Resource) -> Result<Answer, CloudError> {
        let (name, arn) = (resource.name(), resource.arn.as_str());
        let tags = match resource.what {
            What::Rule | What::Bus => {
                let answer = self.events.list_tags_for_resource().resource_arn(arn).send().await;
                let tags = missing_is_none(answer.map_err(|e| error(resource, &e)))?.and_then(|answer| answer.tags);
                // Rules and buses that are gone may still have tags told; whether they are there, they are asked by name.
                if !self.is_in_event_bridge(resource).await? {
                    return Ok(Answer::Gone);
                }
                Some(tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect())
            }
            What::Function => {
                let answer = self.functions.get_function().function_name(name).send().await;
                let answer = missing_is_none(answer.map_err(|e| error(resource, &e)))?;
                answer.map(|answer| answer.tags.unwrap_or_default())
            }
            What::Api => {
                let answer = self.apis.get_api().api_id(name).send().await;
                missing_is_none(answer.map_err(|e| error(resource, &e)))?.map(|api| api.tags.unwrap_or_default())
            }
            What::Domain => {
                let answer = self.apis.get_domain_name().domain_name(name).send().await;
                let answer = missing_is_none(answer.map_err(|e| error(resource, &e)))?;
                answer.map(|domain| domain.tags.unwrap_or_default())
            }
            What::Alarm => self.alarm_tags(resource).await?,
            What::Dashboard { .. } => self.dashboard_tags(resource).await?,
            What::Topic => {
                let answer = self.topics.list_tags_for_resource().resource_arn(arn).send().await;
                let answer = missing_is_none(answer.map_err(|e| error(resource, &e)))?;
                answer.map(|found| found.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect())
            }
            What::LogGroup => self.log_group_tags(resource).await?,
            What::Bucket => self.bucket_tags(resource).await?,
            What::Table { .. } => {
                let described = self.tables.describe_table().table_name(name).send().await;
                let described = missing_is_none(described.map_err(|e| error(resource, &e)))?;
                match described.and_then(|described| described.table) {
                    None => None,
                    Some(table) if table.table_status == Some(TableStatus::Deleting) => return Ok(Answer::Going),
                    Some(_) => self.table_tags(resource).await?,
                }
            }
            What::Role => {
                let answer = self.iam.get_role().role_name(name).send().await;
                let role = missing_is_none(answer.map_err(|e| error(resource, &e)))?.and_then(|answer| answer.role);
                role.map(|role| role.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect())
            }
            What::Policy => {
                let answer = self.iam.get_policy().policy_arn(arn).send().await;
                let found = missing_is_none(answer.map_err(|e| error(resource, &e)))?.and_then(|answer| answer.policy);
                found.map(|found| found.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect())
            }
            What::Key { .. } => match self.key(resource).await? {
                None => None,
                Some(key) if is_pending_deletion(&key) => None,
                Some(_) => self.key_tags(resource).await?,
            },
            // Only the index knows it.
            What::Unknown => Some(Tags::from([(tag::DEPLOYMENT.to_owned(), self.id.to_string())])),
        };
        Ok(tags.map_or(Answer::Gone, Answer::There))
    }

    async fn is_in_event_bridge(&self, resource: &Resource) -> Result<bool, CloudError> {
        let name = resource.name();
        let answer = if resource.what == What::Bus {
            let answer = self.events.describe_event_bus().name(name).send().await;
            answer.map(drop).map_err(|e| error(resource, &e))
        } else {
            let call = self.events.describe_rule().name(name);
            let answer = call.set_event_bus_name(resource.bus_of_rule().map(str::to_owned)).send().await;
            answer.map(drop).map_err(|e| error(resource, &e))
        };
        Ok(missing_is_none(answer)?.is_some())
    }

    async fn alarm_tags(&self, alarm: &Resource) -> Result<Option<Tags>, CloudError> {
        let call = self.watch.describe_alarms().alarm_names(alarm.name());
        let call = call.alarm_types(AlarmType::MetricAlarm).alarm_types(AlarmType::CompositeAlarm);
        let found = call.send().await.map_err(|e| error(alarm, &e))?;
        if found.metric_alarms().is_empty() && found.composite_alarms().is_empty() {
            return Ok(None);
        }
        self.watch_tags(alarm).await
    }

    async fn dashboard_tags(&self, dashboard: &Resource) -> Result<Option<Tags>, CloudError> {
        let found = self.watch.get_dashboard().dashboard_name(dashboard.name()).send().await;
        if missing_is_none(found.map_err(|e| error(dashboard, &e)))?.is_none() {
            return Ok(None);
        }
        match self.watch_tags(dashboard).await {
            // Where dashboards take no tags, which was so everywhere until lately, they have none.
            Ok(None) | Err(CloudError::Refused { .. }) => Ok(Some(Tags::new())),
            answer => answer,
        }
    }

    async fn watch_tags(&self, resource: &Resource) -> Result<Option<Tags>, CloudError> {
        let answer = self.watch.list_tags_for_resource().resource_arn(&resource.arn).send().await;
        let answer = missing_is_none(answer.map_err(|e| error(resource, &e)))?;
        let pair = |tag: aws_sdk_cloudwatch::types::Tag| tag.key.zip(tag.value);
        Ok(answer.map(|answer| answer.tags.unwrap_or_default().into_iter().filter_map(pair).collect()))
    }

    async fn log_group_tags(&self, group: &Resource) -> Result<Option<Tags>, CloudError> {
        let answer = self.logs.list_tags_for_resource().resource_arn(&group.arn).send().await;
        let answer = missing_is_none(answer.map_err(|e| error(group, &e)))?;
        Ok(answer.map(|answer| answer.tags.unwrap_or_default()))
    }

    async fn bucket_tags(&self, bucket: &Resource) -> Result<Option<Tags>, CloudError> {
        let answer = self.buckets.get_bucket_tagging().bucket(bucket.name()).send().await;
        match answer.map_err(|e| error(bucket, &e)) {
            Ok(answer) => Ok(Some(answer.tag_set.into_iter().map(|tag| (tag.key, tag.value)).collect())),
            Err(CloudError::NotFound(_)) => Ok(None),
            Err(CloudError::Refused { code, .. }) if code == "NoSuchTagSet" => Ok(Some(Tags::new())),
            Err(error) => Err(error),
        }
    }

    async fn table_tags(&self, table: &Resource) -> Result<Option<Tags>, CloudError> {
        let (mut tags, mut next) = (Tags::new(), None);
        loop {
            let call = self.tables.list_tags_of_resource().resource_arn(&table.arn).set_next_token(next);
            let page = missing_is_none(call.send().await.map_err(|e| error(table, &e)))?;
            let Some(page) = page else { return Ok(None) };
            tags.extend(page.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)));
            next = page.next_token;
            if next.is_none() {
                return Ok(Some(tags));
            }
        }
    }

    async fn key_tags(&self, key: &Resource) -> Result<Option<Tags>, CloudError> {
        let pages = self.keys.list_resource_tags().key_id(&key.arn).into_paginator().items().send();
        let tags = missing_is_none(pages.try_collect().await.map_err(|e| error(key, &e)))?;
        Ok(tags.map(|tags| tags.into_iter().map(|tag| (tag.tag_key, tag.tag_value)).collect()))
    }

    pub(super) async fn key(&self, key: &Resource) -> Result<Option<KeyMetadata>, CloudError> {
        let answer = self.keys.describe_key().key_id(&key.arn).send().await;
        Ok(missing_is_none(answer.map_err(|e| error(key, &e)))?.and_then(|answer| answer.key_metadata))
    }
}

/// Nothing to be done about it any more: it has its date.
fn is_pending_deletion(key: &KeyMetadata) -> bool {
    matches!(key.key_state, Some(KeyState::PendingDeletion | KeyState::PendingReplicaDeletion))
}

fn has_no_owner(tags: &Tags) -> bool {
    !tags.contains_key(tag::DEPLOYMENT)
}
