//! One aspect of a request that statements constrain: the caller, the action, the resource, or the value of one
//! condition key. A comparison is solved aspect by aspect; this file is what they have in common.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::budget::{Budget, Exhausted};
use super::key::{KeyDomain, Values};
use super::text::{AtomId, Symbols, TextDomain, Truth, char_of};
use crate::principal::Principal;

/// A constraint on one aspect, by its number there.
pub(super) type LeafId = usize;

/// The constraint that a text contains a variable's symbol: `(ban(symbol), false)` keeps it out. No other constraint has
/// so high a number.
pub(super) fn ban(symbol: u32) -> LeafId {
    LeafId::MAX - usize::try_from(symbol).unwrap_or_default()
}

/// The variable of such a constraint.
fn banned(leaf: LeafId) -> Option<u32> {
    u32::try_from(LeafId::MAX - leaf).ok().filter(|symbol| char_of(*symbol).is_some())
}

/// The variables that literals keep out.
pub(super) fn all_banned(literals: &[Literal]) -> Vec<u32> {
    literals.iter().filter_map(|(leaf, _)| banned(*leaf)).collect()
}

/// A constraint and whether it has to hold.
pub(super) type Literal = (LeafId, bool);

/// An aspect with the constraints that statements put on it.
#[derive(Debug)]
pub(super) struct Dimension {
    pub(super) domain: Domain,
    found: RefCell<HashMap<Box<[Literal]>, Found>>,
}

#[derive(Debug)]
pub(super) enum Domain {
    Callers(Callers),
    Action(Texts),
    Resource(Texts),
    Key(KeyDomain),
}

/// Actions or resources: a constraint is a set of patterns, or its opposite.
#[derive(Debug)]
pub(super) struct Texts {
    pub(super) domain: TextDomain,
    pub(super) leaves: Vec<(AtomId, bool)>,
}

/// Callers that policies tell apart, and for each constraint which of them it holds for.
#[derive(Debug, Default)]
pub(super) struct Callers {
    pub(super) callers: Vec<Principal>,
    /// Callers that no request can be made of; their numbers follow those of `callers`.
    pub(super) canonical_users: Vec<String>,
    pub(super) leaves: Vec<Vec<bool>>,
}

/// A choice, if there is one.
pub(super) type Found = Option<Rc<Model>>;

/// A choice for one aspect.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) value: Value,
    /// What is known about constraints; filled as it is asked for.
    truths: RefCell<Vec<Option<Truth>>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Caller(usize),
    /// Text; may contain symbols for variables.
    Text(String),
    /// The key is missing.
    Absent,
    One(String),
    Many(Vec<String>),
    /// There may be a value, but none was found. Says why.
    Undecided(String),
}

impl Value {
    /// The texts of the choice.
    pub(super) fn texts(&self) -> &[String] {
        match self {
            Value::Caller(_) | Value::Absent | Value::Undecided(_) => &[],
            Value::Text(text) | Value::One(text) => std::slice::from_ref(text),
            Value::Many(texts) => texts,
        }
    }
}

/// Why there is no choice.
#[derive(Debug)]
pub(super) enum Gap {
    /// The budget is used up.
    Exhausted,
    /// There is none among the values that were tried, but others exist.
    Undecided(String),
}

impl From<Exhausted> for Gap {
    fn from(_: Exhausted) -> Gap {
        Gap::Exhausted
    }
}

impl Dimension {
    pub(super) fn new(domain: Domain) -> Dimension {
        Dimension { domain, found: RefCell::default() }
    }

    /// A choice that all literals hold for, as far as that can be told without the values of variables.
    pub(super) fn solve(&self, literals: &[Literal], symbols: &Symbols, budget: &mut Budget) -> Result<Found, Gap> {
        let mut key: Vec<Literal> = literals.to_vec();
        key.sort_unstable();
        key.dedup();
        if let Some(found) = self.found.borrow().get(key.as_slice()) {
            return Ok(found.clone());
        }
        budget.spend(1)?;
        let value = match &self.domain {
            Domain::Callers(callers) => callers.find(&key),
            Domain::Action(texts) | Domain::Resource(texts) => texts.find(&key, symbols, budget)?.map(Value::Text),
            Domain::Key(domain) => match domain.find(&key, symbols, budget) {
                Err(Gap::Undecided(reason)) => Some(Value::Undecided(reason)),
                found => found?,
            },
        };
        let model = value.map(|value| Rc::new(Model { value, truths: RefCell::default() }));
        self.found.borrow_mut().insert(key.into(), model.clone());
        Ok(model)
    }

