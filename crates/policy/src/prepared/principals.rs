//! Whom a statement of a resource-based policy names, and how closely: it decides what the grant is worth.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use crate::arn::Arn;
use crate::document::{Effect, PrincipalType, Principals};
use crate::principal::{Kind, Principal};

/// What naming the caller is worth, from least to most.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-cross-account.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grant {
    /// The caller's account: the account still has to pass it on with an identity policy.
    Account,
    /// The role or user behind the session: boundary and session policy still limit it.
    Entity,
    /// The caller itself, or everybody.
    Direct,
}

/// Whether the caller has a permissions boundary: `NotPrincipal` treats those differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Plain,
    Bounded,
}

/// The compiled value of `Principal` or `NotPrincipal`.
#[derive(Clone, Debug)]
pub(crate) struct PreparedPrincipals(Box<[Name]>);

#[derive(Clone, Debug)]
enum Name {
    Everyone,
    Account(Box<str>),
    Arn(Box<str>),
    AnyService,
    Service(Box<str>),
    Provider(Box<str>),
    /// A canonical or unique id. Requests name callers by ARN, so it stands for nobody.
    Opaque,
}

impl PreparedPrincipals {
    pub(crate) fn new(principals: &Principals) -> PreparedPrincipals {
        PreparedPrincipals(match principals {
            Principals::Everyone => Box::new([Name::Everyone]),
            Principals::Typed(groups) => groups
                .iter()
                .flat_map(|(kind, names)| names.as_slice().iter().map(|name| Name::new(*kind, name)))
                .collect(),
        })
    }

    /// The closest way in which the caller is named.
    pub(crate) fn grant(&self, principal: &Principal) -> Option<Grant> {
        self.0.iter().filter_map(|name| name.grant(principal)).max()
    }

    /// Whether `NotPrincipal` spares the caller.
    ///
    /// Naming only the account spares its root user and nobody else: in AWS' own example a user is spared by being
    /// named beside the account. A caller with a boundary is never spared from a Deny.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>
    pub(crate) fn exempt(&self, principal: &Principal, standing: Standing, effect: Effect) -> bool {
        if standing == Standing::Bounded && effect == Effect::Deny {
            return false;
        }
        self.grant(principal).is_some_and(|grant| grant > Grant::Account || principal.kind() == Kind::Root)
    }
}

impl Name {
    fn new(kind: PrincipalType, name: &str) -> Name {
        match (kind, name) {
            (PrincipalType::Aws, "*") => Name::Everyone,
            (PrincipalType::Aws, name) => Name::aws(name),
            (PrincipalType::Service, "*") => Name::AnyService,
            (PrincipalType::Service, name) => Name::Service(name.into()),
            (PrincipalType::Federated, name) => Name::Provider(name.into()),
            (PrincipalType::CanonicalUser, _) => Name::Opaque,
        }
    }

    /// An account may be written as its id or as its root user:
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-accounts>
    fn aws(name: &str) -> Name {
        match Arn::split(name) {
            Some(arn) if arn.service == "iam" && arn.resource == "root" => Name::Account(arn.account.into()),
            Some(_) => Name::Arn(name.into()),
            None if name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_digit()) => Name::Account(name.into()),
            None => Name::Opaque,
        }
    }

    fn grant(&self, principal: &Principal) -> Option<Grant> {
        match self {
            Name::Everyone => Some(Grant::Direct),
            Name::Account(account) => (principal.account() == Some(account)).then_some(Grant::Account),
            Name::Arn(arn) if principal.as_str() == &**arn => principal.account().map(|_| Grant::Direct),
            Name::Arn(arn) => (principal.entity_arn() == Some(arn)).then_some(Grant::Entity),
            Name::AnyService => (principal.kind() == Kind::Service).then_some(Grant::Direct),
            Name::Service(name) => same(principal, Kind::Service, name),
            Name::Provider(name) => same(principal, Kind::Provider, name),
            Name::Opaque => None,
        }
    }
}

fn same(principal: &Principal, kind: Kind, name: &str) -> Option<Grant> {
    (principal.kind() == kind && principal.as_str() == name).then_some(Grant::Direct)
}
