//! The values of one condition key: missing, one value, or several, and what conditions make of that.
//!
//! Several values matter only through "some value is in this set" and "all values are in that set". So one value for each
//! "some", each within every "all", is as good as any list, and no set of sets has to be gone through.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>

use super::budget::Budget;
use super::dimension::{Gap, LeafId, Literal, Value, all_banned};
use super::keys::{Cardinality, KeyType};
use super::text::{AtomId, Symbols, TextDomain, Truth};

/// A key and the conditions on it.
#[derive(Debug)]
pub(super) struct KeyDomain {
    /// In lower case.
    pub(super) key: Box<str>,
    pub(super) values: Values,
    /// The documented type, if it is an ordered one.
    pub(super) ordered: Option<KeyType>,
    pub(super) cardinality: Cardinality,
    pub(super) leaves: Vec<KeyLeaf>,
}

/// What a single value may be.
#[derive(Debug)]
pub(super) enum Values {
    Texts(TextDomain),
    Points(Points),
}

/// Values of which every kind that conditions tell apart is listed.
#[derive(Debug, Default)]
pub(super) struct Points {
    pub(super) values: Vec<String>,
    /// For each set, what of the values belongs to it.
    pub(super) atoms: Vec<Vec<Truth>>,
    /// Why there may be kinds that are not listed.
    pub(super) incomplete: Option<String>,
}

/// One condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KeyLeaf {
    /// Whether it holds for a request without the key.
    pub(super) when_missing: bool,
    pub(super) test: KeyTest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyTest {
    /// The same for every value.
    Constant(bool),
    /// Some value is in the set, or not in it.
    Some { atom: AtomId, negated: bool },
    /// Every value is.
    All { atom: AtomId, negated: bool },
}

/// Sets that one value has to be in and not to be in.
#[derive(Clone, Debug, Default)]
struct Wanted {
    inside: Vec<AtomId>,
    outside: Vec<AtomId>,
    /// Variables that have no value.
    banned: Vec<u32>,
}

impl Wanted {
    fn add(&mut self, atom: AtomId, is_inside: bool) {
        if is_inside { &mut self.inside } else { &mut self.outside }.push(atom);
    }
}

impl KeyDomain {
    /// A choice for the key that all literals hold for.
    pub(super) fn find(
        &self,
        literals: &[Literal],
        symbols: &Symbols,
        budget: &mut Budget,
    ) -> Result<Option<Value>, Gap> {
        let leaves = || literals.iter().filter_map(|(leaf, wanted)| Some((self.leaves.get(*leaf)?, *wanted)));
        if leaves().all(|(leaf, wanted)| leaf.when_missing == wanted) {
            return Ok(Some(Value::Absent));
        }
        let mut every = Wanted { banned: all_banned(literals), ..Wanted::default() };
        let mut some: Vec<(AtomId, bool)> = Vec::new();
        for (leaf, wanted) in leaves() {
            match leaf.test {
                KeyTest::Constant(holds) if holds == wanted => {}
                KeyTest::Constant(_) => return Ok(None),
                KeyTest::All { atom, negated } if wanted => every.add(atom, !negated),
                KeyTest::Some { atom, negated } if !wanted => every.add(atom, negated),
                KeyTest::All { atom, negated } => some.push((atom, negated)),
                KeyTest::Some { atom, negated } => some.push((atom, !negated)),
            }
        }
        let mut single = every.clone();
        some.iter().for_each(|(atom, is_inside)| single.add(*atom, *is_inside));
        match self.values.find(&single, symbols, budget) {
            Ok(None) => {}
            Ok(Some(value)) => return Ok(Some(Value::One(value))),
            Err(Gap::Undecided(_)) if self.cardinality == Cardinality::Many && !some.is_empty() => {}
            Err(gap) => return Err(gap),
        }
        if self.cardinality == Cardinality::One {
            return Ok(None);
        }
        let mut values = Vec::with_capacity(some.len());
        for (atom, is_inside) in some {
            let mut wanted = every.clone();
            wanted.add(atom, is_inside);
            match self.values.find(&wanted, symbols, budget)? {
                Some(value) if values.contains(&value) => {}
                Some(value) => values.push(value),
                None => return Ok(None),
            }
        }
        Ok((!values.is_empty()).then_some(Value::Many(values)))
    }

    /// Whether a condition holds for a choice.
    pub(super) fn truth(&self, value: &Value, leaf: LeafId, symbols: &Symbols) -> Truth {
        let Some(leaf) = self.leaves.get(leaf) else { return Truth::No };
        match value {
            Value::Absent => return Truth::of(leaf.when_missing),
            Value::Undecided(_) => return Truth::Perhaps,
            _ => {}
        }
        let each = |atom: AtomId, negated: bool| {
            value.texts().iter().map(move |text| self.values.belongs(text, atom, symbols).not_if(negated))
        };
        match leaf.test {
            KeyTest::Constant(holds) => Truth::of(holds),
            KeyTest::Some { atom, negated } => any(each(atom, negated)),
            KeyTest::All { atom, negated } => any(each(atom, negated).map(|truth| truth.not_if(true))).not_if(true),
        }
    }
}

fn any(truths: impl Iterator<Item = Truth>) -> Truth {
    truths.fold(Truth::No, |so_far, truth| match (so_far, truth) {
        (Truth::Yes, _) | (_, Truth::Yes) => Truth::Yes,
        (Truth::No, Truth::No) => Truth::No,
        _ => Truth::Perhaps,
    })
}

impl Values {
    fn find(&self, wanted: &Wanted, symbols: &Symbols, budget: &mut Budget) -> Result<Option<String>, Gap> {
        match self {
            Values::Texts(domain) => {
                Ok(domain.find(&wanted.inside, &wanted.outside, &wanted.banned, symbols, budget)?)
            }
            Values::Points(points) => points.find(wanted, budget),
        }
    }

    fn belongs(&self, text: &str, atom: AtomId, symbols: &Symbols) -> Truth {
        match self {
            Values::Texts(domain) => domain.belongs(text, atom, symbols),
            Values::Points(points) => points.belongs(text, atom),
        }
    }
}

impl Points {
    fn find(&self, wanted: &Wanted, budget: &mut Budget) -> Result<Option<String>, Gap> {
        for (at, value) in self.values.iter().enumerate() {
            budget.spend(1)?;
            let is = |atom: &AtomId, unwanted| self.known(at, *atom) != unwanted;
            if wanted.inside.iter().all(|atom| is(atom, Truth::No))
                && wanted.outside.iter().all(|atom| is(atom, Truth::Yes))
            {
                return Ok(Some(value.clone()));
            }
        }
        match &self.incomplete {
            Some(reason) => Err(Gap::Undecided(reason.clone())),
            None => Ok(None),
        }
    }

    fn known(&self, value: usize, atom: AtomId) -> Truth {
        self.atoms.get(atom).and_then(|truths| truths.get(value)).copied().unwrap_or(Truth::No)
    }

    fn belongs(&self, text: &str, atom: AtomId) -> Truth {
        let at = self.values.iter().position(|value| value == text);
        at.map_or(Truth::No, |at| self.known(at, atom))
    }
}
