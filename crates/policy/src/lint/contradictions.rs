//! Conditions of one statement that cannot all hold.
//!
//! Pairs of conditions on the same key are looked at. What is reported never holds; what is not reported may still not.

use std::cmp::Ordering;

use super::patterns::{Place, contains, meet, of_policy};
use super::subject::{Findings, Subject, Test};
use super::{Check, Severity};
use crate::decimal::Decimal;
use crate::instant;
use crate::operator::Comparison;

pub(super) const UNSATISFIABLE: Check = Check {
    code: "unsatisfiable-conditions",
    severity: Severity::Warning,
    about: "Two conditions on the same key exclude each other, so the statement never applies.",
    page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html",
};

pub(super) fn check_contradictions(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for view in &subject.statements {
        let tests: Vec<Test<'_>> = view.tests().filter(|test| !test.values.is_empty()).collect();
        for (at, one) in tests.iter().enumerate() {
            let others = tests.iter().skip(at + 1).filter(|other| other.is_on(one.key));
            for other in others.filter(|other| exclude_each_other(one, other)) {
                let message = format!("`{}` and `{}` on `{}` cannot both hold", one.operator, other.operator, one.key);
                findings.add_at_key(&UNSATISFIABLE, (view, other), message, "remove or correct one of them");
            }
        }
    }
}

fn exclude_each_other(one: &Test<'_>, other: &Test<'_>) -> bool {
    if wants_absence(one) || wants_absence(other) {
        return !(one.holds_without_key() && other.holds_without_key());
    }
    // Without the key both hold; with several values each may hold for another one.
    let may_lack_key = one.holds_without_key() && other.holds_without_key();
    let has_sets = one.operator.quantifier().is_some() || other.operator.quantifier().is_some();
    if may_lack_key || has_sets {
        return false;
    }
    texts_exclude(one, other) || texts_exclude(other, one) || ranges_exclude(one, other) || ranges_exclude(other, one)
}

fn wants_absence(test: &Test<'_>) -> bool {
    test.comparison() == Comparison::Null && test.texts().all(|text| text.eq_ignore_ascii_case("true"))
}

/// No value of one fits any of the other, or each is among those the other rules out.
fn texts_exclude(one: &Test<'_>, other: &Test<'_>) -> bool {
    let (Some((family, false)), Some((other_family, negated))) = (texts(one.comparison()), texts(other.comparison()))
    else {
        return false;
    };
    if family != other_family {
        return false;
    }
    let (ours, theirs) = (places(one), places(other));
    match negated {
        false => !ours.iter().any(|our| theirs.iter().any(|their| meet(our, their))),
        true => {
            // A variable stands for one text, not for any: it rules out nothing for certain.
            let is_certain = !other.texts().any(|text| text.contains("${"));
            is_certain && ours.iter().all(|our| theirs.iter().any(|their| contains(their, our)))
        }
    }
}

/// The family of operators whose values are texts, and whether they are ruled out.
fn texts(comparison: Comparison) -> Option<(&'static str, bool)> {
    let name = comparison.name();
    let family = ["String", "Arn", "Bool"].into_iter().find(|family| name.starts_with(family))?;
    Some((family, comparison.is_negated()))
}

/// The values as patterns; case is ignored where one operator may ignore it, which finds fewer contradictions.
fn places(test: &Test<'_>) -> Vec<Vec<Place>> {
    use Comparison as C;
    let has_wildcards = matches!(
        test.comparison(),
        C::StringLike | C::StringNotLike | C::ArnLike | C::ArnNotLike | C::ArnEquals | C::ArnNotEquals
    );
    let ignores_case = test.comparison() != C::StringNotEquals && test.comparison() != C::StringNotLike;
    let place = |text: &str| {
        let text = if ignores_case { text.to_lowercase() } else { text.to_owned() };
        let mut places = of_policy(&text);
        if !has_wildcards && !text.contains("${") {
            places = text.chars().map(Place::Char).collect();
        }
        places
    };
    test.texts().map(place).collect()
}

/// One leaves only what is below, the other only what is above.
fn ranges_exclude(one: &Test<'_>, other: &Test<'_>) -> bool {
    use Comparison as C;
    let strict = |comparison| {
        matches!(comparison, C::NumericLessThan | C::NumericGreaterThan | C::DateLessThan | C::DateGreaterThan)
    };
    let is_strict = strict(one.comparison()) || strict(other.comparison());
    let too_low = |ordering: Ordering| ordering == Ordering::Less || (is_strict && ordering == Ordering::Equal);
    match (one.comparison(), other.comparison()) {
        (
            C::NumericLessThan | C::NumericLessThanEquals | C::NumericEquals,
            C::NumericGreaterThan | C::NumericGreaterThanEquals | C::NumericEquals,
        ) => {
            let highest = one.texts().filter_map(Decimal::parse).max();
            let lowest = other.texts().filter_map(Decimal::parse).min();
            highest.zip(lowest).is_some_and(|(highest, lowest)| too_low(highest.cmp(&lowest)))
        }
        (
            C::DateLessThan | C::DateLessThanEquals | C::DateEquals,
            C::DateGreaterThan | C::DateGreaterThanEquals | C::DateEquals,
        ) => {
            let highest = one.texts().filter_map(instant::parse).max();
            let lowest = other.texts().filter_map(instant::parse).min();
            highest.zip(lowest).is_some_and(|(highest, lowest)| too_low(highest.cmp(&lowest)))
        }
        _ => false,
    }
}
