//! Variables in what a statement must not match.
//!
//! Without a value for them the statement says nothing, unless the key they are compared with is missing too. So a
//! statement applies in several ways: for each such condition, its key is missing or its variables have values.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

use std::collections::HashMap;

use super::condition::Conditions;
use super::dimension::LeafId;
use super::problem::{Place, Rule, on_key};
use crate::document::{Match, Statement, Version};
use crate::operator::Quantifier;
use crate::template::{Piece, Wildcards, pieces, resource_version};

/// More conditions of this kind in one statement are not taken apart.
const MOST: usize = 4;

/// `NotResource` or a negated condition, with variables.
#[derive(Debug)]
pub(super) struct Negation {
    /// The keys of the variables that have no default.
    pub(super) needed: Vec<Box<str>>,
    /// The key of the condition, when it holds without.
    own: Option<Box<str>>,
}

/// What a statement must not match and has variables in it.
pub(super) fn negations(statement: &Statement, version: Version) -> Vec<Negation> {
    let mut found = Vec::new();
    if let Some(Match::NotListed(resources)) = statement.resource() {
        let read = |text: &String| pieces(text, resource_version(text, version), Wildcards::Active);
        found.push(Negation { needed: keys(resources.as_slice().iter().flat_map(read)), own: None });
    }
    for block in statement.conditions() {
        let operator = block.operator();
        if operator.comparison().is_negated() && operator.comparison().takes_variables() {
            let may_lack = operator.is_if_exists() || operator.quantifier() != Some(Quantifier::ForAnyValue);
            found.extend(block.keys().iter().map(|(key, values)| {
                let values = values.as_slice().iter();
                let pieces = values.flat_map(|value| pieces(value.as_str(), version, Wildcards::Literal));
                Negation { needed: keys(pieces), own: may_lack.then(|| key.to_lowercase().into()) }
            }));
        }
    }
    found.retain(|negation| !negation.needed.is_empty());
    found
}

fn keys(pieces: impl Iterator<Item = Piece>) -> Vec<Box<str>> {
    let key = |piece| match piece {
        Piece::Variable { key, default: None } => Some(key),
        Piece::Variable { .. } | Piece::Token(_) => None,
    };
    pieces.filter_map(key).collect()
}

/// Give the rule a way for each combination.
pub(super) fn in_ways(
    rule: &mut Rule,
    negations: &[Negation],
    conditions: &mut Conditions<'_>,
    present: &HashMap<Box<str>, (usize, LeafId)>,
) {
    if negations.len() > MOST {
        rule.beyond = rule.ways.first().cloned();
    }
    for (at, negation) in negations.iter().enumerate() {
        // Of too many conditions, the variables of all are asked for, which is one way at least.
        let own = negation.own.as_deref().filter(|_| at < MOST);
        let without = own.and_then(|key| conditions.absent(key)).map(|place| vec![on_key(place)]);
        let with = values_of(negation, conditions, present);
        let choices: Vec<Vec<Place>> = with.into_iter().chain(without).collect();
        let all = |way: &Vec<Place>| -> Vec<Vec<Place>> {
            choices.iter().map(|choice| way.iter().chain(choice).copied().collect()).collect()
        };
        rule.ways = rule.ways.iter().flat_map(all).collect();
    }
}

/// That all its variables have a value; a key with several values cannot stand in for one.
fn values_of(
    negation: &Negation,
    conditions: &Conditions<'_>,
    present: &HashMap<Box<str>, (usize, LeafId)>,
) -> Option<Vec<Place>> {
    let place = |key: &str| present.get(key).filter(|_| conditions.is_single_valued(key)).copied().map(on_key);
    negation.needed.iter().map(|key| place(key)).collect()
}
