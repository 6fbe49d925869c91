//! What a policy is used for: the same grammar, with different elements required or forbidden.

use std::fmt;

use serde::Serialize;

use super::{PolicyDocument, Statement};

/// What a policy is used for.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#access_policy-types>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PolicyKind {
    /// Attached to a user, group or role.
    Identity,
    /// A role's trust policy.
    Trust,
    /// Attached to a resource: bucket, key, queue, topic, secret, repository.
    Resource,
    /// A permissions boundary.
    Boundary,
    /// Passed when a session is made.
    Session,
    /// A service control policy of an organisation.
    Scp,
    /// A resource control policy of an organisation.
    Rcp,
    /// A VPC endpoint policy.
    Endpoint,
}

/// Whether an element has to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    Required,
    Optional,
    Forbidden,
}

impl PolicyKind {
    /// What a document is most likely used for. Policies that name nobody could also be boundaries, session policies and
    /// SCPs; those that do, endpoint policies and RCPs.
    #[must_use]
    pub fn guess(document: &PolicyDocument) -> PolicyKind {
        let statements = document.statements();
        let is_trust = |statement: &Statement| {
            let mut actions = statement.action().listed().as_slice().iter();
            statement.resource().is_none() && actions.all(|action| action.to_ascii_lowercase().starts_with("sts:"))
        };
        match statements.iter().any(|statement| statement.principal().is_some()) {
            false => PolicyKind::Identity,
            true if statements.iter().all(is_trust) => PolicyKind::Trust,
            true => PolicyKind::Resource,
        }
    }

    /// Identity-based policies, boundaries, session policies and SCPs speak about whoever they are attached to; all
    /// others have to name somebody.
    pub(super) fn principal(self) -> Presence {
        match self {
            PolicyKind::Identity | PolicyKind::Boundary | PolicyKind::Session | PolicyKind::Scp => Presence::Forbidden,
            PolicyKind::Trust | PolicyKind::Resource | PolicyKind::Rcp | PolicyKind::Endpoint => Presence::Required,
        }
    }

    /// A trust policy is about its own role and names no resource. Some services let the resource be left out of the
    /// policy attached to it.
    pub(super) fn resource(self) -> Presence {
        match self {
            PolicyKind::Trust => Presence::Forbidden,
            PolicyKind::Resource => Presence::Optional,
            PolicyKind::Identity
            | PolicyKind::Boundary
            | PolicyKind::Session
            | PolicyKind::Scp
            | PolicyKind::Rcp
            | PolicyKind::Endpoint => Presence::Required,
        }
    }

    /// `NotPrincipal` is for resources and endpoints only:
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>
    pub(super) fn takes_not_principal(self) -> bool {
        matches!(self, PolicyKind::Resource | PolicyKind::Endpoint)
    }
}

impl fmt::Display for PolicyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PolicyKind::Identity => "an identity-based policy",
            PolicyKind::Trust => "a trust policy",
            PolicyKind::Resource => "a resource-based policy",
            PolicyKind::Boundary => "a permissions boundary",
            PolicyKind::Session => "a session policy",
            PolicyKind::Scp => "a service control policy",
            PolicyKind::Rcp => "a resource control policy",
            PolicyKind::Endpoint => "an endpoint policy",
        })
    }
}
