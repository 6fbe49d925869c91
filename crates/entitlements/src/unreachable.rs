//! Permits that can never count, because a forbid says no to everything they say yes to. The validator finds rules that apply
//! to nothing by themselves; this looks at two rules together, and tells only what is certain.

use crate::necessary::is_unconditional;
use crate::rules::{ActionRules, Rule};

/// The ids of such permits, each with the forbid that stands in its way for every action it is about.
pub(crate) fn unreachable<'a>(actions: impl Iterator<Item = &'a ActionRules> + Clone) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = actions.clone().flat_map(shadowed).collect();
    found.sort_unstable();
    found.dedup();
    // Forbidden for one action, a permit may still count for another.
    let counts = |permit: &str| {
        actions.clone().any(|about| {
            about.rules.iter().any(|rule| rule.id() == permit && !shadowed(about).iter().any(|(id, _)| id == permit))
        })
    };
    found.retain(|(permit, _)| !counts(permit));
    found
}

/// The permits of an action that an unconditional forbid covers.
fn shadowed(about: &ActionRules) -> Vec<(String, String)> {
    let forbids = || about.rules.iter().filter(|rule| !rule.is_permit() && is_unconditional(&rule.policy));
    let permits = about.rules.iter().filter(|rule| rule.is_permit());
    permits
        .filter_map(|permit| {
            let forbid = forbids().find(|forbid| covers(forbid, permit))?;
            Some((permit.id().to_owned(), forbid.id().to_owned()))
        })
        .collect()
}

/// Whether the forbid applies wherever the permit does: each of its clauses follows from one of the permit's.
fn covers(forbid: &Rule, permit: &Rule) -> bool {
    let follows = |wanted: &Vec<_>| permit.clauses.iter().any(|clause| clause.iter().all(|fact| wanted.contains(fact)));
    forbid.clauses.iter().all(follows)
}
