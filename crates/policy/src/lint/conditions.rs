//! Operators and the keys they are used on.

use super::subject::{Findings, Subject, Test, View};
use super::{Check, Severity};
use crate::catalogue::{KeyType, KnownKey, catalogue};
use crate::document::PolicyKind;
use crate::operator::{Comparison, Quantifier};

const OPERATORS: &str =
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html";
const MULTI_VALUED: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html";

pub(super) const OPERATOR_TYPE: Check = Check {
    code: "operator-type-mismatch",
    severity: Severity::Warning,
    about: "The operator compares another type of values than the key has.",
    page: OPERATORS,
};

pub(super) const MULTI_VALUED_KEY: Check = Check {
    code: "missing-set-operator",
    severity: Severity::Error,
    about: "A key with several values needs `ForAllValues` or `ForAnyValue`.",
    page: MULTI_VALUED,
};

pub(super) const SET_OPERATOR_ON_SINGLE_VALUE: Check = Check {
    code: "set-operator-on-single-value",
    severity: Severity::Warning,
    about: "`ForAllValues` and `ForAnyValue` are for keys with several values.",
    page: MULTI_VALUED,
};

pub(super) const FOR_ALL_VALUES_WITH_ALLOW: Check = Check {
    code: "for-all-values-with-allow",
    severity: Severity::SecurityWarning,
    about: "`ForAllValues` also holds when the request lacks the key.",
    page: MULTI_VALUED,
};

pub(super) const WILDCARD_WITHOUT_LIKE: Check = Check {
    code: "wildcard-without-like",
    severity: Severity::Warning,
    about: "Wildcards are plain characters to operators other than the `Like` and ARN ones.",
    page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-general-warning-wildcard-without-like-operator",
};

pub(super) const MISSING_IF_EXISTS: Check = Check {
    code: "missing-if-exists",
    severity: Severity::SecurityWarning,
    about: "Requests with long-term credentials lack the MFA keys, so a Deny without `IfExists` passes them by.",
    page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthpresent",
};

pub(super) const SOURCE_IP_HITS_SERVICES: Check = Check {
    code: "source-ip-hits-services",
    severity: Severity::Warning,
    about: "Calls that AWS services make for the caller come from their own addresses.",
    page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_deny-ip.html",
};

fn known_tests<'v>(view: &View<'v>) -> Vec<(Test<'v>, &'static KnownKey)> {
    view.tests()
        .filter(|test| test.comparison() != Comparison::Null)
        .filter_map(|test| catalogue().key(test.key).map(|key| (test, &**key)))
        .collect()
}

pub(super) fn check_operator_types(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for view in &subject.statements {
        for (test, key) in known_tests(view) {
            if !suits(test.comparison(), key) {
                let kind = key.key_type().name();
                let message = format!("`{}` is of type {kind}, which `{}` does not compare", test.key, test.operator);
                let fix = format!("use one of the operators for {kind}, such as `{}`", usual(key.key_type()).name());
                findings.add_at_key(&OPERATOR_TYPE, (view, &test), message, fix);
            }
        }
    }
}

/// ARNs are often compared as text on purpose, to reach over their parts; `aws:EpochTime` is a number too.
fn suits(comparison: Comparison, key: &KnownKey) -> bool {
    let name = comparison.name();
    let is_epoch = key.lower() == "aws:epochtime";
    match key.key_type() {
        KeyType::String => name.starts_with("String") || comparison == Comparison::BinaryEquals,
        KeyType::Arn => name.starts_with("Arn") || name.starts_with("String"),
        KeyType::Bool => comparison == Comparison::Bool,
        KeyType::Numeric => name.starts_with("Numeric"),
        KeyType::Date => name.starts_with("Date") || (is_epoch && name.starts_with("Numeric")),
        KeyType::IpAddress => name.ends_with("IpAddress"),
    }
}

fn usual(key_type: KeyType) -> Comparison {
    match key_type {
        KeyType::String => Comparison::StringEquals,
        KeyType::Arn => Comparison::ArnLike,
        KeyType::Bool => Comparison::Bool,
        KeyType::Numeric => Comparison::NumericEquals,
        KeyType::Date => Comparison::DateLessThan,
        KeyType::IpAddress => Comparison::IpAddress,
    }
}

