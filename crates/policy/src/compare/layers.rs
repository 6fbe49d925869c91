//! Comparing what is left of permissions when several policies limit each other: identity policies within boundary,
//! session policies and service control policies.
//!
//! A request goes through when every layer has an Allow for it and no layer a Deny. That is the same search as for single
//! policies, with one Allow to be found per layer.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

use super::answer::{Emptiness, Inclusion};
use super::problem::{Problem, RuleId};
use super::solve::Goal;
use super::{search, witness};
use crate::document::{Effect, PolicyDocument};
use crate::evaluate::evaluate;
use crate::layers::{Layers, ResourceKind};
use crate::prepared::PreparedPolicy;
use crate::request::Request;

/// The policies of a user or role by layer. What is left empty, except `identity`, does not limit anything.
///
/// Resource policies are left out: with one that names nobody, this is what the caller may do within its own account.
/// Root users and service-linked roles, which some layers do not bind, are left out too.
#[derive(Clone, Copy, Debug, Default)]
pub struct LayerSet<'d> {
    /// Every policy attached to the user, its groups, or the role. Without any, nothing is allowed.
    pub identity: &'d [PolicyDocument],
    /// The permissions boundary.
    pub boundary: Option<&'d PolicyDocument>,
    /// The policies passed when the session is made; together they grant what any of them grants.
    pub session: &'d [PolicyDocument],
    /// Service control policies, one list per level, root first, account last.
    pub scps: &'d [Vec<PolicyDocument>],
}

/// Whether every request that goes through all layers of `a` also goes through all layers of `b`.
#[must_use]
pub fn included_layers(a: &LayerSet<'_>, b: &LayerSet<'_>) -> Inclusion {
    let documents: Vec<&PolicyDocument> = a.documents().chain(b.documents()).collect();
    let problem = Problem::about_anybody(&documents);
    let mut next = 0;
    let (more, less) = (a.stack(&mut next), b.stack(&mut next));
    let (granting, refusing) = (Prepared::new(a), Prepared::new(b));
    let is_witness = |request: &Request| granting.allows(request) && !refusing.allows(request);
    search(&problem, &exceeding(&more, &less), &is_witness).into()
}

/// Whether nothing goes through all layers.
#[must_use]
pub fn empty_layers(layers: &LayerSet<'_>) -> Emptiness {
    let documents: Vec<&PolicyDocument> = layers.documents().collect();
    let problem = Problem::about_anybody(&documents);
    let stack = layers.stack(&mut 0);
    let prepared = Prepared::new(layers);
    let goal = Goal { groups: stack.groups(), unwanted: stack.denies.clone() };
    search(&problem, &[goal], &|request: &Request| prepared.allows(request)).into()
}

/// What `more` lets through and `less` does not: one of its layers lacks an Allow, or has a Deny.
fn exceeding<'s>(more: &'s Stack, less: &'s Stack) -> Vec<Goal<'s>> {
    let lacking =
        less.allows.iter().map(|layer| Goal { groups: more.groups(), unwanted: [&more.denies[..], layer].concat() });
    let denied = [&less.denies[..]].into_iter().chain(more.groups()).collect();
    lacking.chain([Goal { groups: denied, unwanted: more.denies.clone() }]).collect()
}

/// The statements of all layers.
#[derive(Default)]
struct Stack {
    /// By layer.
    allows: Vec<Vec<RuleId>>,
    denies: Vec<RuleId>,
}

impl Stack {
    fn groups(&self) -> Vec<&[RuleId]> {
        self.allows.iter().map(Vec::as_slice).collect()
    }
}

impl<'d> LayerSet<'d> {
    /// Layers with identity policies only.
    #[must_use]
    pub fn new(identity: &'d [PolicyDocument]) -> LayerSet<'d> {
        LayerSet { identity, ..LayerSet::default() }
    }

    /// With a permissions boundary.
    #[must_use]
    pub fn boundary(mut self, boundary: &'d PolicyDocument) -> LayerSet<'d> {
        self.boundary = Some(boundary);
        self
    }

    /// With session policies.
    #[must_use]
    pub fn session(mut self, policies: &'d [PolicyDocument]) -> LayerSet<'d> {
        self.session = policies;
        self
    }

    /// With service control policies, root first.
    #[must_use]
    pub fn scps(mut self, levels: &'d [Vec<PolicyDocument>]) -> LayerSet<'d> {
        self.scps = levels;
        self
    }

    /// The layers that limit, innermost first.
    fn layers(&self) -> impl Iterator<Item = &'d [PolicyDocument]> {
        let boundary = self.boundary.map(std::slice::from_ref);
        let session = Some(self.session).filter(|session| !session.is_empty());
        [self.identity].into_iter().chain(boundary).chain(session).chain(self.scps.iter().map(Vec::as_slice))
    }

    fn documents(&self) -> impl Iterator<Item = &'d PolicyDocument> {
        self.layers().flatten()
    }

    /// The statements by their numbers, `next` being the first.
    fn stack(&self, next: &mut RuleId) -> Stack {
        let mut stack = Stack::default();
        for layer in self.layers() {
            let mut allows = Vec::new();
            for statement in layer.iter().flat_map(PolicyDocument::statements) {
                match statement.effect() {
                    Effect::Allow => allows.push(*next),
                    Effect::Deny => stack.denies.push(*next),
                }
                *next += 1;
            }
            stack.allows.push(allows);
        }
        stack
    }
}

/// The layers for the evaluator.
struct Prepared {
    identity: Vec<PreparedPolicy>,
    boundary: Option<PreparedPolicy>,
    session: Vec<PreparedPolicy>,
    scps: Vec<Vec<PreparedPolicy>>,
}

impl Prepared {
    fn new(layers: &LayerSet<'_>) -> Prepared {
        let all = |documents: &[PolicyDocument]| documents.iter().map(PreparedPolicy::new).collect();
        Prepared {
            identity: all(layers.identity),
            boundary: layers.boundary.map(PreparedPolicy::new),
            session: all(layers.session),
            scps: layers.scps.iter().map(|level| all(level)).collect(),
        }
    }

    fn allows(&self, request: &Request) -> bool {
        let layers = Layers {
            boundary: self.boundary.as_ref(),
            resource_kind: Some(ResourceKind::Other),
            ..Layers::new(&self.identity).session(&self.session).scps(&self.scps)
        };
        witness::is_bound(request) && evaluate(request, &layers).is_allowed()
    }
}
