//! `Action` and `NotAction`.

use super::patterns::{contains, of_policy};
use super::subject::{Findings, Subject, View, some_of};
use super::{Check, Severity};
use crate::catalogue::catalogue;
use crate::document::PolicyKind;

const REFERENCE: &str = "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html";

pub(super) const UNKNOWN_SERVICE: Check = Check {
    code: "unknown-service",
    severity: Severity::Error,
    about: "No AWS service has this prefix.",
    page: REFERENCE,
};

pub(super) const UNKNOWN_ACTION: Check = Check {
    code: "unknown-action",
    severity: Severity::Error,
    about: "The service has no action of this name.",
    page: REFERENCE,
};

pub(super) const PATTERN_WITHOUT_ACTION: Check = Check {
    code: "pattern-without-action",
    severity: Severity::Warning,
    about: "A pattern that no action fits does nothing.",
    page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html",
};

pub(super) const REDUNDANT_ACTION: Check = Check {
    code: "redundant-action",
    severity: Severity::Suggestion,
    about: "Another pattern of the same list stands for this action too.",
    page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-suggestion-redundant-action",
};

pub(super) const NOT_ACTION_WITH_ALLOW: Check = Check {
    code: "not-action-with-allow",
    severity: Severity::SecurityWarning,
    about: "`NotAction` with `Allow` grants every other action there is, and all that AWS will add.",
    page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html",
};

pub(super) const RCP_UNSUPPORTED_SERVICE: Check = Check {
    code: "rcp-unsupported-service",
    severity: Severity::Warning,
    about: "Resource control policies have no effect on this service.",
    page: "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html#rcp-supported-services",
};

pub(super) fn check_names(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for view in &subject.statements {
        for (at, pattern) in view.action_patterns().iter().enumerate() {
            if catalogue().matching(pattern).next().is_none() {
                report_unknown(view, at, pattern, findings);
            }
        }
    }
}

fn report_unknown(view: &View<'_>, at: usize, pattern: &str, findings: &mut Findings<'_>) {
    let place = view.item(view.action_field(), at);
    let prefix = pattern.split(':').next().unwrap_or_default();
    if !prefix.contains(['*', '?']) && catalogue().service(prefix).is_none() {
        let fix = match catalogue().nearest_service(prefix) {
            Some(near) => format!("did you mean `{}` ({})?", near.prefix(), near.name()),
            None => "look the prefix up in the Service Authorization Reference".to_owned(),
        };
        findings.add(&UNKNOWN_SERVICE, &place, format!("there is no service `{prefix}`"), fix);
    } else if pattern.contains(['*', '?']) {
        let fix = "correct or remove it";
        findings.add(&PATTERN_WITHOUT_ACTION, &place, format!("no action fits `{pattern}`"), fix);
    } else {
        let fix = match catalogue().nearest_action(pattern) {
            Some(near) => format!("did you mean `{}`?", near.name()),
            None => "correct or remove it; API operations and actions do not always share a name".to_owned(),
        };
        findings.add(&UNKNOWN_ACTION, &place, format!("there is no action `{pattern}`"), fix);
    }
}

pub(super) fn check_redundancy(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for view in &subject.statements {
        let patterns = view.action_patterns();
        for (at, by) in redundant(patterns, |pattern| pattern.to_ascii_lowercase()) {
            let (Some(pattern), Some(by)) = (patterns.get(at), patterns.get(by)) else { continue };
            let message = format!("`{by}` stands for `{pattern}` too");
            findings.add(&REDUNDANT_ACTION, &view.item(view.action_field(), at), message, "remove it");
        }
    }
}

/// The places of patterns that another one contains, with the place of that one. Of equal patterns the first stays.
pub(super) fn redundant(patterns: &[String], normalise: impl Fn(&String) -> String) -> Vec<(usize, usize)> {
    let parsed: Vec<_> = patterns.iter().map(|pattern| of_policy(&normalise(pattern))).collect();
    let larger = |(at, small): (usize, &Vec<_>)| {
        let by = parsed.iter().enumerate().position(|(other, large)| {
            other != at && contains(large, small) && (other < at || !contains(small, large))
        });
        by.map(|by| (at, by))
    };
    parsed.iter().enumerate().filter_map(larger).collect()
}

pub(super) fn check_not_action(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    if !subject.grants() {
        return;
    }
    for view in subject.allows().filter(|view| view.statement.action().is_negated()) {
        let message = format!("allows {} actions, all but those listed", view.actions.len());
        findings.add(&NOT_ACTION_WITH_ALLOW, &view.field("NotAction"), message, "list what is allowed in `Action`");
    }
}

pub(super) fn check_rcp_services(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    if subject.kind != PolicyKind::Rcp {
        return;
    }
    for view in &subject.statements {
        for (at, pattern) in view.action_patterns().iter().enumerate() {
            let mut services: Vec<_> = catalogue().matching(pattern).map(|action| action.service()).collect();
            services.dedup_by_key(|service| service.prefix());
            if !services.is_empty() && services.iter().all(|service| !service.supports_rcp()) {
                let names = some_of(services.iter().map(|service| service.prefix()));
                let message = format!("resource control policies do not reach {names}");
                let fix = "remove it, or use a service control policy";
                findings.add(&RCP_UNSUPPORTED_SERVICE, &view.item(view.action_field(), at), message, fix);
            }
        }
    }
}
