//! Deleting what holds nothing any more.

use daypass_vending::ports::CloudError;

use super::failure::{error, missing_is_done, missing_is_none};
use super::{Deployment, Resource, What};

impl Deployment {
    pub(super) async fn delete(&self, resource: &Resource) -> Result<(), CloudError> {
        let (name, arn) = (resource.name(), resource.arn.as_str());
        let done = match resource.what {
            What::Rule => {
                let call = self.events.delete_rule().name(name);
                let done = call.set_event_bus_name(resource.bus_of_rule().map(str::to_owned)).send().await;
                done.map(drop).map_err(|e| error(resource, &e))
            }
            What::Function => {
                let done = self.functions.delete_function().function_name(name).send().await;
                done.map(drop).map_err(|e| error(resource, &e))
            }
            What::Api => self.apis.delete_api().api_id(name).send().await.map(drop).map_err(|e| error(resource, &e)),
            What::Domain => {
                let done = self.apis.delete_domain_name().domain_name(name).send().await;
                done.map(drop).map_err(|e| error(resource, &e))
            }
            What::Alarm => {
                let done = self.watch.delete_alarms().alarm_names(name).send().await;
                done.map(drop).map_err(|e| error(resource, &e))
            }
            What::Dashboard { .. } => {
                let done = self.watch.delete_dashboards().dashboard_names(name).send().await;
                done.map(drop).map_err(|e| error(resource, &e))
            }
            What::Bus => self.delete_bus(resource).await,
            What::Topic => {
                self.topics.delete_topic().topic_arn(arn).send().await.map(drop).map_err(|e| error(resource, &e))
            }
            What::LogGroup => {
                let done = self.logs.delete_log_group().log_group_name(name).send().await;
                done.map(drop).map_err(|e| error(resource, &e))
            }
            What::Bucket => {
                self.buckets.delete_bucket().bucket(name).send().await.map(drop).map_err(|e| error(resource, &e))
            }
            What::Table { .. } => {
                self.tables.delete_table().table_name(name).send().await.map(drop).map_err(|e| error(resource, &e))
            }
            What::Role => {
                self.iam.delete_role().role_name(name).send().await.map(drop).map_err(|e| error(resource, &e))
            }
            What::Policy => {
                self.iam.delete_policy().policy_arn(arn).send().await.map(drop).map_err(|e| error(resource, &e))
            }
            What::Key { .. } => {
                let call = self.keys.schedule_key_deletion().key_id(arn).pending_window_in_days(self.pending_days.0);
                call.send().await.map(drop).map_err(|e| error(resource, &e))
            }
            What::Unknown => return Err(unknown()),
        };
        missing_is_done(done)
    }

    /// A bus whose last rules are somebody else's stays: deleting it would silence them.
    async fn delete_bus(&self, bus: &Resource) -> Result<(), CloudError> {
        let rules = self.events.list_rules().event_bus_name(bus.name()).send().await;
        let Some(rules) = missing_is_none(rules.map_err(|e| error(bus, &e)))? else { return Ok(()) };
        let names: Vec<&str> = rules.rules().iter().filter_map(|rule| rule.name()).collect();
        if !names.is_empty() {
            let message = format!("rules that do not carry the tag are still on it: {}", names.join(", "));
            return Err(CloudError::Refused { code: "RulesLeft".to_owned(), message });
        }
        let done = self.events.delete_event_bus().name(bus.name()).send().await;
        done.map(drop).map_err(|e| error(bus, &e))
    }
}

fn unknown() -> CloudError {
    CloudError::Refused { code: "UnknownKind".to_owned(), message: "nobody here knows how to delete it".to_owned() }
}
