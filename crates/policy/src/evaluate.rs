//! From a request and its policies to an answer.
//!
//! A Deny anywhere refuses. Otherwise every layer that limits has to allow, and something has to grant: identity
//! policies within boundary and session policy, the resource's own policy, or, across accounts, both.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

mod reasons;

use std::cell::OnceCell;

use crate::answer::{Answer, Decision, Layer};
use crate::catalogue::catalogue;
use crate::document::Effect;
use crate::layers::{Layers, ResourceKind};
use crate::prepared::{Asked, Grant, PreparedPolicy, PreparedStatement, Standing};
use crate::principal::Kind;
use crate::request::Request;

/// Decide a request, and say what decided it.
#[must_use]
pub fn evaluate(request: &Request, layers: &Layers<'_>) -> Answer {
    let scope = Scope::new(request, layers);
    reasons::answer(&scope, scope.verdict())
}

/// Decide a request without giving reasons: the same decision as [`evaluate`], without allocating.
#[must_use]
pub fn decide(request: &Request, layers: &Layers<'_>) -> Decision {
    match Scope::new(request, layers).verdict() {
        Verdict::Denied(_) => Decision::ExplicitlyDenied,
        Verdict::Stopped(_) => Decision::ImplicitlyDenied,
        Verdict::Allowed => Decision::Allowed,
    }
}

/// A statement and where it was found.
#[derive(Clone, Copy, Debug)]
struct Spot<'a> {
    layer: Layer,
    policy: usize,
    statement: &'a PreparedStatement,
}

/// The decision with the statement or layer that made it.
enum Verdict<'a> {
    Denied(Spot<'a>),
    Stopped(Layer),
    Allowed,
}

/// A request, its policies, and which of them bind it.
struct Scope<'a> {
    asked: Asked<'a>,
    layers: &'a Layers<'a>,
    kind: ResourceKind,
    standing: Standing,
    found: Found<'a>,
}

/// The first Allow of some layers. Deciding needs it, and so do the reasons; it is looked for once.
#[derive(Default)]
struct Found<'a> {
    identity: OnceCell<Option<Spot<'a>>>,
    boundary: OnceCell<Option<Spot<'a>>>,
    session: OnceCell<Option<Spot<'a>>>,
    endpoint: OnceCell<Option<Spot<'a>>>,
}

impl<'a> Scope<'a> {
    fn new(request: &'a Request, layers: &'a Layers<'a>) -> Scope<'a> {
        let asked = Asked::new(request);
        let kind = layers.resource_kind.unwrap_or_else(|| ResourceKind::of_split(&asked.resource, request));
        let standing = if layers.boundary.is_some() { Standing::Bounded } else { Standing::Plain };
        Scope { asked, layers, kind, standing, found: Found::default() }
    }

    fn verdict(&self) -> Verdict<'a> {
        match self.first_deny() {
            Some(spot) => Verdict::Denied(spot),
            None => self.missing_allow().map_or(Verdict::Allowed, Verdict::Stopped),
        }
    }

