//! The `Principal` element: whom a statement of a resource-based policy is about.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use super::OneOrMany;

/// The value of `Principal` or `NotPrincipal`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principals {
    /// Written `"*"`: everybody, anonymous callers included.
    Everyone,
    /// Written as an object: each type once, in the order of the document.
    Typed(Vec<(PrincipalType, OneOrMany<String>)>),
}

/// The key under which principals are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PrincipalType {
    /// Accounts, users, roles, role sessions, federated users, or `*`.
    Aws,
    /// AWS services, such as `lambda.amazonaws.com`.
    Service,
    /// SAML and OIDC providers, or web identity providers by name.
    Federated,
    /// Canonical user ids of Amazon S3.
    CanonicalUser,
}

impl PrincipalType {
    pub(crate) const ALL: [PrincipalType; 4] =
        [PrincipalType::Aws, PrincipalType::Service, PrincipalType::Federated, PrincipalType::CanonicalUser];

    /// As written in a document.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            PrincipalType::Aws => "AWS",
            PrincipalType::Service => "Service",
            PrincipalType::Federated => "Federated",
            PrincipalType::CanonicalUser => "CanonicalUser",
        }
    }
}

impl Principals {
    /// Add principals of one type. Everybody stays everybody.
    pub(crate) fn add(&mut self, kind: PrincipalType, names: Vec<String>) {
        let Principals::Typed(groups) = self else { return };
        match groups.iter_mut().find(|(present, _)| *present == kind) {
            Some((_, present)) => present.extend(names),
            None => groups.push((kind, OneOrMany::shortest(names))),
        }
    }
}
