//! What concerns a document as a whole, or the rules of one kind of policy.

use super::subject::{Findings, Subject};
use super::{Check, Severity};
use crate::document::{Effect, PolicyKind, Principals, Step, Version};

pub(super) const MISSING_VERSION: Check = Check {
    code: "missing-version",
    severity: Severity::Warning,
    about: "Without `Version` a document is of the old version, in which policy variables are plain text.",
    page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html",
};

pub(super) const OLD_VERSION_WITH_VARIABLES: Check = Check {
    code: "old-version-with-variables",
    severity: Severity::Error,
    about: "Version 2008-10-17 takes `${…}` for plain text, so nothing matches.",
    page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html",
};

pub(super) const TOO_LARGE: Check = Check {
    code: "too-large",
    severity: Severity::Error,
    about: "Every kind of policy has a largest size.",
    page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html",
};

pub(super) const SID_CHARACTERS: Check = Check {
    code: "sid-characters",
    severity: Severity::Error,
    about: "IAM takes only letters and digits in `Sid`.",
    page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html",
};

pub(super) const RCP_FORM: Check = Check {
    code: "rcp-form",
    severity: Severity::Error,
    about: "A resource control policy says its version, only denies, everybody, and lists actions.",
    page: "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html",
};

pub(super) const TRUST_ACTION: Check = Check {
    code: "trust-action",
    severity: Severity::Error,
    about: "A trust policy is about becoming the role: only actions of STS mean anything in it.",
    page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html",
};

pub(super) fn check_version(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let fix = "write `\"Version\": \"2012-10-17\"`";
    if subject.document.version().is_none() {
        findings.add(&MISSING_VERSION, &[], "the document does not say its version", fix);
    }
    if subject.version == Version::V2012 {
        return;
    }
    for view in &subject.statements {
        let resources = view.resource_patterns().iter().enumerate();
        for (at, text) in resources.filter(|(_, text)| text.contains("${")) {
            let message = format!("`{text}` is plain text in version 2008-10-17");
            findings.add(&OLD_VERSION_WITH_VARIABLES, &view.item(view.resource_field(), at), message, fix);
        }
        for test in view.tests() {
            for (at, text) in test.texts().enumerate().filter(|(_, text)| text.contains("${")) {
                let message = format!("`{text}` is plain text in version 2008-10-17");
                findings.add_at_value(&OLD_VERSION_WITH_VARIABLES, (view, &test, at), message, fix);
            }
        }
    }
}

/// Sizes count characters without white space between tokens, except those of Organizations, which count all; what is
/// minified before it is stored counts the same there.
pub(super) fn check_size(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let (limit, of) = match subject.kind {
        PolicyKind::Identity => (10_240, "an inline policy of a role"),
        PolicyKind::Boundary => (6_144, "a managed policy"),
        PolicyKind::Trust => (2_048, "a trust policy, unless the quota was raised"),
        PolicyKind::Session => (2_048, "a session policy"),
        PolicyKind::Scp => (10_240, "a service control policy"),
        PolicyKind::Rcp => (5_120, "a resource control policy"),
        PolicyKind::Resource | PolicyKind::Endpoint => (20_480, "a bucket or endpoint policy"),
    };
    let size = subject.document.size();
    if size > limit {
        let message = format!("{size} characters are more than the {limit} that {of} may have");
        findings.add(&TOO_LARGE, &[], message, "shrink lists of actions, or split the policy");
    }
}

/// Resource policies are checked by their services, which take more.
pub(super) fn check_sids(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    if matches!(subject.kind, PolicyKind::Resource | PolicyKind::Endpoint) {
        return;
    }
    for view in &subject.statements {
        let Some(sid) = view.statement.name() else { continue };
        if !sid.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let message = format!("sid `{sid}` has other characters than letters and digits");
            let [statement, item, _] = view.field("Sid");
            findings.add(&SID_CHARACTERS, &[statement, item, Step::Field("Sid")], message, "leave them out");
        }
    }
}

pub(super) fn check_rcp(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    if subject.kind != PolicyKind::Rcp {
        return;
    }
    if subject.document.version() != Some(Version::V2012) {
        let fix = "write `\"Version\": \"2012-10-17\"`";
        findings.add(&RCP_FORM, &[], "a resource control policy has to say version 2012-10-17", fix);
    }
    for view in &subject.statements {
        if view.statement.effect() == Effect::Allow {
            let message = "a resource control policy cannot allow; only AWS' own RCPFullAWSAccess does";
            findings.add(&RCP_FORM, &view.field("Effect"), message, "deny what is not wanted instead");
        }
        if view.statement.action().is_negated() {
            let message = "a resource control policy cannot have `NotAction`";
            findings.add(&RCP_FORM, &view.field("NotAction"), message, "list the actions in `Action`");
        }
        let names_everybody = view.statement.principal().is_none_or(|principal| match principal.listed() {
            Principals::Everyone => true,
            Principals::Typed(_) => false,
        });
        if !names_everybody {
            let message = "a resource control policy is about everybody";
            let fix = "write `\"Principal\": \"*\"` and choose by conditions such as `aws:PrincipalArn`";
            findings.add(&RCP_FORM, &view.field("Principal"), message, fix);
        }
    }
}

pub(super) fn check_trust_actions(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    if subject.kind != PolicyKind::Trust {
        return;
    }
    for view in &subject.statements {
        for (at, action) in view.action_patterns().iter().enumerate() {
            let lower = action.to_ascii_lowercase();
            if !lower.starts_with("sts:") && !lower.starts_with('*') {
                let message = format!("`{action}` means nothing in a trust policy");
                let fix = "list `sts:AssumeRole` or another action of STS here, and the rest in the role's permissions";
                findings.add(&TRUST_ACTION, &view.item(view.action_field(), at), message, fix);
            }
        }
    }
}
