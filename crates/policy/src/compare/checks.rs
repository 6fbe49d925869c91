//! The custom policy checks of IAM Access Analyzer, decided offline.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-custom-policy-checks.html>

use ipnet::IpNet;

use super::answer::{Emptiness, Inclusion};
use super::{disjoint, empty, included};
use crate::arn::Arn;
use crate::document::{Effect, PolicyDocument, PrincipalType, Principals, Statement};
use crate::operator::{Comparison, Operator};

/// Access that must not be granted: any of the actions on any of the resources.
///
/// Without actions it means every action, without resources every resource. Both may have wildcards.
/// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_Access.html>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Such as `s3:DeleteBucket`.
    pub actions: Vec<String>,
    /// ARNs.
    pub resources: Vec<String>,
}

/// Whether an updated policy grants nothing that the existing one does not: `CheckNoNewAccess` passes when this is
/// [`Inclusion::Included`].
/// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CheckNoNewAccess.html>
#[must_use]
pub fn check_no_new_access(new: &PolicyDocument, existing: &PolicyDocument) -> Inclusion {
    included(new, existing)
}

/// Whether a policy grants none of the access, under whatever conditions: `CheckAccessNotGranted` passes when this is
/// [`Emptiness::Empty`].
/// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CheckAccessNotGranted.html>
#[must_use]
pub fn check_access_not_granted(policy: &PolicyDocument, access: &[Access]) -> Emptiness {
    let or_all = |texts: &[String]| if texts.is_empty() { vec!["*".to_owned()] } else { texts.to_vec() };
    let statements = access
        .iter()
        .map(|access| Statement::allow().actions(or_all(&access.actions)).resources(or_all(&access.resources)));
    disjoint(policy, &PolicyDocument::from_statements(statements.collect()))
}

/// Whether a resource policy keeps strangers out: `CheckNoPublicAccess` passes when this is [`Emptiness::Empty`].
///
/// A stranger is not named by the policy, and has none of the values that a policy may pin down to keep strangers out:
/// a fixed account, organisation, VPC, endpoint, ARN or address range. Values with wildcards are not fixed, except behind
/// the account of an ARN, and neither are ranges wider than `/8`, or `/32` for IPv6.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status>
#[must_use]
pub fn check_no_public_access(policy: &PolicyDocument) -> Emptiness {
    let mut strangers_only = policy.clone();
    known_callers(policy).into_iter().chain(known_circumstances(policy)).for_each(|deny| strangers_only.push(deny));
    empty(&strangers_only)
}

/// Denies for everybody whom the policy names.
fn known_callers(policy: &PolicyDocument) -> Vec<Statement> {
    let groups = allows(policy).filter_map(|statement| match statement.principal() {
        Some(element) if !element.is_negated() => match element.listed() {
            Principals::Typed(groups) => Some(groups),
            Principals::Everyone => None,
        },
        _ => None,
    });
    let mut denies = Vec::new();
    for (kind, names) in groups.flatten() {
        let names = names.as_slice().iter().filter(|name| *name != "*").cloned();
        let names: Vec<String> = names.collect();
        let deny = Statement::deny();
        let deny = match kind {
            _ if names.is_empty() => continue,
            PrincipalType::Aws => deny.principal_aws(names),
            PrincipalType::Service => deny.principal_service(names),
            PrincipalType::Federated => deny.principal_federated(names),
            PrincipalType::CanonicalUser => continue,
        };
        denies.push(deny.actions(["*"]).resources(["*"]));
    }
    denies
}

/// Denies for whoever comes with a value that the policy pins down.
fn known_circumstances(policy: &PolicyDocument) -> Vec<Statement> {
    let mut denies = Vec::new();
    for block in allows(policy).flat_map(Statement::conditions) {
        let comparison = block.operator().comparison();
        for (key, values) in block.keys() {
            let fixed = |value: &&str| is_fixed(comparison, &key.to_lowercase(), value);
            let values = values.as_slice().iter().map(|value| value.as_str());
            let values: Vec<&str> = values.filter(fixed).collect();
            if !values.is_empty() {
                let operator = Operator::from(comparison).for_any_value();
                let deny = Statement::deny().principal_everyone().actions(["*"]).resources(["*"]);
                denies.push(deny.condition(operator, key, values));
            }
        }
    }
    denies
}

fn allows(policy: &PolicyDocument) -> impl Iterator<Item = &Statement> {
    policy.statements().iter().filter(|statement| statement.effect() == Effect::Allow)
}

/// Whether a value of a policy can only be had by somebody trusted.
fn is_fixed(comparison: Comparison, key: &str, value: &str) -> bool {
    let has_wildcard = |text: &str| {
        text.contains("${") || !matches!(comparison, Comparison::StringEquals) && text.contains(['*', '?'])
    };
    let is_comparable = matches!(
        comparison,
        Comparison::StringEquals
            | Comparison::StringEqualsIgnoreCase
            | Comparison::StringLike
            | Comparison::ArnEquals
            | Comparison::ArnLike
    );
    match key {
        "aws:sourceip" | "aws:vpcsourceip" => comparison == Comparison::IpAddress && is_narrow(value),
        _ if !is_comparable => false,
        "aws:principalarn" | "aws:sourcearn" | "s3:dataaccesspointarn" => {
            let account = Arn::split(value).map(|arn| arn.account).filter(|account| !account.is_empty());
            !has_wildcard(account.unwrap_or(value))
        }
        // The part before the colon is the role; the rest is whatever the session was called.
        "aws:userid" => !has_wildcard(value.split(':').next().unwrap_or(value)),
        "aws:principalorgpaths" | "aws:sourceorgpaths" => !has_wildcard(value.split('/').next().unwrap_or(value)),
        "aws:principalaccount"
        | "aws:principalorgid"
        | "aws:sourceaccount"
        | "aws:sourceorgid"
        | "aws:sourceowner"
        | "aws:sourcevpc"
        | "aws:sourcevpce"
        | "aws:vpceaccount"
        | "aws:vpceorgid"
        | "kms:calleraccount"
        | "s3:dataaccesspointaccount"
        | "s3:x-amz-server-side-encryption-aws-kms-key-id" => !has_wildcard(value),
        _ => false,
    }
}

/// At least `/8`, or `/32` for IPv6. What is no range at all lets nobody in.
fn is_narrow(range: &str) -> bool {
    match range.parse() {
        Ok(IpNet::V4(range)) => range.prefix_len() >= 8,
        Ok(IpNet::V6(range)) => range.prefix_len() >= 32,
        Err(_) => true,
    }
}
