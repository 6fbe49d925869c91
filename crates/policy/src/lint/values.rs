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

pub(super) const LOOSE_RANGE: Check = Check {
    code: "loose-address-range",
    severity: Severity::Suggestion,
    about: "Bits of the address beyond the length of its prefix mean nothing.",
    page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-suggestion-improve-ip-range",
};

pub(super) const PRIVATE_SOURCE_IP: Check = Check {
    code: "private-source-ip",
    severity: Severity::Warning,
    about: "`aws:SourceIp` is the public address a request comes from, and is absent behind a VPC endpoint.",
    page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourceip",
};

pub(super) fn check_addresses(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for view in &subject.statements {
        for test in view.tests().filter(|test| test.comparison().name().ends_with("IpAddress")) {
            let ranges =
                test.texts().enumerate().filter_map(|(at, text)| Some((at, text, text.parse::<IpNet>().ok()?)));
            for (at, text, range) in ranges {
                if range != range.trunc() {
                    let message = format!("`{text}` is the same as `{}`", range.trunc());
                    findings.add_at_value(&LOOSE_RANGE, (view, &test, at), message, "write it so");
                }
                if test.is_on("aws:SourceIp") && is_private(&range) {
                    let message = format!("no request comes from the private addresses `{text}`");
                    let fix = "use public addresses, or `aws:VpcSourceIp` together with `aws:SourceVpc`";
                    findings.add_at_value(&PRIVATE_SOURCE_IP, (view, &test, at), message, fix);
                }
            }
        }
    }
}

/// Private in RFC 1918 or RFC 4193.
fn is_private(range: &IpNet) -> bool {
    match range {
        IpNet::V4(range) => range.network().is_private() && range.broadcast().is_private(),
        IpNet::V6(range) => range.prefix_len() >= 7 && range.network().is_unique_local(),
    }
}

pub(super) fn check_values(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for view in &subject.statements {
        for test in view.tests() {
            if test.values.is_empty() {
                let message = format!("`{}` is compared with no value at all", test.key);
                findings.add_at_key(&EMPTY_VALUES, (view, &test), message, "give a value, or remove the condition");
            }
            for (at, text) in test.texts().enumerate() {
                if let Some((message, fix)) = wrong_value(test.comparison(), text) {
                    findings.add_at_value(&VALUE_TYPE, (view, &test, at), message, fix);
                }
            }
        }
    }
}

/// What is wrong with a value, and what the operator wants instead.
fn wrong_value(comparison: Comparison, text: &str) -> Option<(String, String)> {
    let name = comparison.name();
    let (is_right, wanted) = if name.starts_with("Numeric") {
        (Decimal::parse(text).is_some(), "a number")
    } else if name.starts_with("Date") {
        (instant::parse(text).is_some(), "a date such as `2026-12-31T23:59:59Z`")
    } else if name.ends_with("IpAddress") {
        (text.parse::<IpNet>().is_ok() || text.parse::<IpAddr>().is_ok(), "an address range such as `203.0.113.0/24`")
    } else if matches!(comparison, Comparison::Bool | Comparison::Null) {
        let words = ["true", "false"];
        (text.contains("${") || words.iter().any(|word| text.eq_ignore_ascii_case(word)), "`true` or `false`")
    } else if name.starts_with("Arn") {
        return wrong_arn_value(text);
    } else {
        return None;
    };
    (!is_right).then(|| (format!("`{text}` is not {wanted}"), format!("write {wanted}, or use another operator")))
}

/// Here a star does not run on over missing parts; stars alone fit every ARN.
fn wrong_arn_value(text: &str) -> Option<(String, String)> {
    let is_everything = !text.is_empty() && text.bytes().all(|byte| byte == b'*');
    if is_everything || text.contains("${") {
        None
    } else if text.matches(':').count() < 5 {
        let fix = "write all six parts, `arn:partition:service:region:account:resource`";
        Some((format!("`{text}` has fewer than the six parts of an ARN"), fix.to_owned()))
    } else {
        wrong_arn(text).map(|(message, fix)| (message, fix.to_owned()))
    }
}
