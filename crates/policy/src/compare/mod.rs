//! Comparing policies: proof that one grants no more than another, or a request that tells them apart.
//!
//! Every statement is a conjunction of constraints, each on one aspect of a request: caller, action, resource, or one
//! condition key (`problem`). What an aspect can be is decided exactly: texts by automata over all patterns at once
//! (`text`), numbers, instants and addresses by the stretches between the values written (`points`), lists of values
//! by what holds for some and for all of them (`key`). The search over aspects is lazy (`solve`).
//!
//! `Included` is only said when the search has gone through everything; policy variables are followed as symbols, and
//! where that is not exact the search sees more requests than there are, never fewer. Every witness is put to the
//! evaluator before it is returned.

mod answer;
mod budget;
mod callers;
mod checks;
mod condition;
mod differences;
mod dimension;
mod key;
mod keys;
mod layers;
mod points;
mod problem;
mod shapes;
mod solve;
mod text;
mod witness;

pub use answer::{Emptiness, Equivalence, Inclusion, UnknownReason};
pub use checks::{Access, check_access_not_granted, check_no_new_access, check_no_public_access};
pub use differences::{Difference, Differences, Rest, differences};
pub use layers::{LayerSet, empty_layers, included_layers};
pub use shapes::{Shape, Shapes};

use crate::document::{Effect, PolicyDocument};
use crate::prepared::PreparedPolicy;
use crate::request::Request;
use problem::{Problem, RuleId};
use solve::{Goal, Solver};
pub(crate) use witness::allows as allows_alone;

/// Whether every request that `a` alone allows is also allowed by `b` alone.
///
/// A policy alone allows what one of its Allow statements applies to and none of its Deny statements does. Statements
/// with a principal apply to whom they name.
///
/// ```
/// # use daypass_policy::PolicyDocument;
/// # use daypass_policy::compare::{Inclusion, included};
/// # let on = |resource: &str| PolicyDocument::parse(&format!(
/// #     r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"s3:GetObject","Resource":"{resource}"}}}}"#
/// # )).unwrap();
/// let (bucket, folder) = (on("arn:aws:s3:::alpha/*"), on("arn:aws:s3:::alpha/2030/*"));
/// assert_eq!(included(&folder, &bucket), Inclusion::Included);
/// let Inclusion::Witness(request) = included(&bucket, &folder) else { panic!("a bucket is more than a folder") };
/// assert_eq!((request.action.as_str(), &*request.resource), ("s3:GetObject", "arn:aws:s3:::alpha/"));
/// ```
#[must_use]
pub fn included(a: &PolicyDocument, b: &PolicyDocument) -> Inclusion {
    let problem = Problem::new(&[a, b]);
    let (more, less) = sides(&problem, a);
    let prepared = [PreparedPolicy::new(a), PreparedPolicy::new(b)];
    let [granting, refusing] = &prepared;
    let is_witness = |request: &Request| witness::allows(granting, request) && !witness::allows(refusing, request);
    let goals = exceeding(&more, &less);
    search(&problem, &goals, &is_witness).into()
}

/// Whether both policies allow the same requests.
#[must_use]
pub fn equivalent(a: &PolicyDocument, b: &PolicyDocument) -> Equivalence {
    match included(a, b) {
        Inclusion::Included => match included(b, a) {
            Inclusion::Included => Equivalence::Equivalent,
            Inclusion::Witness(request) => Equivalence::OnlySecond(request),
            Inclusion::Unknown(reason) => Equivalence::Unknown(reason),
        },
        Inclusion::Witness(request) => Equivalence::OnlyFirst(request),
        Inclusion::Unknown(reason) => match included(b, a) {
            Inclusion::Witness(request) => Equivalence::OnlySecond(request),
            _ => Equivalence::Unknown(reason),
        },
    }
}

/// Whether no request is allowed by both policies.
#[must_use]
pub fn disjoint(a: &PolicyDocument, b: &PolicyDocument) -> Emptiness {
    disjoint_in(&Problem::new(&[a, b]), a, b)
}

/// Whether no request is allowed by both policies, when the values of variables look like this.
#[must_use]
pub fn disjoint_given(a: &PolicyDocument, b: &PolicyDocument, shapes: &Shapes) -> Emptiness {
    disjoint_in(&Problem::shaped(&[a, b], shapes), a, b)
}

fn disjoint_in(problem: &Problem, a: &PolicyDocument, b: &PolicyDocument) -> Emptiness {
    let (one, other) = sides(problem, a);
    let prepared = [PreparedPolicy::new(a), PreparedPolicy::new(b)];
    let is_witness = |request: &Request| prepared.iter().all(|policy| witness::allows(policy, request));
    let goal = Goal { groups: vec![&one.allows, &other.allows], unwanted: [&one.denies[..], &other.denies].concat() };
    search(problem, &[goal], &is_witness).into()
}

/// Whether a policy allows nothing at all.
#[must_use]
pub fn empty(policy: &PolicyDocument) -> Emptiness {
    let problem = Problem::new(&[policy]);
    let (side, _) = sides(&problem, policy);
    let prepared = PreparedPolicy::new(policy);
    let is_witness = |request: &Request| witness::allows(&prepared, request);
    let goal = Goal { groups: vec![&side.allows], unwanted: side.denies.clone() };
    search(&problem, &[goal], &is_witness).into()
}

/// The statements of one policy by effect.
#[derive(Debug, Default)]
struct Side {
    allows: Vec<RuleId>,
    denies: Vec<RuleId>,
}

/// The statements of the first document, and those of the others.
fn sides(problem: &Problem, first: &PolicyDocument) -> (Side, Side) {
    let (mut own, mut others) = (Side::default(), Side::default());
    for (at, rule) in problem.rules.iter().enumerate() {
        let side = if at < first.statements().len() { &mut own } else { &mut others };
        match rule.effect {
            Effect::Allow => side.allows.push(at),
            Effect::Deny => side.denies.push(at),
        }
    }
    (own, others)
}

/// What `more` allows and `less` does not: nothing there allows it, or something there denies it.
fn exceeding<'s>(more: &'s Side, less: &'s Side) -> Vec<Goal<'s>> {
    vec![
        Goal { groups: vec![&more.allows], unwanted: [&more.denies[..], &less.allows].concat() },
        Goal { groups: vec![&less.denies, &more.allows], unwanted: more.denies.clone() },
    ]
}

/// The first request that reaches one of the goals.
fn search(
    problem: &Problem,
    goals: &[Goal<'_>],
    is_witness: &dyn Fn(&Request) -> bool,
) -> Result<Option<Request>, UnknownReason> {
    let finish = |problem: &Problem, models: &[_]| witness::find(problem, models, is_witness);
    let mut solver = Solver::new(problem, &finish);
    if let Some(request) = goals.iter().find_map(|goal| solver.find(goal)) {
        return Ok(Some(request));
    }
    solver.doubt.map_or(Ok(None), |doubt| Err(doubt.into()))
}
