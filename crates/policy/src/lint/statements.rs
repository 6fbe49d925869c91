//! Statements against each other.
//!
//! Only what can be seen by comparing element with element is found; the comparer proves more.

use super::patterns::{contains, meet, of_policy};
use super::subject::{Findings, Subject, Test, View};
use super::{Check, Severity};
use crate::document::{Match, OneOrMany, Principals, Statement};
use crate::ordinal::Ordinal;

const REDUNDANT: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-suggestion-redundant-statement";

pub(super) const DUPLICATE_STATEMENT: Check = Check {
    code: "duplicate-statement",
    severity: Severity::Warning,
    about: "Two statements say the same.",
    page: REDUNDANT,
};

pub(super) const SHADOWED_STATEMENT: Check = Check {
    code: "shadowed-statement",
    severity: Severity::Suggestion,
    about: "Another statement of the same effect already covers all of this one.",
    page: REDUNDANT,
};

pub(super) const ALWAYS_DENIED: Check = Check {
    code: "always-denied",
    severity: Severity::Warning,
    about: "A Deny takes back all that this statement allows.",
    page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html",
};

pub(super) fn check_statements(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for view in &subject.statements {
        let others = || subject.statements.iter().filter(|other| other.at != view.at);
        let same_effect = |other: &&View<'_>| other.is_allow() == view.is_allow();
        if let Some(twin) = others().filter(same_effect).find(|other| other.at < view.at && says_the_same(other, view))
        {
            let message = format!("this says the same as the {}", name(twin));
            findings.add(&DUPLICATE_STATEMENT, &view.place(), message, "remove it");
        } else if let Some(cover) = others().filter(same_effect).find(|other| {
            covers(other, view) && !says_the_same(other, view) && (other.at < view.at || !covers(view, other))
        }) {
            let message = format!("the {} covers all of this one", name(cover));
            findings.add(&SHADOWED_STATEMENT, &view.place(), message, "remove it");
        }
        if view.is_allow()
            && let Some(deny) = others().find(|other| !other.is_allow() && covers(other, view))
        {
            let message = format!("the {} denies all that this one allows", name(deny));
            findings.add(&ALWAYS_DENIED, &view.place(), message, "remove one of the two");
        }
    }
}

fn name(view: &View<'_>) -> String {
    match view.statement.name() {
        Some(sid) if !sid.is_empty() => format!("statement `{sid}`"),
        _ => format!("{} statement", Ordinal(view.at)),
    }
}

fn says_the_same(one: &View<'_>, other: &View<'_>) -> bool {
    let elements = |statement: &Statement| {
        (statement.effect(), statement.principal().cloned(), statement.action().clone(), statement.resource().cloned())
    };
    elements(one.statement) == elements(other.statement) && one.statement.conditions() == other.statement.conditions()
}

/// Whether every request that `small` is about is one that `large` is about.
fn covers(large: &View<'_>, small: &View<'_>) -> bool {
    let resources = match (large.statement.resource(), small.statement.resource()) {
        (None, _) => true,
        (Some(large), Some(small)) => covers_element(large, small, str::to_owned),
        (Some(_), None) => false,
    };
    resources
        && covers_principals(large.statement.principal(), small.statement.principal())
        && covers_element(large.statement.action(), small.statement.action(), str::to_ascii_lowercase)
        && large.tests().all(|test| small.tests().any(|other| is_same(&test, &other)))
}

fn covers_principals(large: Option<&Match<Principals>>, small: Option<&Match<Principals>>) -> bool {
    matches!(large, None | Some(Match::Listed(Principals::Everyone))) || large == small
}

fn covers_element(
    large: &Match<OneOrMany<String>>,
    small: &Match<OneOrMany<String>>,
    normalise: impl Fn(&str) -> String,
) -> bool {
    let texts = |element: &Match<OneOrMany<String>>| -> Vec<String> {
        element.listed().as_slice().iter().map(|text| normalise(text)).collect()
    };
    let (large_texts, small_texts) = (texts(large), texts(small));
    // A variable is some text, and as a part of the larger pattern it must not be taken for any text.
    let within = |small: &String, large: &String| {
        small == large || (!large.contains("${") && contains(&of_policy(large), &of_policy(small)))
    };
    let apart = |one: &String, other: &String| !meet(&of_policy(one), &of_policy(other));
    match (large, small) {
        (Match::Listed(_), Match::Listed(_)) => {
            small_texts.iter().all(|small| large_texts.iter().any(|large| within(small, large)))
        }
        (Match::NotListed(_), Match::Listed(_)) => {
            small_texts.iter().all(|small| large_texts.iter().all(|large| apart(small, large)))
        }
        (Match::NotListed(_), Match::NotListed(_)) => {
            large_texts.iter().all(|large| small_texts.iter().any(|small| within(large, small)))
        }
        (Match::Listed(_), Match::NotListed(_)) => large_texts.iter().any(|large| large == "*"),
    }
}

fn is_same(one: &Test<'_>, other: &Test<'_>) -> bool {
    one.operator == other.operator && one.is_on(other.key) && one.values == other.values
}
