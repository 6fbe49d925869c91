//! Patterns worth considering: those that fit no action but targets.
//!
//! A pattern is made of at most two pieces of a target's name around stars: `A*`, `*B`, `*M*`, `A*B`, `A*M*`, `*M*B`, or
//! the name itself. Of all pieces with the same fits only the shortest matters, which keeps their number small; two pieces
//! are only combined when neither is enough alone.

use std::collections::HashMap;

use super::Cut;
use super::bits::Bits;
use crate::glob::{Glob, Token};

/// A pattern that fits targets only.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) cost: u32,
    /// The numbers of the targets it fits, ascending.
    pub(super) rows: Box<[usize]>,
    pub(super) pattern: String,
}

/// Where a piece stands in a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Side {
    Start,
    Inside,
    End,
}

/// A part of names: which targets and which others have it.
struct Piece<'n> {
    text: &'n str,
    targets: Bits,
    others: Bits,
}

pub(super) fn find(targets: &[&str], others: &[&str], fixed_cost: usize, cut: Cut) -> Vec<Column> {
    let mut found = Found { fixed_cost, targets, by_rows: HashMap::new(), cheapest: vec![usize::MAX; targets.len()] };
    for (at, name) in targets.iter().enumerate() {
        let mut rows = Bits::empty(targets.len());
        rows.insert(at);
        found.add(rows, &[name]);
    }
    let mut mixed = Vec::new();
    for side in [Side::Start, Side::Inside, Side::End] {
        let (pure, rest): (Vec<_>, Vec<_>) =
            pieces(targets, others, side, cut).into_iter().partition(|piece| piece.others.is_empty());
        for piece in pure {
            found.add(piece.targets, &around(side, piece.text));
        }
        mixed.push(rest);
    }
    if let [starts, insides, ends] = mixed.as_slice() {
        found.combine(starts, ends, |start, end| vec![start, end]);
        found.combine(starts, insides, |start, inside| vec![start, inside, ""]);
        found.combine(ends, insides, |end, inside| vec!["", inside, end]);
    }
    found.into_columns()
}

/// The runs of a pattern, between its stars.
fn around(side: Side, text: &str) -> Vec<&str> {
    match side {
        Side::Start => vec![text, ""],
        Side::Inside => vec!["", text, ""],
        Side::End => vec!["", text],
    }
}

struct Found<'n> {
    fixed_cost: usize,
    targets: &'n [&'n str],
    /// The cheapest pattern for each set of targets.
    by_rows: HashMap<Bits, (usize, String)>,
    /// What the cheapest pattern found so far costs for each target.
    cheapest: Vec<usize>,
}

impl Found<'_> {
    fn cost(&self, runs: &[&str]) -> usize {
        self.fixed_cost + runs.iter().map(|run| run.len()).sum::<usize>() + runs.len() - 1
    }

    fn add(&mut self, rows: Bits, runs: &[&str]) {
        let cost = self.cost(runs);
        for row in rows.iter() {
            if let Some(cheapest) = self.cheapest.get_mut(row) {
                *cheapest = cost.min(*cheapest);
            }
        }
        let pattern = || runs.join("*");
        match self.by_rows.entry(rows) {
            std::collections::hash_map::Entry::Occupied(mut known) => {
                let new = (cost, pattern());
                if new < *known.get() {
                    known.insert(new);
                }
            }
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert((cost, pattern()));
            }
        }
    }

    /// Both pieces in one pattern, where that fits no other action and is not dearer than its targets one by one.
    fn combine<'p>(
        &mut self,
        ones: &[Piece<'p>],
        others: &[Piece<'p>],
        runs: impl Fn(&'p str, &'p str) -> Vec<&'p str>,
    ) {
        for one in ones {
            for other in others {
                if one.others.meets(&other.others) || !one.targets.meets(&other.targets) {
                    continue;
                }
                let runs = runs(one.text, other.text);
                let cost = self.cost(&runs);
                let both = one.targets.intersection(&other.targets);
                let alone = both.iter().filter_map(|row| self.cheapest.get(row)).sum::<usize>();
                if cost >= alone {
                    continue;
                }
                let glob = glob(&runs.join("*"));
                let mut rows = Bits::empty(self.targets.len());
                for row in both.iter() {
                    if self.targets.get(row).is_some_and(|name| glob.matches(&name.to_ascii_lowercase())) {
                        rows.insert(row);
                    }
                }
                if !rows.is_empty() {
                    self.add(rows, &runs);
                }
            }
        }
    }

    fn into_columns(self) -> Vec<Column> {
        let mut columns: Vec<Column> = self
            .by_rows
            .into_iter()
            .map(|(rows, (cost, pattern))| Column {
                cost: u32::try_from(cost).unwrap_or(u32::MAX),
                rows: rows.iter().collect(),
                pattern,
            })
            .collect();
        columns.sort_unstable_by(|one, other| one.pattern.cmp(&other.pattern));
        columns
    }
}

