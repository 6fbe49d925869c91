//! What variables may be worth for texts to meet: where one pattern has a variable, another may have something in its
//! place. These are suggestions for witnesses; the evaluator decides what they are good for.

use super::TextDomain;
use super::cell::{Cell, Step};
use super::symbols::{Symbols, symbol_of};

/// Enough for policies that people write.
const MOST: usize = 24;

/// A text around a variable.
struct Gap {
    symbol: u32,
    before: String,
    after: String,
}

impl TextDomain {
    /// Keys and values for which a chosen text, or texts like those that patterns match, fit where variables stand.
    pub(in crate::compare) fn fillings(&self, chosen: &[String], symbols: &Symbols) -> Vec<(Box<str>, String)> {
        let rows = || self.cells.chunk_by(|one, other| one.pattern == other.pattern);
        let mut gaps: Vec<Gap> = chosen.iter().filter_map(|text| gap_in(text)).chain(rows().filter_map(gap)).collect();
        gaps.truncate(MOST);
        let plain = chosen.iter().filter(|text| gap_in(text).is_none()).cloned();
        let named = self.named.iter().map(|named| named.text.to_string());
        let mut texts: Vec<String> = plain.chain(rows().filter_map(instance)).chain(named).collect();
        texts.truncate(MOST);
        let mut found: Vec<(Box<str>, String)> = Vec::new();
        for Gap { symbol, before, after } in gaps {
            let Some(key) = symbols.key(symbol) else { continue };
            for text in &texts {
                let inside = text.strip_prefix(&*before).and_then(|rest| rest.strip_suffix(&*after));
                let Some(value) = inside.filter(|value| !value.is_empty()) else { continue };
                if found.len() < MOST && !found.iter().any(|(known, same)| **known == *key && same == value) {
                    found.push((key.into(), value.to_owned()));
                }
            }
        }
        found
    }
}

/// The first variable of a row.
fn gap(row: &[Cell]) -> Option<Gap> {
    let (at, symbol) = row.iter().enumerate().find_map(|(at, cell)| match cell.step {
        Step::Variable(symbol) => Some((at, symbol)),
        _ => None,
    })?;
    Some(Gap { symbol, before: spelled(row.get(..at)?), after: spelled(row.get(at + 1..)?) })
}

/// The first variable of a symbolic text.
fn gap_in(text: &str) -> Option<Gap> {
    let (at, char, symbol) = text.char_indices().find_map(|(at, char)| Some((at, char, symbol_of(char)?)))?;
    let is_plain = |char: &char| symbol_of(*char).is_none();
    Some(Gap {
        symbol,
        before: text.get(..at)?.to_owned(),
        after: text.get(at + char.len_utf8()..)?.chars().filter(is_plain).collect(),
    })
}

/// A text that a row without variables matches.
fn instance(row: &[Cell]) -> Option<String> {
    gap(row).is_none().then(|| spelled(row))
}

/// The characters of cells, with as little as possible in place of wildcards.
fn spelled(cells: &[Cell]) -> String {
    let steps = cells.iter().take_while(|cell| !cell.is_end()).filter_map(|cell| match cell.step {
        Step::Char(char) | Step::Fold(char) => Some(char),
        Step::Any | Step::NoColon => Some('x'),
        Step::Variable(_) | Step::End | Step::EndOrColon => None,
    });
    steps.collect()
}
