//! From a request and its policies to an answer.
//!
//! A Deny anywhere refuses. Otherwise every layer that limits has to allow, and something has to grant: identity
//! policies within boundary and session policy, the resource's own policy, or, across accounts, both.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

mod reasons;

use crate::answer::{Answer, Layer};
use crate::document::Effect;
use crate::layers::{Layers, ResourceKind};
use crate::prepared::{Grant, PreparedPolicy, PreparedStatement, Standing};
use crate::principal::Kind;
use crate::request::Request;

/// Decide a request.
#[must_use]
pub fn evaluate(request: &Request, layers: &Layers<'_>) -> Answer {
    let scope = Scope::new(request, layers);
    reasons::answer(&scope, scope.verdict())
}

/// A statement by its place.
#[derive(Clone, Copy, Debug)]
struct Spot {
    layer: Layer,
    policy: usize,
    statement: usize,
}

/// The decision with the statement or layer that made it.
enum Verdict {
    Denied(Spot),
    Stopped(Layer),
    Allowed,
}

/// A request, its policies, and which of them bind it.
struct Scope<'a> {
    request: &'a Request,
    layers: &'a Layers<'a>,
    kind: ResourceKind,
    standing: Standing,
}

impl<'a> Scope<'a> {
    fn new(request: &'a Request, layers: &'a Layers<'a>) -> Scope<'a> {
        let kind = layers.resource_kind.unwrap_or_else(|| ResourceKind::of(request));
        let standing = if layers.boundary.is_some() { Standing::Bounded } else { Standing::Plain };
        Scope { request, layers, kind, standing }
    }

    fn verdict(&self) -> Verdict {
        match self.first_deny() {
            Some(spot) => Verdict::Denied(spot),
            None => self.missing_allow().map_or(Verdict::Allowed, Verdict::Stopped),
        }
    }

    fn first_deny(&self) -> Option<Spot> {
        self.each_layer(|layer, policies| self.first(Effect::Deny, layer, policies))
    }

    /// Visit the layers that bind the request, until `visit` finds something.
    fn each_layer<T>(&self, mut visit: impl FnMut(Layer, &'a [PreparedPolicy]) -> Option<T>) -> Option<T> {
        let layers = self.layers;
        let levels = |bound: bool, levels: &'a [Vec<PreparedPolicy>]| if bound { levels } else { &[] };
        let scps = levels(self.is_bound_by_scps(), layers.scps).iter().enumerate();
        let rcps = levels(self.is_bound_by_rcps(), layers.rcps).iter().enumerate();
        let scps = scps.map(|(level, policies)| (Layer::Scp(level), policies.as_slice()));
        let rcps = rcps.map(|(level, policies)| (Layer::Rcp(level), policies.as_slice()));
        let own = [
            (Layer::Identity, layers.identity),
            (Layer::Boundary, layers.boundary.map_or(&[][..], std::slice::from_ref)),
            (Layer::Session, layers.session),
            (Layer::Resource(self.kind), layers.resource.map_or(&[][..], std::slice::from_ref)),
            (Layer::Endpoint, layers.endpoint),
        ];
        scps.chain(rcps).chain(own).find_map(|(layer, policies)| visit(layer, policies))
    }

    /// The first statement of this effect that applies.
    fn first(&self, effect: Effect, layer: Layer, policies: &[PreparedPolicy]) -> Option<Spot> {
        policies.iter().enumerate().find_map(|(policy, prepared)| {
            let applies = |statement: &PreparedStatement| {
                statement.effect == effect && self.is_named(layer, statement) && statement.applies(self.request)
            };
            let statement = prepared.statements().iter().position(applies)?;
            Some(Spot { layer, policy, statement })
        })
    }

    /// Policies of the caller are about the caller; all others say whom they are about.
    fn is_named(&self, layer: Layer, statement: &PreparedStatement) -> bool {
        match layer {
            Layer::Identity | Layer::Boundary | Layer::Session | Layer::Scp(_) => true,
            Layer::Resource(_) | Layer::Rcp(_) | Layer::Endpoint => {
                statement.grant(&self.request.principal, self.standing).is_some()
            }
        }
    }

    fn allows(&self, layer: Layer, policies: &[PreparedPolicy]) -> bool {
        self.first(Effect::Allow, layer, policies).is_some()
    }

    /// The layer that lacks an Allow, if any, in the order AWS looks at them.
    fn missing_allow(&self) -> Option<Layer> {
        if self.is_bound_by_scps() {
            let levels = self.layers.scps.iter().enumerate();
            let lacking = levels.map(|(level, policies)| (Layer::Scp(level), policies));
            let mut lacking = lacking.filter(|(layer, policies)| !self.allows(*layer, policies));
            if let Some((layer, _)) = lacking.next() {
                return Some(layer);
            }
        }
        if !self.layers.endpoint.is_empty() && !self.allows(Layer::Endpoint, self.layers.endpoint) {
            return Some(Layer::Endpoint);
        }
        let granted = self.granted();
        match self.request.principal.account() {
            None => granted.is_none().then_some(Layer::Resource(self.kind)),
            Some(account) if self.request.owner() == Some(account) => self.missing_within_account(granted),
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
        let is_root = self.request.principal.kind() == Kind::Root;
        if !is_root && !self.allows(Layer::Identity, self.layers.identity) {
            return Some(Layer::Identity);
        }
        self.missing_limit()
    }

    /// Boundary and session policies limit what others grant.
    fn missing_limit(&self) -> Option<Layer> {
        let boundary = self.layers.boundary.map_or(&[][..], std::slice::from_ref);
        let limits = [(Layer::Boundary, boundary), (Layer::Session, self.layers.session)];
        let mut limits = limits.into_iter().filter(|(_, policies)| !policies.is_empty());
        limits.find(|(layer, policies)| !self.allows(*layer, policies)).map(|(layer, _)| layer)
    }

    /// The most that the resource's policy gives the caller.
    fn granted(&self) -> Option<Grant> {
        let statements = self.layers.resource?.statements().iter();
        statements
            .filter(|statement| statement.effect == Effect::Allow)
            .filter_map(|statement| {
                let grant = statement.grant(&self.request.principal, self.standing)?;
                statement.applies(self.request).then_some(grant)
            })
            .max()
    }

    /// SCPs bind users and roles of member accounts, not services, strangers or service-linked roles.
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html>
    fn is_bound_by_scps(&self) -> bool {
        self.request.principal.account().is_some() && !self.is_service_linked()
    }

    /// RCPs bind whoever uses the account's resources, except service-linked roles.
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html>
    fn is_bound_by_rcps(&self) -> bool {
        !self.is_service_linked()
    }

    fn is_service_linked(&self) -> bool {
        self.request.principal.role_arn().is_some_and(|arn| arn.contains(":role/aws-service-role/"))
    }
}
