//! What the hub's resources are called, as ARNs with blanks. Each name is written out to its end: a wildcard behind the
//! deployment's id would reach the deployments whose ids begin with it.

/// Sessions, trail and records: the order of [`TABLES`].
pub const TABLES: [&str; 3] = ["sessions", "audit", "records"];

/// A table of the deployment.
#[must_use]
pub fn table(name: &str) -> String {
    format!("{}:table/daypass-<deployment>-{name}", regional("dynamodb"))
}

/// The topic for alerts.
#[must_use]
pub fn topic() -> String {
    format!("{}:daypass-<deployment>-alerts", regional("sns"))
}

/// The bus for life-cycle events.
#[must_use]
pub fn bus() -> String {
    format!("{}:event-bus/daypass-<deployment>", regional("events"))
}

/// The bucket for tier templates and configuration.
#[must_use]
pub fn bucket() -> String {
    "arn:<partition>:s3:::daypass-<deployment>-<account_id>-templates".to_owned()
}

/// The log group of a function: `api` or `cleanup`.
#[must_use]
pub fn function_logs(function: &str) -> String {
    format!("{}:log-group:/aws/lambda/daypass-<deployment>-{function}", regional("logs"))
}

/// The log group of the API's access log.
#[must_use]
pub fn access_log() -> String {
    format!("{}:log-group:/daypass/<deployment>/api-access", regional("logs"))
}

/// The alarms.
#[must_use]
pub fn alarms() -> String {
    // Two deployments may share what an alarm may do: speak to this deployment's topic. Which alarm does is said there.
    format!("{}:alarm:daypass-<deployment>-*", regional("cloudwatch"))
}

/// The root of the account, which in a policy stands for the account.
#[must_use]
pub fn account() -> String {
    "arn:<partition>:iam::<account_id>:root".to_owned()
}

/// Where another service's calls on somebody's behalf come from, as `kms:ViaService` has it.
#[must_use]
pub fn via(services: &[&str]) -> Vec<String> {
    services.iter().map(|service| format!("{service}.<region>.<dns_suffix>")).collect()
}

fn regional(service: &str) -> String {
    format!("arn:<partition>:{service}:<region>:<account_id>")
}
