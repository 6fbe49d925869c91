//! All policies of a case by layer, in whatever form they are.

use std::borrow::Cow;
use std::fmt;

use serde_json::value::RawValue;

use super::raw::{Fields, Wrong, one_or_many, only, text};
use crate::answer::{Layer, OnePolicy};
use crate::layers::{Layers, ResourceKind};
use crate::prepared::PreparedPolicy;

/// All policies that have a say in a request, by layer; `P` is what is known of each: its text, its document, or what it
/// was compiled to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CasePolicies<P> {
    /// Every policy attached to the user, its groups, or the role behind the session.
    pub identity: Vec<P>,
    /// The policy attached to the resource.
    pub resource: Option<P>,
    /// The permissions boundary.
    pub boundary: Option<P>,
    /// The policies passed when the session was made.
    pub session: Vec<P>,
    /// Service control policies, one list per level, root first.
    pub scps: Vec<Vec<P>>,
    /// Resource control policies, in the same way.
    pub rcps: Vec<Vec<P>>,
    /// The policies of the VPC endpoint.
    pub endpoint: Vec<P>,
}

/// Which policy of a case. Positions count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyPlace {
    /// The layer. The kind of a resource is not known here.
    pub layer: Layer,
    /// Which policy of the layer.
    pub policy: usize,
}

impl<P> Default for CasePolicies<P> {
    fn default() -> CasePolicies<P> {
        CasePolicies {
            identity: Vec::new(),
            resource: None,
            boundary: None,
            session: Vec::new(),
            scps: Vec::new(),
            rcps: Vec::new(),
            endpoint: Vec::new(),
        }
    }
}

impl<'t> CasePolicies<Cow<'t, str>> {
    pub(super) fn read(fields: &Fields<'t>) -> Result<CasePolicies<Cow<'t, str>>, Wrong> {
        let list = |name: &str| fields.optional(name).map_or(Ok(Vec::new()), |value| sources(name, value));
        let one = |name: &str| {
            let single = |value| one_or_many(name, value).map(|items| !items.is_empty());
            match fields.optional(name) {
                Some(value) if single(value)? => Ok(Some(source(name, only(name, value)?)?)),
                _ => Ok(None),
            }
        };
        let levels = |name: &str| {
            let levels = fields.optional(name).map_or(Ok(Vec::new()), |value| one_or_many(name, value))?;
            levels.into_iter().map(|level| sources(name, level)).collect::<Result<Vec<_>, _>>()
        };
        Ok(CasePolicies {
            identity: list("identityPolicies")?,
            resource: one("resourcePolicy")?,
            boundary: one("boundary")?,
            session: list("sessionPolicies")?,
            scps: levels("scps")?,
            rcps: levels("rcps")?,
            endpoint: list("endpointPolicies")?,
        })
    }
}

impl<P> CasePolicies<P> {
    /// The same policies in another form.
    ///
    /// # Errors
    /// The first error of `convert`.
    pub fn try_map<Q, E>(
        &self,
        mut convert: impl FnMut(PolicyPlace, &P) -> Result<Q, E>,
    ) -> Result<CasePolicies<Q>, E> {
        let mut all = |layer: Layer, policies: &[P]| {
            let policies = policies.iter().enumerate();
            policies
                .map(|(policy, source)| convert(PolicyPlace { layer, policy }, source))
                .collect::<Result<Vec<_>, _>>()
        };
        let first = |policies: Vec<Q>| policies.into_iter().next();
        Ok(CasePolicies {
            identity: all(Layer::Identity, &self.identity)?,
            resource: first(all(Layer::Resource(ResourceKind::Other), self.resource.as_slice())?),
            boundary: first(all(Layer::Boundary, self.boundary.as_slice())?),
            session: all(Layer::Session, &self.session)?,
            scps: by_level(&self.scps, |level, policies| all(Layer::Scp(level), policies))?,
            rcps: by_level(&self.rcps, |level, policies| all(Layer::Rcp(level), policies))?,
            endpoint: all(Layer::Endpoint, &self.endpoint)?,
        })
    }

    /// Add a policy to a layer. Of layers that have one policy at most, it takes the place of the one that is there.
    pub(crate) fn add(&mut self, layer: Layer, policy: P) {
        let policies = match layer {
            Layer::Identity => &mut self.identity,
            Layer::Session => &mut self.session,
            Layer::Endpoint => &mut self.endpoint,
            Layer::Scp(level) => match self.scps.get_mut(level) {
                Some(policies) => policies,
                None => return,
            },
            Layer::Rcp(level) => match self.rcps.get_mut(level) {
                Some(policies) => policies,
                None => return,
            },
            Layer::Resource(_) => {
                self.resource = Some(policy);
                return;
            }
            Layer::Boundary => {
                self.boundary = Some(policy);
                return;
            }
        };
        policies.push(policy);
    }

    /// One policy, if it is there.
    #[must_use]
    pub fn get(&self, place: PolicyPlace) -> Option<&P> {
        let policies = match place.layer {
            Layer::Identity => &self.identity,
            Layer::Resource(_) => self.resource.as_slice(),
            Layer::Boundary => self.boundary.as_slice(),
            Layer::Session => &self.session,
            Layer::Scp(level) => self.scps.get(level)?,
            Layer::Rcp(level) => self.rcps.get(level)?,
            Layer::Endpoint => &self.endpoint,
        };
        policies.get(place.policy)
    }
}

impl CasePolicies<PreparedPolicy> {
    /// For [`crate::evaluate`].
    #[must_use]
    pub fn layers(&self) -> Layers<'_> {
        Layers {
            identity: &self.identity,
            resource: self.resource.as_ref(),
            resource_kind: None,
            boundary: self.boundary.as_ref(),
            session: &self.session,
            scps: &self.scps,
            rcps: &self.rcps,
            endpoint: &self.endpoint,
        }
    }
}

/// As people say it: `2nd identity policy`.
impl fmt::Display for PolicyPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        OnePolicy(self.layer, self.policy).fmt(f)
    }
}

fn by_level<P, Q, E>(
    levels: &[Vec<P>],
    mut convert: impl FnMut(usize, &[P]) -> Result<Vec<Q>, E>,
) -> Result<Vec<Vec<Q>>, E> {
    levels.iter().enumerate().map(|(level, policies)| convert(level, policies)).collect()
}

fn sources<'t>(name: &str, value: &'t RawValue) -> Result<Vec<Cow<'t, str>>, Wrong> {
    one_or_many(name, value)?.into_iter().map(|item| source(name, item)).collect()
}

/// The text of a policy: an object, or a string that holds one, as AWS' API returns it.
pub(super) fn source<'t>(name: &str, value: &'t RawValue) -> Result<Cow<'t, str>, Wrong> {
    match value.get().as_bytes().first() {
        Some(b'"') => text(name, value),
        _ => Ok(Cow::Borrowed(value.get())),
    }
}
