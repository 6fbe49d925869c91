//! Conditions taken apart: which keys there are, what their values can be, and what every condition asks of them.

use std::collections::HashMap;

use super::dimension::LeafId;
use super::key::{KeyDomain, KeyLeaf, KeyTest, Points, Values};
use super::keys::{KeyType, documented};
use super::points;
use super::text::{Alphabet, AtomId, Form, Symbols, TextDomain, Truth};
use crate::document::{ConditionValue, Statement, Version};
use crate::operator::{Comparison, Operator, Quantifier};
use crate::prepared::{PreparedCondition, parse_bool};
use crate::template::{Piece, Wildcards, pieces};

/// Keys and the conditions on them. Keys are numbered in the order in which they come up.
pub(super) struct Conditions<'d> {
    pub(super) domains: Vec<KeyDomain>,
    by_key: HashMap<Box<str>, usize>,
    /// For each key, conditions that became sets.
    known: Vec<Vec<(Source<'d>, AtomId)>>,
}

/// What makes two sets the same.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Source<'d> {
    comparison: Comparison,
    values: &'d [ConditionValue],
    version: Version,
}

/// What all conditions on a key have in common.
#[derive(Default)]
struct Uses<'d> {
    kinds: Vec<KeyType>,
    has_quantifier: bool,
    values: Vec<(KeyType, &'d ConditionValue)>,
}

impl<'d> Conditions<'d> {
    pub(super) fn new(statements: impl Iterator<Item = &'d Statement>) -> Conditions<'d> {
        let mut order: Vec<Box<str>> = Vec::new();
        let mut uses: HashMap<Box<str>, Uses<'d>> = HashMap::new();
        for statement in statements {
            for (operator, key, values) in conditions(statement) {
                let key = key.to_lowercase().into_boxed_str();
                let uses = uses.entry(key.clone()).or_insert_with(|| {
                    order.push(key);
                    Uses::default()
                });
                uses.has_quantifier |= operator.quantifier().is_some();
                if let Some(kind) = kind(operator.comparison()) {
                    if !uses.kinds.contains(&kind) {
                        uses.kinds.push(kind);
                    }
                    uses.values.extend(values.iter().map(|value| (kind, value)));
                }
            }
        }
        let domains: Vec<KeyDomain> =
            order.iter().filter_map(|key| uses.get(key).map(|uses| uses.domain(key))).collect();
        let known = domains.iter().map(|_| Vec::new()).collect();
        let by_key = order.into_iter().enumerate().map(|(at, key)| (key, at)).collect();
        Conditions { domains, by_key, known }
    }

    /// The conditions of a statement: key and number of the condition there.
    pub(super) fn leaves(
        &mut self,
        statement: &'d Statement,
        version: Version,
        symbols: &mut Symbols,
    ) -> Vec<(usize, LeafId)> {
        let mut leaves = Vec::with_capacity(statement.conditions().len());
        for (operator, key, values) in conditions(statement) {
            let Some(at) = self.by_key.get(key.to_lowercase().as_str()).copied() else { continue };
            let leaf = self.leaf(at, operator, key, values, version, symbols);
            leaves.extend(leaf.map(|leaf| (at, leaf)));
        }
        leaves
    }

    fn leaf(
        &mut self,
        at: usize,
        operator: Operator,
        key: &str,
        values: &'d [ConditionValue],
        version: Version,
        symbols: &mut Symbols,
    ) -> Option<LeafId> {
        let leaf = match operator.comparison() {
            Comparison::Null => {
                let wants =
                    |absent| values.iter().filter_map(|value| parse_bool(value.as_str())).any(|is| is == absent);
                KeyLeaf { when_missing: wants(true), test: KeyTest::Constant(wants(false)) }
            }
            comparison => {
                let condition = PreparedCondition::new(operator, key, values, version);
                let source = Source { comparison: plain(comparison), values, version };
                let atom = self.atom(at, source, &condition, symbols)?;
                let negated = comparison.is_negated();
                let is_all = match operator.quantifier() {
                    Some(Quantifier::ForAllValues) => true,
                    Some(Quantifier::ForAnyValue) => false,
                    None => negated,
                };
                let test = if is_all { KeyTest::All { atom, negated } } else { KeyTest::Some { atom, negated } };
                KeyLeaf { when_missing: condition.holds_when_missing(), test }
            }
        };
        Some(self.domains.get_mut(at)?.leaf(leaf))
    }

    fn atom(
        &mut self,
        at: usize,
        source: Source<'d>,
        condition: &PreparedCondition,
        symbols: &mut Symbols,
    ) -> Option<AtomId> {
        let known = self.known.get_mut(at)?;
        if let Some((_, atom)) = known.iter().find(|(known, _)| *known == source) {
            return Some(*atom);
        }
        let domain = self.domains.get_mut(at)?;
        let ordered = domain.ordered;
        let atom = match &mut domain.values {
            Values::Texts(domain) => domain.add(source.patterns(ordered), symbols),
            Values::Points(points) => {
                let unknown = source.has_variables();
                let truth = |value: &String| match condition.fits(value) {
                    false if unknown => Truth::Perhaps,
                    fits => Truth::of(fits),
                };
                points.atoms.push(points.values.iter().map(truth).collect());
                points.atoms.len() - 1
            }
        };
        known.push((source, atom));
        Some(atom)
    }

    /// For each key that a variable without default needs, a condition that it is present.
    pub(super) fn present(&mut self, symbols: &Symbols) -> HashMap<Box<str>, (usize, LeafId)> {
        let mut present = HashMap::new();
        for key in symbols.needed() {
            let at = match self.by_key.get(key) {
                Some(at) => *at,
                None => {
                    self.domains.push(Uses::default().domain(key));
                    self.by_key.insert(key.into(), self.domains.len() - 1);
                    self.domains.len() - 1
                }
            };
            if let Some(domain) = self.domains.get_mut(at) {
                let leaf = domain.leaf(KeyLeaf { when_missing: false, test: KeyTest::Constant(true) });
                present.insert(key.into(), (at, leaf));
            }
        }
        present
    }
}

impl KeyDomain {
    fn leaf(&mut self, leaf: KeyLeaf) -> LeafId {
        self.leaves.iter().position(|known| *known == leaf).unwrap_or_else(|| {
            self.leaves.push(leaf);
            self.leaves.len() - 1
        })
    }
}

impl Uses<'_> {
    fn domain(&self, key: &str) -> KeyDomain {
        let (kind, cardinality) = documented(key, self.has_quantifier);
        let ordered = kind.filter(|kind| !matches!(kind, KeyType::Text | KeyType::Bool));
        KeyDomain { key: key.into(), values: self.values(key, kind, ordered), ordered, cardinality, leaves: Vec::new() }
    }

