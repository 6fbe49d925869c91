//! Taking what something holds, so that it can be deleted.

use daypass_vending::ports::CloudError;

use super::failure::{error, missing_is_done, missing_is_none};
use super::{Deployment, Progress, Resource, What};

/// How many targets one call takes off a rule
/// (<https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_RemoveTargets.html>).
const TARGETS: usize = 100;

impl Deployment {
    pub(super) async fn clear(&self, resource: &Resource) -> Result<Progress, CloudError> {
        match resource.what {
            What::Bucket => return self.empty_bucket(resource).await,
            What::Rule => self.remove_targets(resource).await?,
            What::Table { .. } => self.unprotect(resource).await?,
            What::Role => self.clear_role(resource).await?,
            What::Policy => self.clear_policy(resource).await?,
            What::Key { .. } => self.delete_aliases(resource).await?,
            What::Function
            | What::Api
            | What::Domain
            | What::Alarm
            | What::Dashboard { .. }
            | What::Bus
            | What::Topic
            | What::LogGroup
            | What::Unknown => {}
        }
        Ok(Progress::Done)
    }

    async fn remove_targets(&self, rule: &Resource) -> Result<(), CloudError> {
        let (name, bus) = (rule.name(), rule.bus_of_rule().map(str::to_owned));
        let (mut ids, mut next) = (Vec::new(), None);
        loop {
            let call = self.events.list_targets_by_rule().rule(name).set_event_bus_name(bus.clone());
            let page = call.set_next_token(next).send().await.map_err(|e| error(rule, &e));
            let Some(page) = missing_is_none(page)? else { return Ok(()) };
            ids.extend(page.targets.unwrap_or_default().into_iter().map(|target| target.id));
            next = page.next_token;
            if next.is_none() {
                break;
            }
        }
        for ids in ids.chunks(TARGETS) {
            let call = self.events.remove_targets().rule(name).set_event_bus_name(bus.clone());
            let answer = call.set_ids(Some(ids.to_vec())).send().await.map_err(|e| error(rule, &e))?;
            if let Some(failed) = answer.failed_entries().first() {
                let code = failed.error_code().unwrap_or("no code").to_owned();
                let message = failed.error_message().unwrap_or("no message").to_owned();
                return Err(CloudError::Refused { code, message });
            }
        }
        Ok(())
    }

    async fn unprotect(&self, table: &Resource) -> Result<(), CloudError> {
        let described = self.tables.describe_table().table_name(table.name()).send().await;
        let Some(described) = missing_is_none(described.map_err(|e| error(table, &e)))? else { return Ok(()) };
        if described.table.and_then(|table| table.deletion_protection_enabled) == Some(false) {
            return Ok(());
        }
        let done = self.tables.update_table().table_name(table.name()).deletion_protection_enabled(false).send().await;
        missing_is_done(done.map_err(|e| error(table, &e)))
    }

    async fn delete_aliases(&self, key: &Resource) -> Result<(), CloudError> {
        for alias in self.aliases(key).await? {
            let done = self.keys.delete_alias().alias_name(&alias).send().await;
            missing_is_done(done.map_err(|e| error(&alias, &e)))?;
        }
        Ok(())
    }

    /// The aliases of a key. They carry no tags: they belong to whom their key belongs to.
    pub(super) async fn aliases(&self, key: &Resource) -> Result<Vec<String>, CloudError> {
        let pages = self.keys.list_aliases().key_id(&key.arn).into_paginator().items().send();
        let aliases = pages.try_collect().await.map_err(|e| error(key, &e));
        let aliases = missing_is_none(aliases)?.unwrap_or_default();
        Ok(aliases.into_iter().filter_map(|alias| alias.alias_name).collect())
    }
}
