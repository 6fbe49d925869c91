//! The values conditions compare with.

use std::net::IpAddr;

use ipnet::IpNet;

use super::resources::wrong_arn;
use super::subject::{Findings, Subject};
use super::{Check, Severity};
use crate::decimal::Decimal;
use crate::instant;
use crate::operator::Comparison;

const OPERATORS: &str =
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html";

pub(super) const EMPTY_VALUES: Check = Check {
    code: "empty-values",
    severity: Severity::Error,
    about: "A condition without values compares with nothing.",
    page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-suggestion-empty-array-condition",
};

pub(super) const VALUE_TYPE: Check = Check {
    code: "value-type-mismatch",
    severity: Severity::Error,
    about: "The value is not of the type that the operator compares, so it never fits.",
    page: OPERATORS,
};

pub(super) fn check_values(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for view in &subject.statements {
        for test in view.tests() {
            if test.values.is_empty() {
                let message = format!("`{}` is compared with no value at all", test.key);
                findings.add_at_key(&EMPTY_VALUES, (view, &test), message, "give a value, or remove the condition");
            }
            for (at, text) in test.texts().enumerate() {
                if let Some(wanted) = wrong_value(test.comparison(), text) {
                    let message = format!("`{text}` is not {wanted}");
                    let fix = format!("write {wanted}, or use another operator");
                    findings.add_at_value(&VALUE_TYPE, (view, &test, at), message, fix);
                }
            }
        }
    }
}

/// What the operator wants instead of this value.
fn wrong_value(comparison: Comparison, text: &str) -> Option<&'static str> {
    let name = comparison.name();
    let (is_right, wanted) = if name.starts_with("Numeric") {
        (Decimal::parse(text).is_some(), "a number")
    } else if name.starts_with("Date") {
        (instant::parse(text).is_some(), "a date such as `2026-12-31T23:59:59Z`")
    } else if name.ends_with("IpAddress") {
        (text.parse::<IpNet>().is_ok() || text.parse::<IpAddr>().is_ok(), "an address range such as `203.0.113.0/24`")
    } else if matches!(comparison, Comparison::Bool | Comparison::Null) {
        (
            text.contains("${") || ["true", "false"].iter().any(|word| text.eq_ignore_ascii_case(word)),
            "`true` or `false`",
        )
    } else if name.starts_with("Arn") {
        (is_arn(text), "an ARN of six parts")
    } else {
        return None;
    };
    (!is_right).then_some(wanted)
}

/// Here a star does not run on over missing parts; stars alone fit every ARN.
fn is_arn(text: &str) -> bool {
    let is_everything = !text.is_empty() && text.bytes().all(|byte| byte == b'*');
    is_everything || text.contains("${") || (text.matches(':').count() >= 5 && wrong_arn(text).is_none())
}