/// The shortest piece for every set of names that have it.
fn pieces<'n>(targets: &[&'n str], others: &[&str], side: Side, cut: Cut) -> Vec<Piece<'n>> {
    let mut by_text: HashMap<String, Piece<'n>> = HashMap::new();
    for (at, name) in targets.iter().enumerate() {
        for text in parts(name, side, cut) {
            let piece = by_text.entry(text.to_ascii_lowercase()).or_insert_with(|| Piece {
                text,
                targets: Bits::empty(targets.len()),
                others: Bits::empty(others.len()),
            });
            piece.targets.insert(at);
        }
    }
    // What is cut between words in one name may stand inside a word of another.
    let holders = [(targets, true), (others, false)];
    for (names, are_targets) in holders {
        for (at, name) in names.iter().enumerate() {
            let lower = name.to_ascii_lowercase();
            for text in parts(&lower, side, Cut::Anywhere) {
                if let Some(piece) = by_text.get_mut(text) {
                    if are_targets { piece.targets.insert(at) } else { piece.others.insert(at) }
                }
            }
        }
    }
    let mut shortest: HashMap<(Bits, Bits), Piece<'n>> = HashMap::new();
    for piece in by_text.into_values() {
        match shortest.get_mut(&(piece.targets.clone(), piece.others.clone())) {
            Some(known) if (known.text.len(), known.text) <= (piece.text.len(), piece.text) => {}
            Some(known) => *known = piece,
            None => {
                shortest.insert((piece.targets.clone(), piece.others.clone()), piece);
            }
        }
    }
    let mut pieces: Vec<Piece<'n>> = shortest.into_values().collect();
    pieces.sort_unstable_by_key(|piece| (piece.text.len(), piece.text));
    pieces
}

/// The parts of a name that stand on one side of it.
fn parts(name: &str, side: Side, cut: Cut) -> Vec<&str> {
    let places = places(name, cut);
    let from = |from: usize| places.iter().filter(move |to| **to > from).filter_map(move |to| name.get(from..*to));
    match side {
        Side::Start => from(0).collect(),
        Side::End => places.iter().filter_map(|from| name.get(*from..)).filter(|text| !text.is_empty()).collect(),
        Side::Inside => places.iter().flat_map(|place| from(*place)).collect(),
    }
}

/// Where a name may be cut, its ends included. Names are ASCII.
fn places(name: &str, cut: Cut) -> Vec<usize> {
    let bytes = name.as_bytes();
    let is_between_words = |at: usize| {
        let byte = |at: usize| bytes.get(at).copied().unwrap_or_default();
        let (before, after) = (byte(at - 1), byte(at));
        let starts_word =
            after.is_ascii_uppercase() && (!before.is_ascii_uppercase() || byte(at + 1).is_ascii_lowercase());
        starts_word || !before.is_ascii_alphanumeric()
    };
    let inner = (1..name.len()).filter(|at| cut == Cut::Anywhere || is_between_words(*at));
    std::iter::once(0).chain(inner).chain([name.len()]).collect()
}

fn glob(pattern: &str) -> Glob {
    let token = |char: char| if char == '*' { Token::Many } else { Token::Char(char.to_ascii_lowercase()) };
    Glob::new(&pattern.chars().map(token).collect::<Vec<_>>())
}
