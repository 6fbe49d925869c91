//! The answer to a request, with its reasons.

use std::fmt;

use serde::Serialize;

use crate::layers::ResourceKind;
use crate::ordinal::Ordinal;

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Decision {
    /// Everything that has to allow it does, and nothing denies it.
    Allowed,
    /// Nothing denies it, but something that has to allow it does not.
    ImplicitlyDenied,
    /// A Deny statement applies.
    ExplicitlyDenied,
}

/// A group of policies with one say in the decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase", tag = "layer", content = "detail")]
pub enum Layer {
    /// Policies of the user or role.
    Identity,
    /// The policy of the resource.
    Resource(ResourceKind),
    /// The permissions boundary.
    Boundary,
    /// The session policies.
    Session,
    /// Service control policies at this level, from 0 for the root.
    Scp(usize),
    /// Resource control policies at this level, from 0 for the root.
    Rcp(usize),
    /// The VPC endpoint policies.
    Endpoint,
}

/// A statement and where it stands. Positions count from 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatementRef {
    /// The layer.
    #[serde(flatten)]
    pub layer: Layer,
    /// Which policy of the layer.
    pub policy: usize,
    /// Which statement of the policy.
    pub statement: usize,
    /// The statement's `Sid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
}

/// A decision and its reasons. Prints as one line for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// The decision.
    pub decision: Decision,
    /// The statements that decided: the Deny that applies, or the Allow of every layer that had to allow.
    pub deciding: Vec<StatementRef>,
    /// The layer that lacks an Allow, when nothing denies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped_by: Option<Layer>,
    /// Condition keys that the request lacks and that the statements behind the decision ask for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing_keys: Vec<String>,
    /// Action and resource of a request that nothing allows, as the sentence names them.
    #[serde(skip)]
    pub(crate) subject: Option<Box<str>>,
}

impl Decision {
    /// The name that files of cases use, such as `ImplicitlyDenied`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Decision::Allowed => "Allowed",
            Decision::ImplicitlyDenied => "ImplicitlyDenied",
            Decision::ExplicitlyDenied => "ExplicitlyDenied",
        }
    }
}

impl Answer {
    /// Whether the request goes through.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        self.decision == Decision::Allowed
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.decision {
            Decision::Allowed => f.write_str("allowed")?,
            Decision::ExplicitlyDenied => f.write_str("denied")?,
            Decision::ImplicitlyDenied => f.write_str("not allowed")?,
        }
        for (at, statement) in self.deciding.iter().enumerate() {
            write!(f, "{}{statement}", if at == 0 { " by " } else { " and " })?;
        }
        if let Some(layer) = self.stopped_by {
            write!(f, ": no statement of the {layer} allows ")?;
        }
        if let Some(subject) = &self.subject {
            f.write_str(subject)?;
        }
        match self.missing_keys.as_slice() {
            [] => Ok(()),
            keys => write!(f, " (the request lacks {})", keys.join(", ")),
        }
    }
}

impl fmt::Display for StatementRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = Ordinal(self.statement);
        let policy = OnePolicy(self.layer, self.policy);
        match &self.sid {
            Some(sid) => write!(f, "statement `{sid}` ({at} statement of the {policy})"),
            None => write!(f, "the {at} statement of the {policy}"),
        }
    }
}

/// As a group of policies: `identity policies`.
impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Layer::Identity => f.write_str("identity policies"),
            Layer::Resource(kind) => write!(f, "{kind}"),
            Layer::Boundary => f.write_str("boundary"),
            Layer::Session => f.write_str("session policies"),
            Layer::Scp(level) => write!(f, "service control policies at the {} level", Ordinal(level)),
            Layer::Rcp(level) => write!(f, "resource control policies at the {} level", Ordinal(level)),
            Layer::Endpoint => f.write_str("endpoint policies"),
        }
    }
}

/// One policy of a layer.
pub(crate) struct OnePolicy(pub(crate) Layer, pub(crate) usize);

impl fmt::Display for OnePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = Ordinal(self.1);
        match self.0 {
            Layer::Identity => write!(f, "{at} identity policy"),
            Layer::Resource(kind) => write!(f, "{kind}"),
            Layer::Boundary => f.write_str("boundary"),
            Layer::Session => write!(f, "{at} session policy"),
            Layer::Scp(level) => write!(f, "{at} service control policy at the {} level", Ordinal(level)),
            Layer::Rcp(level) => write!(f, "{at} resource control policy at the {} level", Ordinal(level)),
            Layer::Endpoint => write!(f, "{at} endpoint policy"),
        }
    }
}
