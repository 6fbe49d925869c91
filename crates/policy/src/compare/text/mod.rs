//! Texts that patterns tell apart: actions, resources, and the values of condition keys that hold text.
//!
//! The question is always the same: is there a text that all of some patterns match and none of some others? Texts that
//! patterns name outright are tried first; what is left is a search through sets of cells ([`search`]).

mod automaton;
mod cell;
mod fillings;
mod mixer;
mod rows;
mod search;
mod symbols;

use std::cell::RefCell;
use std::collections::HashMap;

use automaton::matches;
use cell::{Cell, Reading};
pub(super) use rows::Form;
use rows::rows;
use symbols::symbol_of;
pub(super) use symbols::{Symbols, char_of};

use super::budget::{Budget, Exhausted};
use crate::glob::Token;
use crate::template::Piece;

/// A set of patterns by its number: a text belongs to it when one of them matches.
pub(super) type AtomId = usize;

/// Texts, and the sets of patterns that they are compared with.
#[derive(Debug)]
pub(super) struct TextDomain {
    cells: Vec<Cell>,
    patterns: u32,
    atoms: Vec<Atom>,
    named: Vec<Named>,
    by_text: HashMap<Box<str>, usize>,
    alphabet: Alphabet,
    /// The set that every text of the domain belongs to.
    base: AtomId,
}

/// A set of patterns.
#[derive(Debug, Default)]
struct Atom {
    /// Patterns without wildcards, by their numbers in `named`, ordered by text.
    named: Vec<usize>,
    /// First cells of the others.
    sure: Vec<usize>,
    /// First cells of patterns that match more than can be told.
    at_most: Vec<usize>,
    has_variables: bool,
}

/// A text that a pattern without wildcards names.
#[derive(Debug)]
struct Named {
    text: Box<str>,
    /// What is known about its belonging to an atom: 0 when nothing is.
    known: RefCell<Vec<u8>>,
}

/// Which characters texts are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alphabet {
    /// Those of action names, in lower case, and the colon.
    Action,
    Any,
}

impl Alphabet {
    fn has(self, char: char) -> bool {
        match self {
            Alphabet::Any => symbol_of(char).is_none(),
            Alphabet::Action => {
                char.is_ascii_lowercase() || char.is_ascii_digit() || matches!(char, '-' | '_' | '.' | ':')
            }
        }
    }
}

/// Whether a text belongs to a set of patterns. It is `Perhaps` when that depends on what a variable is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Truth {
    Yes,
    No,
    Perhaps,
}

impl Truth {
    pub(super) fn of(holds: bool) -> Truth {
        if holds { Truth::Yes } else { Truth::No }
    }

    pub(super) fn not_if(self, negate: bool) -> Truth {
        match (self, negate) {
            (Truth::Yes, true) => Truth::No,
            (Truth::No, true) => Truth::Yes,
            (same, _) => same,
        }
    }
}

impl TextDomain {
    /// Texts that match one of `base`, each a pattern in the form it stands beside, or are one of `named`.
    pub(super) fn new(alphabet: Alphabet, base: &[(&str, Form)], named: &[&str]) -> TextDomain {
        let mut domain = TextDomain {
            cells: Vec::new(),
            patterns: 0,
            atoms: Vec::new(),
            named: Vec::new(),
            by_text: HashMap::new(),
            alphabet,
            base: 0,
        };
        let mut symbols = Symbols::default();
        let base = base.iter().map(|(text, form)| (plain_pieces(text), *form)).collect::<Vec<_>>();
        let named = named.iter().map(|text| (literal_pieces(text), Form::Whole));
        domain.base = domain.add(base.into_iter().chain(named), &mut symbols);
        domain
    }

