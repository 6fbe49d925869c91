//! Patterns as rows of cells: what an automaton over text runs on.
//!
//! A cell says which character leads to the next cell and which characters may pass before that. A `*` is no cell of its
//! own: it lets the cell that follows it wait.

use super::symbols::{Symbols, symbol_of};

/// Lower-cases to `k`, the only character outside ASCII that lower-cases to one inside.
const KELVIN: char = '\u{212A}';

/// One place of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    /// What leads to the next cell.
    pub(super) step: Step,
    /// What may pass before that.
    pub(super) wait: Wait,
    /// Which pattern of the domain the cell belongs to.
    pub(super) pattern: u32,
    /// Which part of an ARN the cell belongs to; 0 where text is not taken apart.
    pub(super) part: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Char(char),
    /// A letter in either case; given in lower case.
    Fold(char),
    Any,
    NoColon,
    /// A policy variable, by its number.
    Variable(u32),
    /// The pattern ends here.
    End,
    /// The pattern may end here, or go on with a colon and anything after it.
    EndOrColon,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wait {
    No,
    /// For anything but a colon.
    WithinPart,
    ForAnything,
}

/// How a pattern treats variables, depending on what is asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// A variable is its own symbol and nothing else: the pattern that brings the symbol into the text.
    Strict,
    /// A variable may be any text, and a symbol may stand for whatever the pattern asks: never misses a match.
    Lenient,
    /// A variable is its own symbol, and a symbol passes only where any text does: never claims a match too many.
    Sure,
}

impl Cell {
    pub(super) fn is_end(self) -> bool {
        matches!(self.step, Step::End | Step::EndOrColon)
    }

    /// Whether everything that follows fits.
    pub(super) fn takes_all(self) -> bool {
        self.step == Step::End && self.wait == Wait::ForAnything
    }

    pub(super) fn may_wait(self, char: char, reading: Reading, symbols: &Symbols) -> bool {
        if reading == Reading::Lenient
            && let Step::Variable(own) = self.step
        {
            return symbol_of(char).is_some() || symbols.may_contain(own, char);
        }
        match (self.wait, symbol_of(char)) {
            (Wait::No, _) => false,
            // Whatever a wildcard stands for can be spelt out.
            (_, Some(_)) if reading == Reading::Strict => false,
            (Wait::ForAnything, _) => true,
            (Wait::WithinPart, None) => char != ':',
            (Wait::WithinPart, Some(symbol)) => symbols.is_without_colon(symbol),
        }
    }

    pub(super) fn may_step(self, char: char, symbols: &Symbols) -> bool {
        match (self.step, symbol_of(char)) {
            (Step::Variable(own), Some(symbol)) => symbols.covers(own, symbol),
            (_, Some(_)) | (Step::Variable(_) | Step::End, None) => false,
            (Step::Char(wanted), None) => char == wanted,
            (Step::Fold(lower), None) => char.to_ascii_lowercase() == lower || (lower == 'k' && char == KELVIN),
            (Step::Any, None) => true,
            (Step::NoColon, None) => char != ':',
            (Step::EndOrColon, None) => char == ':',
        }
    }

    /// The characters that the step names; all others are alike to it.
    pub(super) fn named(self) -> [Option<char>; 3] {
        match self.step {
            Step::Char(char) => [Some(char), None, None],
            Step::Fold('k') => [Some('k'), Some('K'), Some(KELVIN)],
            Step::Fold(lower) => [Some(lower), Some(lower.to_ascii_uppercase()), None],
            Step::NoColon | Step::EndOrColon => [Some(':'), None, None],
            Step::Any | Step::Variable(_) | Step::End => [None, None, None],
        }
    }
}
