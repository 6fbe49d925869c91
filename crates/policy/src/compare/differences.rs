//! All that one policy grants and another does not, action by action.
//!
//! The search for a witness is repeated with the actions that were found taken away. A policy with wildcards also grants
//! actions that AWS has yet to invent; as soon as one of those comes up, what remains is searched among the known actions
//! only, and that it came up is part of the answer.

use std::collections::HashSet;

use super::answer::{Inclusion, UnknownReason};
use super::{included, witness};
use crate::catalogue::{KnownAction, catalogue};
use crate::document::{Effect, Match, PolicyDocument, Statement};
use crate::prepared::PreparedPolicy;
use crate::request::Request;

/// What one policy grants and another does not.
#[derive(Clone, Debug)]
pub struct Differences {
    /// What was found. No action is in two of them.
    pub found: Vec<Difference>,
    /// A request for an action that AWS does not have, which only the first policy allows: its wildcards reach further.
    pub future: Option<Box<Request>>,
    /// What there may be besides.
    pub rest: Rest,
}

/// Actions that one policy allows and another does not, at least for some requests.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The actions, sorted by name.
    pub actions: Vec<&'static KnownAction>,
    /// A request for the first of them that only one policy allows. With any other of the actions in its place, the same
    /// holds.
    pub witness: Box<Request>,
}

/// What there may be besides what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rest {
    /// Proved: no other known action.
    Nothing,
    /// More was found than was asked for, or more actions are left than are searched one by one.
    Limit,
    /// The search gave up.
    Unknown(UnknownReason),
}

/// More known actions than this are not searched one by one.
const MANY: usize = 3_000;

/// What `more` allows and `less` does not, in at most `limit` parts.
///
/// Parts are by action: one that both policies allow in part, on different resources or under different conditions, is
/// found once, with one witness.
#[must_use]
pub fn differences(more: &PolicyDocument, less: &PolicyDocument, limit: usize) -> Differences {
    let refusing = PreparedPolicy::new(less);
    let mut answer = Differences { found: Vec::new(), future: None, rest: Rest::Nothing };
    let mut left = more.clone();
    loop {
        let request = match included(&left, less) {
            Inclusion::Included => return answer,
            Inclusion::Unknown(reason) => return Differences { rest: Rest::Unknown(reason), ..answer },
            Inclusion::Witness(_) if answer.found.len() >= limit => return Differences { rest: Rest::Limit, ..answer },
            Inclusion::Witness(request) => request,
        };
        let actions = alike(&request, &left, &refusing);
        let Some(first) = actions.first().and_then(|action| action.name().parse().ok()) else {
            let found: HashSet<usize> =
                answer.found.iter().flat_map(|group| &group.actions).map(|action| action.index()).collect();
            let mut open = known(allows(more));
            open.retain(|action| !found.contains(&action.index()));
            let is_settled = answer.future.replace(request).is_some();
            match open.len() {
                0 => return answer,
                1..=MANY if !is_settled => left.push(Statement::deny().not_actions(names(&open)).resources(["*"])),
                _ => return Differences { rest: Rest::Limit, ..answer },
            }
            continue;
        };
        left.push(Statement::deny().actions(names(&actions)).resources(["*"]));
        let witness = Box::new(Request { action: first, ..*request });
        answer.found.push(Difference { actions, witness });
    }
}

/// The known actions that can take the place of a witness's action.
fn alike(request: &Request, left: &PolicyDocument, refusing: &PreparedPolicy) -> Vec<&'static KnownAction> {
    let granting = PreparedPolicy::new(left);
    let mut tried = request.clone();
    let mut candidates = candidates(left, request);
    candidates.retain(|action| {
        let Ok(action) = action.name().parse() else { return false };
        tried.action = action;
        witness::allows(&granting, &tried) && !witness::allows(refusing, &tried)
    });
    candidates
}

/// The known actions of the Allow statements that are about a request's action.
fn candidates(policy: &PolicyDocument, request: &Request) -> Vec<&'static KnownAction> {
    let about = |statement: &&Statement| {
        let alone = Statement::allow().actions(["*"]).resources(["*"]).with_action(statement.action().clone());
        witness::allows(&PreparedPolicy::new(&PolicyDocument::from_statements(vec![alone])), request)
    };
    known(allows(policy).filter(about))
}

fn allows(policy: &PolicyDocument) -> impl Iterator<Item = &Statement> {
    policy.statements().iter().filter(|statement| statement.effect() == Effect::Allow)
}

fn known<'s>(statements: impl Iterator<Item = &'s Statement>) -> Vec<&'static KnownAction> {
    let mut actions: Vec<&KnownAction> = statements
        .flat_map(|statement| match statement.action() {
            Match::Listed(patterns) => catalogue().expand(patterns.as_slice().iter().map(String::as_str)),
            Match::NotListed(patterns) => catalogue().expand_except(patterns.as_slice().iter().map(String::as_str)),
        })
        .collect();
    actions.sort_by_key(|action| action.index());
    actions.dedup();
    actions
}

fn names(actions: &[&'static KnownAction]) -> impl Iterator<Item = &'static str> {
    actions.iter().map(|action| action.name())
}
