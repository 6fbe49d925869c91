//! What belongs to Daypass itself in an account, by the names its Terraform gives.

use std::sync::LazyLock;

use daypass_policy::Statement;
use daypass_policy::catalogue::{KnownAction, catalogue};

use super::actions::is_change;
use super::slots::Slots;

/// Everything that Daypass deploys: the service, where its ARNs lie, and the names.
const RESOURCES: [(&str, Place, &[&str]); 14] = [
    // The stacks of a stack set have names of their own.
    ("cloudformation", Place::Region, &["stack/daypass-*", "stack/StackSet-daypass-*", "stackset/daypass-*"]),
    ("cloudtrail", Place::Region, &["trail/daypass-*"]),
    ("cloudwatch", Place::Region, &["alarm:daypass-*"]),
    ("cloudwatch", Place::Account, &["dashboard/daypass-*"]),
    ("dynamodb", Place::Region, &["table/daypass-*"]),
    ("events", Place::Region, &["rule/daypass-*", "event-bus/daypass-*"]),
    ("iam", Place::Account, &["role/daypass/*", "policy/daypass/*", "instance-profile/daypass/*", "role/daypass-*"]),
    ("kms", Place::Region, &["alias/daypass-*"]),
    ("lambda", Place::Region, &["function:daypass-*", "layer:daypass-*"]),
    ("logs", Place::Region, &["log-group:/daypass/*", "log-group:/aws/lambda/daypass-*"]),
    ("s3", Place::World, &["daypass-*"]),
    ("scheduler", Place::Region, &["schedule/daypass-*", "schedule/*/daypass-*", "schedule-group/daypass-*"]),
    ("sns", Place::Region, &["daypass-*"]),
    ("sqs", Place::Region, &["daypass-*"]),
];

/// What an ARN names before the resource.
#[derive(Clone, Copy)]
enum Place {
    Region,
    Account,
    World,
}

/// Each service with each of its names.
pub(super) fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    RESOURCES.iter().flat_map(|(service, _, names)| names.iter().map(|name| (*service, *name)))
}

/// All requests that touch what Daypass deploys: whatever actions the service has or will have, and what other services do
/// to its resources.
pub(super) fn touching(slots: &Slots) -> Vec<Statement> {
    let touching = |(service, place, names): &(&'static str, Place, &[&str])| {
        let others = taking(service).iter().filter(|taking| taking.action.service().prefix() != *service);
        let others = others.map(|taking| taking.action.name().to_owned());
        let arns = names.iter().map(|name| arn(slots, service, *place, name));
        Statement::allow().actions([format!("{service}:*")].into_iter().chain(others)).resources(arns)
    };
    RESOURCES.iter().map(touching).collect()
}

/// All requests that change what Daypass deploys, each action with resources of a type that it takes.
pub(super) fn changing(slots: &Slots) -> Vec<Statement> {
    let changing = |(service, place, names): &(&'static str, Place, &'static [&'static str])| {
        let (service, place) = (*service, *place);
        let changing = move |name: &&'static str| {
            let changes = taking(service).iter().filter(|taking| is_change(taking.action) && taking.takes(kind(name)));
            let changes: Vec<String> = changes.map(|taking| taking.action.name().to_owned()).collect();
            Statement::allow().actions(changes).resources([arn(slots, service, place, name)])
        };
        names.iter().map(changing)
    };
    RESOURCES.iter().flat_map(changing).collect()
}

/// The functions, as an event source mapping names the one it feeds.
pub(super) fn functions(slots: &Slots) -> String {
    arn(slots, "lambda", Place::Region, "function:daypass-*")
}

/// Event source mappings, of whatever function.
pub(super) fn mappings(slots: &Slots) -> String {
    arn(slots, "lambda", Place::Region, "event-source-mapping:*")
}

