//! Nothing new begins.

use daypass_vending::ports::CloudError;

use super::failure::{error, missing_is_done};
use super::{Deployment, Resource, What};

impl Deployment {
    pub(super) async fn stop(&self, resource: &Resource) -> Result<(), CloudError> {
        let name = resource.name();
        match resource.what {
            What::Rule => {
                let call = self.events.disable_rule().name(name);
                let done = call.set_event_bus_name(resource.bus_of_rule().map(str::to_owned)).send().await;
                missing_is_done(done.map_err(|e| error(resource, &e)))
            }
            // None at all: whatever calls it is throttled from now on, runs under way end by themselves
            // (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html>).
            What::Function => {
                let call = self.functions.put_function_concurrency().function_name(name);
                let done = call.reserved_concurrent_executions(0).send().await;
                missing_is_done(done.map_err(|e| error(resource, &e)))
            }
            What::Api => {
                let done = self.apis.update_api().api_id(name).disable_execute_api_endpoint(true).send().await;
                missing_is_done(done.map_err(|e| error(resource, &e)))
            }
            _ => Ok(()),
        }
    }
}