    /// Ordered kinds are listed, text is searched. A key that is compared as more than one kind has only the values that
    /// its conditions suggest.
    fn values(&self, key: &str, documented: Option<KeyType>, ordered: Option<KeyType>) -> Values {
        let mut kinds: Vec<KeyType> = match self.kinds.is_empty() {
            true => documented.into_iter().collect(),
            false => self.kinds.clone(),
        };
        let is_plain = |text: &&str| !text.contains(['*', '?', '$']);
        // Plain texts that are compared with a number, an instant or an address: still only such values exist.
        if kinds == [KeyType::Text] && self.values.iter().all(|(_, text)| is_plain(&text.as_str())) {
            kinds.extend(ordered);
        }
        let is_text = kinds.iter().all(|kind| matches!(kind, KeyType::Text | KeyType::Bool));
        if documented == Some(KeyType::Bool) && is_text {
            return Values::Points(Points { values: vec!["true".to_owned(), "false".to_owned()], ..Points::default() });
        }
        if is_text {
            return Values::Texts(TextDomain::new(Alphabet::Any, &[("?*", Form::Whole)], &[""]));
        }
        let written = |kind| self.values.iter().filter(move |(of, _)| *of == kind).map(|(_, value)| value.as_str());
        let texts: Vec<&str> = written(KeyType::Text).collect();
        let is_mixed = kinds.len() > 1;
        // One ordered type beside plain texts: the texts are boundaries too, and values of their own.
        let is_followed = kinds.len() == 2 && !texts.is_empty() && texts.iter().all(is_plain) && key != "aws:epochtime";
        let beside = if is_followed { texts.as_slice() } else { &[] };
        let mut values: Vec<String> = Vec::new();
        for kind in &kinds {
            let written = written(*kind).chain(beside.iter().copied());
            match kind {
                KeyType::Number => values.extend(points::numbers(written)),
                KeyType::Instant if key == "aws:epochtime" => {
                    let seconds = |instant: jiff::Timestamp| instant.as_second().to_string();
                    values.extend(points::instants(written).into_iter().map(seconds));
                }
                KeyType::Instant => values.extend(points::instants(written).iter().map(ToString::to_string)),
                KeyType::Address => values.extend(points::addresses(written).iter().map(ToString::to_string)),
                KeyType::Bool => values.extend(["true".to_owned(), "false".to_owned()]),
                KeyType::Text => {}
            }
        }
        values.extend(points::written_otherwise(&values, beside));
        let fits = |text: &&str| documented.is_none_or(|kind| points::is_of(kind, text));
        values.extend(texts.iter().copied().filter(fits).map(str::to_owned));
        if documented.is_none_or(|documented| !kinds.contains(&documented) || documented == KeyType::Text) {
            values
                .extend(["x", "xx", "xxx"].map(str::to_owned).into_iter().find(|text| !texts.contains(&text.as_str())));
        }
        let is_open = is_mixed && !is_followed;
        let incomplete = is_open.then(|| format!("the key `{key}` is compared as values of different types"));
        Values::Points(Points { values, atoms: Vec::new(), incomplete })
    }
}