    /// Add a set of patterns.
    pub(super) fn add(
        &mut self,
        patterns: impl IntoIterator<Item = (Vec<Piece>, Form)>,
        symbols: &mut Symbols,
    ) -> AtomId {
        let mut atom = Atom::default();
        for (pieces, form) in patterns {
            if let Some(text) = self.plain_text(&pieces, form) {
                let at = self.name(text);
                atom.named.push(at);
                continue;
            }
            atom.has_variables |= pieces.iter().any(|piece| matches!(piece, Piece::Variable { .. }));
            let rows = rows(&pieces, form, self.patterns, symbols);
            self.patterns += 1;
            atom.sure.extend(rows.sure.map(|cells| self.append(cells)));
            atom.at_most.extend(rows.at_most.map(|cells| self.append(cells)));
        }
        atom.named.sort_unstable_by(|one, other| self.text(*one).cmp(self.text(*other)));
        atom.named.dedup();
        self.atoms.push(atom);
        self.atoms.len() - 1
    }

    /// The text a pattern without wildcards and variables stands for, if it matches just that.
    fn plain_text(&self, pieces: &[Piece], form: Form) -> Option<String> {
        let plain = |piece: &Piece| match piece {
            Piece::Token(Token::Char(char)) => Some(*char),
            _ => None,
        };
        let text: String = pieces.iter().map(plain).collect::<Option<_>>()?;
        let is_plain = match form {
            Form::Whole | Form::Action => true,
            Form::IgnoreCase => !text.chars().any(|char| char.is_ascii_alphabetic() || !char.is_ascii()),
            Form::Resource | Form::Arn => text.bytes().filter(|byte| *byte == b':').count() >= 5,
        };
        (is_plain && !text.chars().any(|char| symbol_of(char).is_some())).then_some(text)
    }

    fn name(&mut self, text: String) -> usize {
        if let Some(at) = self.by_text.get(text.as_str()) {
            return *at;
        }
        let text = text.into_boxed_str();
        self.by_text.insert(text.clone(), self.named.len());
        self.named.push(Named { text, known: RefCell::default() });
        self.named.len() - 1
    }

    fn append(&mut self, cells: Vec<Cell>) -> usize {
        let first = self.cells.len();
        self.cells.extend(cells);
        first
    }

    fn text(&self, named: usize) -> &str {
        self.named.get(named).map_or("", |named| &named.text)
    }

    fn atom(&self, atom: AtomId) -> &Atom {
        const NOTHING: &Atom = &Atom { named: Vec::new(), sure: Vec::new(), at_most: Vec::new(), has_variables: false };
        self.atoms.get(atom).unwrap_or(NOTHING)
    }

    /// A text, possibly with symbols, that belongs to all of `inside` and, for sure, to none of `outside`.
    ///
    /// When the answer is `None` there is no such text whatever the variables are worth. Variables of `banned` have no
    /// value.
    pub(super) fn find(
        &self,
        inside: &[AtomId],
        outside: &[AtomId],
        banned: &[u32],
        symbols: &Symbols,
        budget: &mut Budget,
    ) -> Result<Option<String>, Exhausted> {
        if inside.iter().any(|atom| outside.contains(atom)) {
            return Ok(None);
        }
        // One set brings the symbols into the text; the others take them as they come. Where the variables of two sets
        // overlap, no symbol would stand for the same stretch of text in both.
        let strict = inside.iter().copied().find(|atom| self.atom(*atom).has_variables);
        let fits = |named: usize| {
            // A text that some other set names outright is not followed as a row of cells, so no symbol ever stands in it:
            // the variable may be worth just what the text has in its place.
            let is_given = || inside.iter().any(|atom| Some(*atom) != strict && self.names(*atom, self.text(named)));
            let belongs = |atom: &AtomId| match Some(*atom) == strict && !is_given() {
                true => self.belongs_strictly(named, *atom),
                false => self.belongs_named(named, *atom, symbols) != Truth::No,
            };
            self.text(named).chars().all(|char| self.alphabet.has(char))
                && inside.iter().all(belongs)
                && self.belongs_named(named, self.base, symbols) == Truth::Yes
                && outside.iter().all(|atom| self.belongs_named(named, *atom, symbols) != Truth::Yes)
        };
        let no_text = self.by_text.get("").copied();
        for atom in inside.iter().copied().chain([self.base]) {
            for named in &self.atom(atom).named {
                budget.spend(1)?;
                if Some(*named) != no_text && fits(*named) {
                    return Ok(Some(self.text(*named).to_owned()));
                }
            }
        }
        let found = search::find(self, strict, inside, (outside, banned), symbols, budget)?;
        // The empty text comes last: it is right, but says little to a person.
        Ok(found.or_else(|| no_text.filter(|named| fits(*named)).map(|_| String::new())))
    }

