//! All the policies that have a say in a request.

use std::fmt;

use serde::Serialize;

use crate::arn::Split;
use crate::prepared::PreparedPolicy;
use crate::request::Request;

/// The policies that apply to a request, by layer. What is left empty does not limit anything.
///
/// ```
/// # use daypass_policy::{Layers, PolicyDocument, PreparedPolicy};
/// # let prepared = |text| PreparedPolicy::new(&PolicyDocument::parse(text).unwrap());
/// # let any = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
/// let identity = [prepared(any)];
/// let boundary = prepared(any);
/// let layers = Layers::new(&identity).boundary(&boundary);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Layers<'a> {
    /// Every policy attached to the user, its groups, or the role behind the session.
    pub identity: &'a [PreparedPolicy],
    /// The policy attached to the resource.
    pub resource: Option<&'a PreparedPolicy>,
    /// What kind of resource that is; `None` tells it from the request.
    pub resource_kind: Option<ResourceKind>,
    /// The permissions boundary of the user or role.
    pub boundary: Option<&'a PreparedPolicy>,
    /// The policies passed when the session was made. Together they grant what any of them grants.
    pub session: &'a [PreparedPolicy],
    /// Service control policies, one list per level, root first, account last; empty without an organisation.
    pub scps: &'a [Vec<PreparedPolicy>],
    /// Resource control policies of the resource's account, in the same way. `RCPFullAWSAccess` is implied everywhere.
    pub rcps: &'a [Vec<PreparedPolicy>],
    /// The policy of the VPC endpoint the request goes through.
    pub endpoint: &'a [PreparedPolicy],
}

/// Kinds of resources whose policies follow rules of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ResourceKind {
    /// A role. Nothing but its trust policy lets anybody in.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>
    Trust,
    /// A KMS key. Identity policies count only when the key policy names the account.
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html>
    Key,
    /// A bucket.
    Bucket,
    /// Any other resource.
    Other,
}

impl ResourceKind {
    /// What the request's resource is.
    #[must_use]
    pub fn of(request: &Request) -> ResourceKind {
        ResourceKind::of_split(&Split::new(&request.resource), request)
    }

    /// The same when the resource has been taken apart already.
    pub(crate) fn of_split(resource: &Split<'_>, request: &Request) -> ResourceKind {
        let is_a = |start: &str| resource.part(5).is_some_and(|rest| rest.starts_with(start));
        match resource.part(2).filter(|_| resource.is_arn()) {
            Some("iam") if is_a("role/") && request.action.service() == "sts" => ResourceKind::Trust,
            Some("kms") if is_a("key/") => ResourceKind::Key,
            Some("s3") => ResourceKind::Bucket,
            _ => ResourceKind::Other,
        }
    }

    /// Whether the resource's own policy has to allow the request even within one account.
    pub(crate) fn must_allow(self) -> bool {
        matches!(self, ResourceKind::Trust | ResourceKind::Key)
    }
}

impl fmt::Display for ResourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ResourceKind::Trust => "trust policy",
            ResourceKind::Key => "key policy",
            ResourceKind::Bucket => "bucket policy",
            ResourceKind::Other => "resource policy",
        })
    }
}

impl<'a> Layers<'a> {
    /// Layers with identity policies only.
    #[must_use]
    pub fn new(identity: &'a [PreparedPolicy]) -> Layers<'a> {
        Layers { identity, ..Layers::default() }
    }

    /// With the policy of the resource.
    #[must_use]
    pub fn resource(mut self, policy: &'a PreparedPolicy) -> Layers<'a> {
        self.resource = Some(policy);
        self
    }

    /// With the policy of a resource of this kind.
    #[must_use]
    pub fn resource_of(mut self, kind: ResourceKind, policy: &'a PreparedPolicy) -> Layers<'a> {
        self.resource_kind = Some(kind);
        self.resource(policy)
    }

    /// With a permissions boundary.
    #[must_use]
    pub fn boundary(mut self, policy: &'a PreparedPolicy) -> Layers<'a> {
        self.boundary = Some(policy);
        self
    }

    /// With session policies.
    #[must_use]
    pub fn session(mut self, policies: &'a [PreparedPolicy]) -> Layers<'a> {
        self.session = policies;
        self
    }

    /// With service control policies, root first.
    #[must_use]
    pub fn scps(mut self, levels: &'a [Vec<PreparedPolicy>]) -> Layers<'a> {
        self.scps = levels;
        self
    }

    /// With resource control policies, root first.
    #[must_use]
    pub fn rcps(mut self, levels: &'a [Vec<PreparedPolicy>]) -> Layers<'a> {
        self.rcps = levels;
        self
    }

    /// With the policies of the VPC endpoint.
    #[must_use]
    pub fn endpoint(mut self, policies: &'a [PreparedPolicy]) -> Layers<'a> {
        self.endpoint = policies;
        self
    }
}