/// A denial of what patterns match although no ARN is like it: names in most of these services have no colon, and in the
/// others no account id between colons, but the `*` for a region runs on over colons, and so finds one resource in
/// another's name.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>
pub(super) fn no_arn(slots: &Slots) -> Statement {
    let regional = RESOURCES.iter().filter(|(_, place, _)| matches!(place, Place::Region));
    let (partition, account) = (slots.partition.as_str(), slots.account());
    let no_arns = regional.map(|(service, ..)| match *service {
        "lambda" | "logs" | "sns" => format!("arn:{partition}:{service}:*-?:*:*:{account}:*"),
        _ => format!("arn:{partition}:{service}:*-?:*:*:*"),
    });
    Statement::deny().actions(["*"]).resources(no_arns)
}

/// Every region ends in `-` and a digit. A plain `*` would run on over colons in AWS' reading, and claim ARNs that there are
/// not.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>
fn arn(slots: &Slots, service: &str, place: Place, name: &str) -> String {
    let (partition, account) = (slots.partition.as_str(), slots.account());
    match place {
        Place::Region => format!("arn:{partition}:{service}:*-?:{account}:{name}"),
        Place::Account => format!("arn:{partition}:{service}::{account}:{name}"),
        Place::World => format!("arn:{partition}:{service}:::{name}"),
    }
}

/// An action that works on resources of a service.
struct Taking {
    action: &'static KnownAction,
    /// The kinds of resources it takes, as [`kind`] has them.
    kinds: Vec<&'static str>,
}

impl Taking {
    fn takes(&self, kind: &str) -> bool {
        self.kinds.contains(&kind)
    }
}

/// The actions that work on resources of a service, its own or another's, as the ARNs of these tell.
fn taking(service: &str) -> &'static [Taking] {
    /// Going through all actions takes milliseconds, and every tier asks.
    static TAKING: LazyLock<Vec<(&str, Vec<Taking>)>> = LazyLock::new(all_taking);
    TAKING.iter().find(|(known, _)| *known == service).map_or(&[], |(_, taking)| taking)
}

fn all_taking() -> Vec<(&'static str, Vec<Taking>)> {
    let mut all: Vec<(&str, Vec<Taking>)> = RESOURCES.iter().map(|(service, ..)| (*service, Vec::new())).collect();
    for action in catalogue().actions() {
        for arn in action.resource_types().iter().flat_map(|takes| takes.resource_type().arns()) {
            let mut parts = arn.splitn(6, ':').skip(2);
            let (Some(service), Some(resource)) = (parts.next(), parts.nth(2)) else { continue };
            let Some((_, taking)) = all.iter_mut().find(|(known, _)| *known == service) else { continue };
            match taking.last_mut() {
                Some(last) if last.action == action => last.kinds.push(kind(resource)),
                _ => taking.push(Taking { action, kinds: vec![kind(resource)] }),
            }
        }
    }
    all
}

/// What the resource of an ARN begins with, up to the name: `log-group` of `log-group:${LogGroupName}`; nothing where the
/// name comes first.
fn kind(resource: &str) -> &str {
    let end = resource.find([':', '/', '$', '*']).unwrap_or(resource.len());
    let (kind, rest) = resource.split_at_checked(end).unwrap_or((resource, ""));
    if rest.starts_with([':', '/']) { kind } else { "" }
}

/// Where trails are kept under the names that AWS' console gives.
pub(super) fn trail_storage(slots: &Slots) -> [(&'static str, Vec<String>); 2] {
    let buckets = ["aws-cloudtrail-logs-*", "aws-controltower-logs-*"];
    let groups = ["log-group:aws-cloudtrail-logs-*", "log-group:aws-controltower/*"];
    [
        ("s3", buckets.map(|name| arn(slots, "s3", Place::World, name)).into()),
        ("logs", groups.map(|name| arn(slots, "logs", Place::Region, name)).into()),
    ]
}

/// What takes something away from there, or writes over it.
pub(super) fn storage_changes(service: &str) -> &'static [&'static str] {
    match service {
        "s3" => &["s3:BypassGovernanceRetention", "s3:Delete*", "s3:Put*"],
        _ => &["logs:Delete*", "logs:DisassociateKmsKey", "logs:Put*"],
    }
}
