//! `Resource` and `NotResource`.

use std::collections::BTreeSet;

use super::actions::redundant;
use super::patterns::{Place, meet, of_format, of_policy};
use super::subject::{Findings, Subject, View, some_of};
use super::{Check, Severity};
use crate::catalogue::{KnownAction, catalogue};

const RESOURCE: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html";
const ARNS: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html";

pub(super) const INVALID_ARN: Check = Check {
    code: "invalid-arn",
    severity: Severity::Error,
    about: "A resource is `*` or an ARN of six parts.",
    page: ARNS,
};

pub(super) const REDUNDANT_RESOURCE: Check = Check {
    code: "redundant-resource",
    severity: Severity::Suggestion,
    about: "Another pattern of the same list stands for this resource too.",
    page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-suggestion-redundant-resource",
};

pub(super) const RESOURCE_TYPE_MISMATCH: Check = Check {
    code: "resource-type-mismatch",
    severity: Severity::Warning,
    about: "The action does not take any of the resources, so the two do nothing together.",
    page: RESOURCE,
};

pub(super) const NEEDS_ALL_RESOURCES: Check = Check {
    code: "needs-all-resources",
    severity: Severity::Warning,
    about: "An action without resource-level permissions works on `*` alone.",
    page: RESOURCE,
};

/// <https://docs.aws.amazon.com/general/latest/gr/aws-arns-and-namespaces.html>, and the isolated partitions.
const PARTITIONS: &[&str] =
    &["aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f"];

pub(super) fn check_arns(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for view in &subject.statements {
        for (at, text) in view.resource_patterns().iter().enumerate() {
            if let Some((message, fix)) = wrong_arn(text) {
                findings.add(&INVALID_ARN, &view.item(view.resource_field(), at), message, fix);
            }
        }
    }
}

/// What is wrong with a pattern of ARNs. Parts with wildcards or variables are taken on trust.
pub(super) fn wrong_arn(text: &str) -> Option<(String, &'static str)> {
    let is_open = |part: &str| part.contains(['*', '?']) || part.contains("${");
    if text == "*" || text.starts_with("${") {
        return None;
    }
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let part = |at: usize| parts.get(at).copied().unwrap_or_default();
    if part(0) != "arn" && !is_open(part(0)) {
        return Some((format!("`{text}` is not an ARN"), "begin it with `arn:`, or write `*`"));
    }
    if parts.len() < 6 {
        // A star may run on over the parts that are missing.
        let is_closed = !parts.last().is_some_and(|last| is_open(last));
        let fix = "write all six parts, `arn:partition:service:region:account:resource`";
        return is_closed.then(|| (format!("`{text}` has fewer than six parts"), fix));
    }
    // A variable may contain colons, as `${aws:username}` does in its name: then parts are not where they seem.
    if parts.iter().take(5).any(|part| part.contains("${") && !part.contains('}')) {
        return None;
    }
    let (partition, service, region, account) = (part(1), part(2), part(3), part(4));
    if !is_open(partition) && !PARTITIONS.contains(&partition) {
        return Some((format!("there is no partition `{partition}`"), "most accounts are in `aws`"));
    }
    if !is_open(service) && !is_service(service) {
        return Some((
            format!("no ARN has the service `{service}`"),
            "look the ARN up in the Service Authorization Reference",
        ));
    }
    let is_region = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && text.matches('-').count() >= 2
            && text.ends_with(|char: char| char.is_ascii_digit())
    };
    if !region.is_empty() && !is_open(region) && !is_region(region) {
        return Some((format!("`{region}` is not a region"), "write a region such as `eu-west-1`, or `*`"));
    }
    let is_account = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !account.is_empty() && !is_open(account) && !is_account(account) && account != "aws" {
        return Some((format!("`{account}` is not an account"), "account ids have twelve digits"));
    }
    if matches!(service, "s3") && part(5).is_empty() {
        return Some((format!("`{text}` names no resource"), "say which one, or end with `*`"));
    }
    None
}

/// Some services appear in ARNs under another name than in actions.
fn is_service(name: &str) -> bool {
    let of_arns = || {
        let types = catalogue().services().iter().flat_map(|service| service.resource_types());
        types.flat_map(|kind| kind.arns()).filter_map(|arn| arn.split(':').nth(2))
    };
    let has_prefix = catalogue().service(name).is_some_and(|service| service.prefix() == name);
    has_prefix || of_arns().any(|service| service == name)
}

pub(super) fn check_redundancy(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for view in &subject.statements {
        let patterns = view.resource_patterns();
        for (at, by) in redundant(patterns, String::clone) {
            let (Some(pattern), Some(by)) = (patterns.get(at), patterns.get(by)) else { continue };
            // A variable stands for any text here, so of two patterns with one neither is known to contain the other.
            if pattern != by && by.contains("${") {
                continue;
            }
            let message = format!("`{by}` stands for `{pattern}` too");
            findings.add(&REDUNDANT_RESOURCE, &view.item(view.resource_field(), at), message, "remove it");
        }
    }
}

/// Patterns of actions none of which takes any of the listed resources.
pub(super) fn check_types(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for view in &subject.statements {
        let Some(resources) = view.listed_resources() else { continue };
        if view.statement.action().is_negated() || view.is_on_everything() {
            continue;
        }
        let resources: Vec<Vec<Place>> = resources.iter().map(|text| open_ended(text)).collect();
        let patterns = view.action_patterns().iter().enumerate();
        for (at, pattern) in patterns.filter(|(_, pattern)| *pattern != "*") {
            report_misfits(view, (at, pattern), &resources, findings);
        }
    }
}

fn report_misfits(
    view: &View<'_>,
    (at, pattern): (usize, &str),
    resources: &[Vec<Place>],
    findings: &mut Findings<'_>,
) {
    let actions: Vec<&KnownAction> = catalogue().matching(pattern).collect();
    let arns: BTreeSet<&str> = actions.iter().flat_map(|action| formats(action)).collect();
    if actions.is_empty() || arns.iter().any(|format| fits_any(format, resources)) {
        return;
    }
    let place = view.item(view.action_field(), at);
    let effect = if view.is_allow() { "allowed" } else { "denied" };
    if arns.is_empty() {
        let message = format!("`{pattern}` works on `*` alone, so nothing is {effect}");
        findings.add(&NEEDS_ALL_RESOURCES, &place, message, "move it to a statement with `\"Resource\": \"*\"`");
    } else {
        let message = format!("`{pattern}` takes none of the resources, so nothing is {effect}");
        findings.add(&RESOURCE_TYPE_MISMATCH, &place, message, format!("it takes {}", some_of(arns)));
    }
}

/// Whether a resource of a type that the action takes can fit one of the patterns.
pub(super) fn takes(action: &KnownAction, resources: &[Vec<Place>]) -> bool {
    formats(action).any(|format| fits_any(format, resources))
}

fn formats(action: &KnownAction) -> impl Iterator<Item = &'static str> {
    action.resource_types().iter().flat_map(|used| used.resource_type().arns()).copied()
}

fn fits_any(format: &str, resources: &[Vec<Place>]) -> bool {
    let format = of_format(format);
    resources.iter().any(|resource| meet(resource, &format))
}

/// A pattern with fewer than six parts stands for every ARN that begins so.
pub(super) fn open_ended(text: &str) -> Vec<Place> {
    let mut places = of_policy(text);
    if text.matches(':').count() < 5 {
        places.push(Place::Many);
    }
    places
}
