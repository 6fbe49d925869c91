//! Which groups a refused person could be told about: those of rules to which nothing else stands in the way.

use std::collections::BTreeSet;

use cedar_policy::EntityUid;

use crate::cedar::Engine;
use crate::necessary::{Fact, PRINCIPAL};
use crate::rules::{ActionRules, Rule};
use crate::situation::{Situation, Vocabulary};

/// Up to this many choices are tried. It bounds what explaining costs where many rules differ in nothing but their group.
const FEW: usize = 16;

/// Choices of groups to try.
pub(crate) struct Groups {
    /// One group each.
    pub(crate) singles: Vec<Vec<EntityUid>>,
    /// Two groups each.
    pub(crate) pairs: Vec<Vec<EntityUid>>,
}

impl Groups {
    /// The choices that could turn the answer in a situation in which everything but groups is as good as can be.
    pub(crate) fn that_could_help(engine: &Engine, rules: &ActionRules, good: &Situation<'_>) -> Self {
        let words = engine.vocabulary();
        let truth = rules.index.truth(good.facts(words).into_iter());
        let held: Vec<EntityUid> = good.question.who.groups.iter().map(|group| words.group(group.as_str())).collect();
        let own = good.own_group(words);
        let (mut choices, mut lifting) = (BTreeSet::new(), BTreeSet::new());
        for (number, rule) in rules.rules.iter().enumerate() {
            let mut unmet = rules.index.unmet(number, &truth).peekable();
            let elsewhere = elsewhere(rule, words, &held);
            if !rule.is_permit() {
                lifting.extend(unmet.peek().is_none().then_some(elsewhere).into_iter().flatten());
                continue;
            }
            let wanted: Option<Vec<Vec<EntityUid>>> =
                unmet.map(|place| wanted(rule, place, words, own.as_ref())).collect();
            choices.extend(wanted.into_iter().flat_map(|wanted| combine(&wanted, &elsewhere)));
        }
        let with_lifting = |choice: &BTreeSet<EntityUid>| {
            lifting.iter().map(|group| choice.iter().cloned().chain([group.clone()]).collect()).collect::<Vec<_>>()
        };
        let lifted: Vec<BTreeSet<EntityUid>> = choices.iter().flat_map(with_lifting).collect();
        choices.extend(lifted);
        choices.extend(lifting.into_iter().map(|group| BTreeSet::from([group])));
        Self { singles: of_size(1, &choices, own.as_ref()), pairs: of_size(2, &choices, own.as_ref()) }
    }
}

/// The groups any of which would meet a clause; `None` if no group would.
fn wanted(rule: &Rule, place: usize, words: &Vocabulary, own: Option<&EntityUid>) -> Option<Vec<EntityUid>> {
    let group = |fact: &Fact| match fact {
        Fact::In(PRINCIPAL, group) if words.is_group(group) => Some(group.clone()),
        Fact::Own("resource.group") => own.cloned(),
        _ => None,
    };
    let groups: Vec<EntityUid> = rule.clauses.get(place)?.iter().filter_map(group).collect();
    (!groups.is_empty()).then_some(groups)
}

/// The groups that a rule names where the index does not look, and the person is not in.
fn elsewhere(rule: &Rule, words: &Vocabulary, held: &[EntityUid]) -> Vec<EntityUid> {
    let in_clauses = |entity: &EntityUid| {
        rule.clauses.iter().flatten().any(|fact| matches!(fact, Fact::In(PRINCIPAL, group) if group == entity))
    };
    let named = rule.named.iter().filter(|entity| words.is_group(entity) && !held.contains(entity));
    named.filter(|entity| !in_clauses(entity)).cloned().collect()
}

/// Sets with one group for each clause, alone and with one of those that the rule names elsewhere. More than two groups are
/// never told.
fn combine(wanted: &[Vec<EntityUid>], elsewhere: &[EntityUid]) -> Vec<BTreeSet<EntityUid>> {
    let mut sets = vec![BTreeSet::new()];
    for groups in wanted {
        let longer = |set: &BTreeSet<EntityUid>| {
            groups.iter().map(|group| set.iter().cloned().chain([group.clone()]).collect()).collect::<Vec<_>>()
        };
        sets = sets.iter().flat_map(longer).filter(|set: &BTreeSet<EntityUid>| set.len() <= 2).take(FEW).collect();
    }
    let with = |set: &BTreeSet<EntityUid>| {
        elsewhere.iter().map(|group| set.iter().cloned().chain([group.clone()]).collect()).collect::<Vec<_>>()
    };
    let more: Vec<BTreeSet<EntityUid>> = sets.iter().flat_map(with).collect();
    sets.into_iter().chain(more).collect()
}

/// The sets of this size, those with the project's own group first.
fn of_size(size: usize, sets: &BTreeSet<BTreeSet<EntityUid>>, own: Option<&EntityUid>) -> Vec<Vec<EntityUid>> {
    let mut sets: Vec<&BTreeSet<EntityUid>> = sets.iter().filter(|set| set.len() == size).collect();
    sets.sort_by_key(|set| own.is_none_or(|own| !set.contains(own)));
    sets.into_iter().take(FEW).map(|set| set.iter().cloned().collect()).collect()
}
