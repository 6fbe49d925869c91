//! Condition keys and policy variables: whether they exist and can be there.

use std::sync::Arc;

use super::subject::{Findings, Subject, Test, View, some_of};
use super::{Check, Severity};
use crate::catalogue::{KnownKey, catalogue};
use crate::document::Version;
use crate::template::{Piece, Wildcards, pieces};

const KEYS: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html";
const VARIABLES: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html";

pub(super) const UNKNOWN_KEY: Check = Check {
    code: "unknown-condition-key",
    severity: Severity::Error,
    about: "No request carries a condition key of this name.",
    page: KEYS,
};

pub(super) const KEY_NEVER_CARRIED: Check = Check {
    code: "key-never-carried",
    severity: Severity::Warning,
    about: "AWS lists the condition key neither with the action nor with a resource type it takes.",
    page: "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
};

pub(super) const DEPRECATED_KEY: Check = Check {
    code: "deprecated-condition-key",
    severity: Severity::Warning,
    about: "The condition key has a successor.",
    page: KEYS,
};

pub(super) const UNKNOWN_VARIABLE: Check = Check {
    code: "unknown-variable",
    severity: Severity::Error,
    about: "A policy variable without a value matches nothing.",
    page: VARIABLES,
};

pub(super) const MULTI_VALUED_VARIABLE: Check = Check {
    code: "multi-valued-variable",
    severity: Severity::Error,
    about: "Only single-valued condition keys can be policy variables.",
    page: VARIABLES,
};

/// Keys that AWS names as deprecated, with what takes their place.
const DEPRECATED: &[(&str, &str)] = &[("aws:SourceOwner", "aws:SourceAccount")];

pub(super) fn check_keys(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for view in &subject.statements {
        for test in view.tests() {
            if let Some((old, new)) = DEPRECATED.iter().find(|(old, _)| test.is_on(old)) {
                let message = format!("`{old}` is deprecated");
                findings.add_at_key(&DEPRECATED_KEY, (view, &test), message, format!("use `{new}`"));
            }
            if !is_known(test.key) {
                let message = format!("there is no condition key `{}`", test.key);
                findings.add_at_key(&UNKNOWN_KEY, (view, &test), message, did_you_mean(test.key));
            }
        }
    }
}

/// Identity providers bring keys of their own, named after their host.
fn is_known(key: &str) -> bool {
    let provider = key.rsplit_once(':').is_some_and(|(provider, _)| provider.contains('.'));
    provider || catalogue().key(key).is_some()
}

fn did_you_mean(key: &str) -> String {
    match catalogue().nearest_key(key) {
        Some(near) => format!("did you mean `{}`?", near.name()),
        None => "look the key up in the Service Authorization Reference".to_owned(),
    }
}

/// Keys of services only: global keys are there whenever they apply, which the reference does not list.
pub(super) fn check_carried(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for view in subject.statements.iter().filter(|view| !view.actions.is_empty()) {
        for test in view.tests() {
            let Some(key) = catalogue().key(test.key).filter(|key| belongs_to_actions(key)) else { continue };
            let is_carried = view.actions.iter().any(|action| action.keys().any(|known| known == key));
            if !is_carried {
                report_missing(view, &test, &format!("none of the actions carries `{}`", test.key), findings);
                continue;
            }
            // `IfExists` and its like are there for actions that lack the key.
            let is_meant = test.holds_without_key() && !test.comparison().is_negated();
            let named = named_without(view, key);
            if !named.is_empty() && !is_meant {
                let who = some_of(named.iter().copied());
                report_missing(view, &test, &format!("`{}` is not carried by {who}", test.key), findings);
            }
        }
    }
}

fn belongs_to_actions(key: &KnownKey) -> bool {
    !key.is_global() && !key.lower().starts_with("aws:")
}

/// Actions that are written out in full and do not carry the key. What a wildcard brings along is not worth a word.
fn named_without<'v>(view: &'v View<'_>, key: &Arc<KnownKey>) -> Vec<&'v str> {
    if view.statement.action().is_negated() {
        return Vec::new();
    }
    // These are asked along with the call that makes the session, in the same request.
    let comes_along = ["sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext"];
    let named = view.action_patterns().iter().filter_map(|name| catalogue().action(name));
    let named = named.filter(|action| !comes_along.contains(&action.name()));
    named.filter(|action| !action.keys().any(|known| known == key)).map(|action| action.name()).collect()
}

fn report_missing(view: &View<'_>, test: &Test<'_>, what: &str, findings: &mut Findings<'_>) {
    let outcome = match (test.holds_without_key(), view.is_allow()) {
        (true, _) => "the condition always holds for them",
        (false, true) => "they are never allowed here",
        (false, false) => "they are never denied here",
    };
    let fix = "use a key the action carries, or move the action to a statement of its own";
    findings.add_at_key(&KEY_NEVER_CARRIED, (view, test), format!("{what}, so {outcome}"), fix);
}

pub(super) fn check_variables(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    if subject.version == Version::V2008 {
        return;
    }
    for view in &subject.statements {
        for (at, text) in view.resource_patterns().iter().enumerate() {
            for (check, message, fix) in wrong_variables(text) {
                findings.add(check, &view.item(view.resource_field(), at), message, fix);
            }
        }
        for test in view.tests().filter(|test| test.comparison().takes_variables()) {
            for (at, text) in test.texts().enumerate() {
                for (check, message, fix) in wrong_variables(text) {
                    findings.add_at_value(check, (view, &test, at), message, fix);
                }
            }
        }
    }
}

fn wrong_variables(text: &str) -> Vec<(&'static Check, String, String)> {
    let mut wrong = Vec::new();
    for piece in pieces(text, Version::V2012, Wildcards::Active) {
        let Piece::Variable { key, .. } = piece else { continue };
        match catalogue().key(&key) {
            Some(known) if known.is_multi_valued() => wrong.push((
                &MULTI_VALUED_VARIABLE,
                format!("`{}` has several values and cannot stand in a variable", known.name()),
                "compare it in a condition instead".to_owned(),
            )),
            None if !is_known(&key) => {
                wrong.push((&UNKNOWN_VARIABLE, format!("there is no variable `${{{key}}}`"), did_you_mean(&key)));
            }
            _ => {}
        }
    }
    wrong
}
