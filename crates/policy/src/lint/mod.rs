//! Looking for what a policy says but cannot mean, or means but should not.
//!
//! A check is a plain function from the document to findings; a finding names its check, the place in the text, what is
//! wrong and what to do. The checks are those of IAM Access Analyzer that can be decided offline, and a few it lacks.
//! A bad policy is an answer, not an error: text that does not even parse gives one finding.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html>

mod actions;
mod conditions;
mod contradictions;
mod document;
mod escalation;
mod keys;
mod patterns;
mod principals;
mod resources;
mod statements;
mod subject;
#[cfg(test)]
mod table;
mod values;

use std::fmt;

use serde::Serialize;

use crate::document::{ParseError, PolicyDocument, PolicyKind, Source};
use subject::{Findings, Subject};

/// How bad a finding is, in the words of Access Analyzer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The policy could be shorter or clearer.
    Suggestion,
    /// Something does not do what it seems to.
    Warning,
    /// Something allows more than is safe.
    SecurityWarning,
    /// AWS refuses the policy, or a part of it can never work.
    Error,
}

/// One kind of finding.
#[derive(Debug, PartialEq, Eq)]
pub struct Check {
    /// Stable name, such as `unknown-action`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What the check is about, in one sentence.
    pub about: &'static str,
    /// The public page that says so.
    pub page: &'static str,
}

/// One thing that is wrong at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which check found it.
    pub check: &'static Check,
    /// Line in the text, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// JSON pointer (RFC 6901) to the place.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub fix: String,
}

/// Every check there is, in the order in which they run.
pub const CHECKS: &[&Check] = &[
    &INVALID_DOCUMENT,
    &document::MISSING_VERSION,
    &document::OLD_VERSION_WITH_VARIABLES,
    &document::TOO_LARGE,
    &document::SID_CHARACTERS,
    &document::RCP_FORM,
    &document::TRUST_ACTION,
    &actions::UNKNOWN_SERVICE,
    &actions::UNKNOWN_ACTION,
    &actions::PATTERN_WITHOUT_ACTION,
    &actions::REDUNDANT_ACTION,
    &actions::NOT_ACTION_WITH_ALLOW,
    &actions::RCP_UNSUPPORTED_SERVICE,
    &resources::INVALID_ARN,
    &resources::REDUNDANT_RESOURCE,
    &resources::RESOURCE_TYPE_MISMATCH,
    &resources::NEEDS_ALL_RESOURCES,
    &keys::UNKNOWN_KEY,
    &keys::KEY_NEVER_CARRIED,
    &keys::DEPRECATED_KEY,
    &keys::UNKNOWN_VARIABLE,
    &keys::MULTI_VALUED_VARIABLE,
    &conditions::OPERATOR_TYPE,
    &conditions::MULTI_VALUED_KEY,
    &conditions::SET_OPERATOR_ON_SINGLE_VALUE,
    &conditions::FOR_ALL_VALUES_WITH_ALLOW,
    &conditions::WILDCARD_WITHOUT_LIKE,
    &conditions::MISSING_IF_EXISTS,
    &conditions::SOURCE_IP_HITS_SERVICES,
    &values::EMPTY_VALUES,
    &values::VALUE_TYPE,
    &values::LOOSE_RANGE,
    &values::PRIVATE_SOURCE_IP,
    &contradictions::UNSATISFIABLE,
    &principals::PUBLIC_PRINCIPAL,
    &principals::NOT_PRINCIPAL_WITH_ALLOW,
    &principals::NOT_PRINCIPAL_WITH_DENY,
    &principals::INVALID_PRINCIPAL,
    &principals::CONFUSED_DEPUTY,
    &principals::FEDERATION_WITHOUT_SUBJECT,
    &statements::DUPLICATE_STATEMENT,
    &statements::SHADOWED_STATEMENT,
    &statements::ALWAYS_DENIED,
    &escalation::FULL_ACCESS,
    &escalation::PRIVILEGE_ESCALATION,
    &escalation::PASS_ANY_ROLE,
    &escalation::ANY_SERVICE_LINKED_ROLE,
];

/// The text is no policy of the wanted kind.
pub const INVALID_DOCUMENT: Check = Check {
    code: "invalid-document",
    severity: Severity::Error,
    about: "The text is not a policy document of its kind.",
    page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html",
};

const FUNCTIONS: &[fn(&Subject<'_>, &mut Findings<'_>)] = &[
    document::check_version,
    document::check_size,
    document::check_sids,
    document::check_rcp,
    document::check_trust_actions,
    actions::check_names,
    actions::check_redundancy,
    actions::check_not_action,
    actions::check_rcp_services,
    resources::check_arns,
    resources::check_redundancy,
    resources::check_types,
    keys::check_keys,
    keys::check_carried,
    keys::check_variables,
    conditions::check_operator_types,
    conditions::check_quantifiers,
    conditions::check_wildcards,
    conditions::check_if_exists,
    conditions::check_source_ip,
    values::check_values,
    values::check_addresses,
    contradictions::check_contradictions,
    principals::check_public,
    principals::check_not_principal,
    principals::check_names,
    principals::check_services,
    principals::check_federation,
    statements::check_statements,
    escalation::check_full_access,
    escalation::check_paths,
    escalation::check_pass_role,
    escalation::check_service_linked_roles,
];

/// All findings about a policy that serves as `kind`, in the order of their places.
#[must_use]
pub fn lint(text: &str, kind: PolicyKind) -> Vec<Finding> {
    let document = match PolicyDocument::parse_as(text, kind) {
        Ok(document) => document,
        Err(error) => return vec![Finding::from(error)],
    };
    let Some(source) = Source::read(text) else { return Vec::new() };
    let subject = Subject::new(&document, kind);
    let mut findings = Findings::new(&source);
    for check in FUNCTIONS {
        check(&subject, &mut findings);
    }
    findings.sorted()
}

impl From<ParseError> for Finding {
    fn from(error: ParseError) -> Finding {
        Finding {
            check: &INVALID_DOCUMENT,
            line: error.line,
            column: error.column,
            pointer: error.pointer,
            message: error.message,
            fix: "write the document as the grammar of policies wants it".to_owned(),
        }
    }
}

impl Severity {
    /// The word for people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Suggestion => "suggestion",
            Severity::Warning => "warning",
            Severity::SecurityWarning => "security-warning",
            Severity::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `3:14: error[unknown-action]: …`
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Check { code, severity, .. } = self.check;
        write!(f, "{}:{}: {severity}[{code}]: {}; {}", self.line, self.column, self.message, self.fix)
    }
}