    /// What the aspect is called, for people.
    pub(super) fn name(&self) -> String {
        match &self.domain {
            Domain::Callers(_) => "principals".to_owned(),
            Domain::Action(_) => "action patterns".to_owned(),
            Domain::Resource(_) => "resource patterns".to_owned(),
            Domain::Key(domain) => format!("conditions on `{}`", domain.key),
        }
    }

    /// Of whom no request can be made, when that is the choice.
    pub(super) fn stand_in(&self, model: &Model) -> Option<String> {
        let (Domain::Callers(callers), Value::Caller(at)) = (&self.domain, &model.value) else { return None };
        let user = callers.canonical_users.get(at.checked_sub(callers.callers.len())?)?;
        Some(format!("who the canonical user `{user}` is"))
    }

    /// Keys and values that variables may be worth for texts of this aspect to meet.
    pub(super) fn fillings(&self, model: Option<&Model>, symbols: &Symbols) -> Vec<(Box<str>, String)> {
        let chosen = model.map_or(&[][..], |model| model.value.texts());
        match &self.domain {
            Domain::Resource(texts) => texts.domain.fillings(chosen, symbols),
            Domain::Key(KeyDomain { values: Values::Texts(domain), .. }) => domain.fillings(chosen, symbols),
            _ => Vec::new(),
        }
    }

    /// Whether some of its patterns match more than can be told.
    pub(super) fn is_approximate(&self) -> bool {
        match &self.domain {
            Domain::Callers(_) => false,
            Domain::Action(texts) | Domain::Resource(texts) => texts.domain.is_approximate(),
            Domain::Key(domain) => match &domain.values {
                Values::Texts(domain) => domain.is_approximate(),
                Values::Points(points) => points.atoms.iter().flatten().any(|truth| *truth == Truth::Perhaps),
            },
        }
    }

    /// Whether a constraint holds for a choice.
    pub(super) fn truth(&self, model: &Model, leaf: LeafId, symbols: &Symbols) -> Truth {
        if let Some(char) = banned(leaf).and_then(char_of) {
            return Truth::of(model.value.texts().iter().any(|text| text.contains(char)));
        }
        if let Some(Some(truth)) = model.truths.borrow().get(leaf) {
            return *truth;
        }
        let truth = match (&self.domain, &model.value) {
            (Domain::Callers(callers), Value::Caller(caller)) => Truth::of(callers.holds(leaf, *caller)),
            (Domain::Action(texts) | Domain::Resource(texts), Value::Text(text)) => texts.truth(text, leaf, symbols),
            (Domain::Key(domain), value) => domain.truth(value, leaf, symbols),
            _ => Truth::No,
        };
        let mut truths = model.truths.borrow_mut();
        if truths.len() <= leaf {
            truths.resize(leaf + 1, None);
        }
        if let Some(slot) = truths.get_mut(leaf) {
            *slot = Some(truth);
        }
        truth
    }
}

impl Callers {
    fn holds(&self, leaf: LeafId, caller: usize) -> bool {
        self.leaves.get(leaf).and_then(|holds| holds.get(caller)).copied().unwrap_or(false)
    }

    fn find(&self, literals: &[Literal]) -> Option<Value> {
        (0..self.callers.len() + self.canonical_users.len())
            .find(|caller| literals.iter().all(|(leaf, wanted)| self.holds(*leaf, *caller) == *wanted))
            .map(Value::Caller)
    }
}

impl Texts {
    pub(super) fn new(domain: TextDomain) -> Texts {
        Texts { domain, leaves: Vec::new() }
    }

    fn find(&self, literals: &[Literal], symbols: &Symbols, budget: &mut Budget) -> Result<Option<String>, Exhausted> {
        let (mut inside, mut outside) = (Vec::new(), Vec::new());
        for (leaf, wanted) in literals {
            let Some((atom, negated)) = self.leaves.get(*leaf) else { continue };
            if wanted != negated { &mut inside } else { &mut outside }.push(*atom);
        }
        self.domain.find(&inside, &outside, &all_banned(literals), symbols, budget)
    }

    fn truth(&self, text: &str, leaf: LeafId, symbols: &Symbols) -> Truth {
        let Some((atom, negated)) = self.leaves.get(leaf) else { return Truth::No };
        self.domain.belongs(text, *atom, symbols).not_if(*negated)
    }
}