    /// Whether some patterns match more than can be told.
    pub(super) fn is_approximate(&self) -> bool {
        self.atoms.iter().any(|atom| atom.has_variables || !atom.at_most.is_empty())
    }

    /// Whether a text of the domain belongs to a set.
    pub(super) fn belongs(&self, text: &str, atom: AtomId, symbols: &Symbols) -> Truth {
        match self.by_text.get(text) {
            Some(named) => self.belongs_named(*named, atom, symbols),
            None => self.belongs_otherwise(text, atom, symbols),
        }
    }

    fn belongs_named(&self, named: usize, atom: AtomId, symbols: &Symbols) -> Truth {
        const TRUTHS: [Truth; 3] = [Truth::Yes, Truth::No, Truth::Perhaps];
        let Some(entry) = self.named.get(named) else { return Truth::No };
        let known = entry.known.borrow().get(atom).copied().unwrap_or(0);
        if let Some(truth) = TRUTHS.get(usize::from(known).wrapping_sub(1)) {
            return *truth;
        }
        let is_named = self.names(atom, &entry.text);
        let truth = if is_named { Truth::Yes } else { self.belongs_otherwise(&entry.text, atom, symbols) };
        let mut known = entry.known.borrow_mut();
        known.resize(self.atoms.len(), 0);
        if let Some(slot) = known.get_mut(atom) {
            *slot = match truth {
                Truth::Yes => 1,
                Truth::No => 2,
                Truth::Perhaps => 3,
            };
        }
        truth
    }

    fn names(&self, atom: AtomId, text: &str) -> bool {
        self.atom(atom).named.binary_search_by(|named| self.text(*named).cmp(text)).is_ok()
    }

    fn belongs_otherwise(&self, text: &str, atom: AtomId, symbols: &Symbols) -> Truth {
        let atom = self.atom(atom);
        let matches =
            |starts: &[usize], reading| starts.iter().any(|start| matches(&self.cells, *start, text, reading, symbols));
        if matches(&atom.sure, Reading::Sure) {
            return Truth::Yes;
        }
        let is_simple = !atom.has_variables && !text.chars().any(|char| symbol_of(char).is_some());
        let perhaps = matches(&atom.at_most, Reading::Lenient) || !is_simple && matches(&atom.sure, Reading::Lenient);
        if perhaps { Truth::Perhaps } else { Truth::No }
    }

    /// Whether a set that brings variables matches a text in which none stands.
    fn belongs_strictly(&self, named: usize, atom: AtomId) -> bool {
        let symbols = Symbols::default();
        let text = self.text(named);
        let atom_of = self.atom(atom);
        self.names(atom, text)
            || atom_of.sure.iter().any(|start| matches(&self.cells, *start, text, Reading::Strict, &symbols))
            || atom_of.at_most.iter().any(|start| matches(&self.cells, *start, text, Reading::Lenient, &symbols))
    }
}

fn plain_pieces(text: &str) -> Vec<Piece> {
    crate::template::pieces(text, crate::document::Version::V2008, crate::template::Wildcards::Active)
}

fn literal_pieces(text: &str) -> Vec<Piece> {
    crate::template::pieces(text, crate::document::Version::V2008, crate::template::Wildcards::Literal)
}