    fn first_deny(&self) -> Option<Spot<'a>> {
        self.each_layer(|layer, policies| self.first(Effect::Deny, layer, policies))
    }

    /// Visit the layers that bind the request and have policies, until `visit` finds something.
    fn each_layer<T>(&self, mut visit: impl FnMut(Layer, &'a [PreparedPolicy]) -> Option<T>) -> Option<T> {
        let layers = self.layers;
        let bound = |is_bound: bool, levels: &'a [Vec<PreparedPolicy>]| if is_bound { levels } else { &[] };
        let mut see = |layer, policies: &'a [PreparedPolicy]| match policies {
            [] => None,
            _ => visit(layer, policies),
        };
        for (at, policies) in bound(self.is_bound_by_scps(), layers.scps).iter().enumerate() {
            if let Some(found) = see(Layer::Scp(at), policies) {
                return Some(found);
            }
        }
        for (at, policies) in bound(self.is_bound_by_rcps(), layers.rcps).iter().enumerate() {
            if let Some(found) = see(Layer::Rcp(at), policies) {
                return Some(found);
            }
        }
        see(Layer::Identity, layers.identity)
            .or_else(|| see(Layer::Boundary, layers.boundary.map_or(&[], std::slice::from_ref)))
            .or_else(|| see(Layer::Session, layers.session))
            .or_else(|| see(Layer::Resource(self.kind), layers.resource.map_or(&[], std::slice::from_ref)))
            .or_else(|| see(Layer::Endpoint, layers.endpoint))
    }

    fn policies(&self, layer: Layer) -> &'a [PreparedPolicy] {
        let layers = self.layers;
        let level = |levels: &'a [Vec<PreparedPolicy>], at: usize| levels.get(at).map_or(&[][..], Vec::as_slice);
        match layer {
            Layer::Identity => layers.identity,
            Layer::Resource(_) => layers.resource.map_or(&[], std::slice::from_ref),
            Layer::Boundary => layers.boundary.map_or(&[], std::slice::from_ref),
            Layer::Session => layers.session,
            Layer::Scp(at) => level(layers.scps, at),
            Layer::Rcp(at) => level(layers.rcps, at),
            Layer::Endpoint => layers.endpoint,
        }
    }

    /// The first statement of this effect that applies.
    fn first(&self, effect: Effect, layer: Layer, policies: &'a [PreparedPolicy]) -> Option<Spot<'a>> {
        policies.iter().enumerate().find_map(|(policy, prepared)| {
            let applies =
                |statement: &PreparedStatement| self.is_named(layer, statement) && statement.applies(&self.asked);
            let statement = prepared.find(effect, &self.asked, applies)?;
            Some(Spot { layer, policy, statement })
        })
    }

    fn first_allow(&self, layer: Layer, policies: &'a [PreparedPolicy]) -> Option<Spot<'a>> {
        let found = match layer {
            Layer::Identity => &self.found.identity,
            Layer::Boundary => &self.found.boundary,
            Layer::Session => &self.found.session,
            Layer::Endpoint => &self.found.endpoint,
            Layer::Resource(_) | Layer::Scp(_) | Layer::Rcp(_) => return self.first(Effect::Allow, layer, policies),
        };
        *found.get_or_init(|| self.first(Effect::Allow, layer, policies))
    }

    /// Policies of the caller are about the caller; all others say whom they are about.
    fn is_named(&self, layer: Layer, statement: &PreparedStatement) -> bool {
        match layer {
            Layer::Identity | Layer::Boundary | Layer::Session | Layer::Scp(_) => true,
            Layer::Resource(_) | Layer::Rcp(_) | Layer::Endpoint => {
                statement.grant(&self.asked.request.principal, self.standing).is_some()
            }
        }
    }

    fn allows(&self, layer: Layer) -> bool {
        self.first_allow(layer, self.policies(layer)).is_some()
    }

    /// The layer that lacks an Allow, if any, in the order AWS looks at them.
    fn missing_allow(&self) -> Option<Layer> {
        if self.is_bound_by_scps() {
            let mut levels = (0..self.layers.scps.len()).map(Layer::Scp);
            if let Some(lacking) = levels.find(|layer| !self.allows(*layer)) {
                return Some(lacking);
            }
        }
        if !self.layers.endpoint.is_empty() && !self.allows(Layer::Endpoint) {
            return Some(Layer::Endpoint);
        }
        let granted = self.granted();
        let request = self.asked.request;
        match request.principal.account() {
            None => granted.is_none().then_some(Layer::Resource(self.kind)),
            Some(account) if request.owner_of(&self.asked.resource) == Some(account) => {
                self.missing_within_account(granted)
            }
            Some(_) if granted.is_none() => Some(Layer::Resource(self.kind)),
            Some(_) => self.missing_identity(),
        }
    }

    /// Within an account identity or resource policy suffices; how far the latter reaches depends on whom it names.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>
    fn missing_within_account(&self, granted: Option<Grant>) -> Option<Layer> {
        match granted {
            Some(Grant::Direct) => None,
            Some(Grant::Entity) => self.missing_limit(),
            Some(Grant::Account) => self.missing_identity(),
            None if self.kind.must_allow() => Some(Layer::Resource(self.kind)),
            None => self.missing_identity(),
        }
    }

    fn missing_identity(&self) -> Option<Layer> {
        let is_root = self.asked.request.principal.kind() == Kind::Root;
        if !is_root && !self.allows(Layer::Identity) {
            return Some(Layer::Identity);
        }
        self.missing_limit()
    }

    /// Boundary and session policies limit what others grant. A federated user has nothing without a session policy.
    /// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html>
    fn missing_limit(&self) -> Option<Layer> {
        let is_federated = self.asked.request.principal.kind() == Kind::FederatedUser;
        let limits = |layer: Layer| !self.policies(layer).is_empty() || layer == Layer::Session && is_federated;
        [Layer::Boundary, Layer::Session].into_iter().find(|layer| limits(*layer) && !self.allows(*layer))
    }

    /// The most that the resource's policy gives the caller.
    fn granted(&self) -> Option<Grant> {
        let mut most = None;
        self.layers.resource?.find(Effect::Allow, &self.asked, |statement| {
            let grant = statement.grant(&self.asked.request.principal, self.standing);
            if grant > most && statement.applies(&self.asked) {
                most = grant;
            }
            most == Some(Grant::Direct)
        });
        most
    }

    /// SCPs bind users and roles of member accounts, not services, strangers or service-linked roles.
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html>
    fn is_bound_by_scps(&self) -> bool {
        let caller = &self.asked.request.principal;
        caller.account().is_some() && !caller.is_service_linked()
    }

    /// RCPs bind whoever uses the account's resources, except service-linked roles, in the services that support them. A
    /// service that is not known yet is taken to do so.
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html>
    fn is_bound_by_rcps(&self) -> bool {
        let action = &self.asked.request.action;
        !self.layers.rcps.is_empty()
            && action.lower() != "kms:retiregrant"
            && catalogue().service(action.service()).is_none_or(|service| service.supports_rcp())
            && !self.asked.request.principal.is_service_linked()
    }
}