impl Source<'_> {
    /// What values are compared with. A plain text that is no value of the key's ordered type is none of them.
    fn patterns(self, ordered: Option<KeyType>) -> impl Iterator<Item = (Vec<Piece>, Form)> {
        let form = match self.comparison {
            Comparison::StringEqualsIgnoreCase | Comparison::Bool => Form::IgnoreCase,
            Comparison::ArnLike => Form::Arn,
            _ => Form::Whole,
        };
        let (version, wildcards) = self.reading();
        let may_be_value =
            move |text: &&str| text.contains(['*', '?', '$']) || ordered.is_none_or(|kind| points::is_of(kind, text));
        let texts = self.values.iter().map(ConditionValue::as_str).filter(may_be_value);
        texts.map(move |text| (pieces(text, version, wildcards), form))
    }

    fn reading(self) -> (Version, Wildcards) {
        match self.comparison {
            Comparison::StringLike | Comparison::ArnLike => (self.version, Wildcards::Active),
            Comparison::StringEquals | Comparison::StringEqualsIgnoreCase | Comparison::Bool => {
                (self.version, Wildcards::Literal)
            }
            _ => (Version::V2008, Wildcards::Literal),
        }
    }

    fn has_variables(self) -> bool {
        let (version, wildcards) = self.reading();
        self.values.iter().any(|value| {
            pieces(value.as_str(), version, wildcards).iter().any(|piece| matches!(piece, Piece::Variable { .. }))
        })
    }
}

fn conditions(statement: &Statement) -> impl Iterator<Item = (Operator, &str, &[ConditionValue])> {
    let blocks = statement.conditions().iter();
    blocks
        .flat_map(|block| block.keys().iter().map(|(key, values)| (block.operator(), key.as_str(), values.as_slice())))
}

/// The comparison without its negation.
fn plain(comparison: Comparison) -> Comparison {
    use Comparison as C;
    match comparison {
        C::StringNotEquals => C::StringEquals,
        C::StringNotEqualsIgnoreCase => C::StringEqualsIgnoreCase,
        C::StringNotLike => C::StringLike,
        C::NumericNotEquals => C::NumericEquals,
        C::DateNotEquals => C::DateEquals,
        C::NotIpAddress => C::IpAddress,
        C::ArnEquals | C::ArnNotEquals | C::ArnNotLike => C::ArnLike,
        other => other,
    }
}

/// What values are compared as; nothing for `Null`.
fn kind(comparison: Comparison) -> Option<KeyType> {
    use Comparison as C;
    Some(match plain(comparison) {
        C::Null => return None,
        C::Bool => KeyType::Bool,
        C::IpAddress => KeyType::Address,
        C::NumericEquals
        | C::NumericLessThan
        | C::NumericLessThanEquals
        | C::NumericGreaterThan
        | C::NumericGreaterThanEquals => KeyType::Number,
        C::DateEquals | C::DateLessThan | C::DateLessThanEquals | C::DateGreaterThan | C::DateGreaterThanEquals => {
            KeyType::Instant
        }
        _ => KeyType::Text,
    })
}