pub(super) fn check_quantifiers(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for view in &subject.statements {
        for (test, key) in known_tests(view) {
            match (test.operator.quantifier(), key.is_multi_valued()) {
                (None, true) => {
                    let message = format!("`{}` has several values, which `{}` is not for", test.key, test.operator);
                    let fix = "put `ForAnyValue:` or `ForAllValues:` before the operator";
                    findings.add_at_key(&MULTI_VALUED_KEY, (view, &test), message, fix);
                }
                (Some(_), false) => {
                    let message = format!("`{}` has one value at most", test.key);
                    let fix = format!("use `{}` without set operator", test.comparison().name());
                    findings.add_at_key(&SET_OPERATOR_ON_SINGLE_VALUE, (view, &test), message, fix);
                }
                _ => {}
            }
        }
        check_for_all_values(view, findings);
    }
}

fn check_for_all_values(view: &View<'_>, findings: &mut Findings<'_>) {
    if !view.is_allow() {
        return;
    }
    for test in view.tests().filter(|test| test.operator.quantifier() == Some(Quantifier::ForAllValues)) {
        let is_demanded = view.tests().any(|other| other.is_on(test.key) && !other.holds_without_key());
        if !is_demanded {
            let message = format!("this also allows requests without `{}`", test.key);
            let fix = format!("add `\"Null\": {{\"{}\": \"false\"}}`", test.key);
            findings.add_at_key(&FOR_ALL_VALUES_WITH_ALLOW, (view, &test), message, fix);
        }
    }
}

pub(super) fn check_wildcards(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for view in &subject.statements {
        for test in view.tests() {
            let like = match test.comparison() {
                Comparison::StringEquals | Comparison::StringEqualsIgnoreCase => "StringLike",
                Comparison::StringNotEquals | Comparison::StringNotEqualsIgnoreCase => "StringNotLike",
                _ => continue,
            };
            for (at, text) in test.texts().enumerate() {
                let plain = text.replace("${*}", "").replace("${?}", "");
                if plain.contains(['*', '?']) {
                    let message = format!("`{text}` is compared as it is, wildcards included");
                    let place = (view, &test, at);
                    findings.add_at_value(&WILDCARD_WITHOUT_LIKE, place, message, format!("use `{like}`"));
                }
            }
        }
    }
}

pub(super) fn check_if_exists(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    for view in subject.statements.iter().filter(|view| !view.is_allow()) {
        for test in view.tests().filter(|test| !test.holds_without_key()) {
            let asks_lack_of_mfa = match test.comparison() {
                Comparison::Bool => {
                    test.is_on("aws:MultiFactorAuthPresent")
                        && test.texts().any(|text| text.eq_ignore_ascii_case("false"))
                }
                Comparison::NumericGreaterThan | Comparison::NumericGreaterThanEquals => {
                    test.is_on("aws:MultiFactorAuthAge")
                }
                _ => false,
            };
            if asks_lack_of_mfa && !denies_absence(subject, test.key) {
                let message = format!("long-term credentials lack `{}`, so they are not denied", test.key);
                let fix = format!("use `{}IfExists`", test.operator);
                findings.add_at_key(&MISSING_IF_EXISTS, (view, &test), message, fix);
            }
        }
    }
}

/// Whether another Deny takes care of requests without the key.
fn denies_absence(subject: &Subject<'_>, key: &str) -> bool {
    let mut denies = subject.statements.iter().filter(|view| !view.is_allow());
    denies.any(|view| view.tests().any(|test| test.is_on(key) && test.holds_without_key()))
}

/// In a trust policy nobody calls on behalf of somebody else.
pub(super) fn check_source_ip(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    if subject.kind == PolicyKind::Trust {
        return;
    }
    let excuses =
        ["aws:ViaAWSService", "aws:PrincipalIsAWSService", "aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast"];
    for view in subject.statements.iter().filter(|view| !view.is_allow()) {
        let is_excused = view.tests().any(|test| excuses.iter().any(|key| test.is_on(key)));
        for test in view.tests().filter(|test| test.comparison() == Comparison::NotIpAddress) {
            if test.is_on("aws:SourceIp") && !is_excused {
                let message = "this also denies what AWS services do on behalf of the caller";
                let fix = "add `\"Bool\": {\"aws:ViaAWSService\": \"false\"}`";
                findings.add_at_key(&SOURCE_IP_HITS_SERVICES, (view, &test), message, fix);
            }
        }
    }
}
