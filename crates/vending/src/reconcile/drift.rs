//! Whether a live role still is what Daypass made. Pure: what was found goes in, findings come out.

use daypass_policy::{PolicyDocument, PolicyKind};

use crate::plan::{Plan, SESSION_POLICY, tag};
use crate::ports::RoleState;
use crate::secret::ExternalId;

/// What differs between the role that was found and its plan, in words; empty when nothing does. While an extension is
/// being written, the documents of either end are right.
pub(crate) fn findings(found: &RoleState, plans: &[&Plan], external_id: &ExternalId) -> Vec<String> {
    let Some(plan) = plans.first() else { return vec![] };
    let mut findings = Vec::new();
    if found.boundary_arn.as_deref() != Some(plan.boundary_arn.as_str()) {
        findings.push(format!("its boundary is {}", found.boundary_arn.as_deref().unwrap_or("gone")));
    }
    let trusts = plans.iter().map(|plan| crate::plan::trust_document(&plan.trust, external_id).to_json());
    if !same_as_any(&found.trust, PolicyKind::Trust, trusts) {
        findings.push("its trust policy was changed".to_owned());
    }
    match found.inline_policies.get(SESSION_POLICY) {
        None => findings.push("its policy is gone".to_owned()),
        Some(policy) => {
            let permissions = plans.iter().map(|plan| plan.permissions.clone());
            if !same_as_any(policy, PolicyKind::Identity, permissions) {
                findings.push("its policy was changed".to_owned());
            }
        }
    }
    let foreign = found.inline_policies.keys().filter(|name| *name != SESSION_POLICY);
    findings.extend(foreign.map(|name| format!("it has a further inline policy {name:?}")));
    findings.extend(found.attached_policies.iter().map(|arn| format!("{arn} is attached")));
    findings.extend(found.instance_profiles.iter().map(|name| format!("it is in instance profile {name:?}")));
    // Tags are rights here: boundaries scope by them.
    for key in [tag::DEPLOYMENT, tag::PROJECT, tag::SESSION, tag::TIER, tag::USER] {
        if found.tags.get(key) != plan.tags.get(key) {
            findings.push(format!("its tag {key} was changed"));
        }
    }
    findings
}

/// Whether a document says the same as one of ours. AWS may write it differently, so documents are compared, not texts.
fn same_as_any(found: &str, kind: PolicyKind, ours: impl Iterator<Item = String>) -> bool {
    let Ok(found) = PolicyDocument::parse_as(found, kind) else { return false };
    ours.into_iter().any(|text| PolicyDocument::parse_as(&text, kind).is_ok_and(|document| document == found))
}
