//! Patterns as rows of cells: what an automaton over text runs on.
//!
//! A cell says which character leads to the next cell and which characters may pass before that. A `*` is no cell of its
//! own: it lets the cell that follows it wait.

use std::rc::Rc;

use crate::compare::shapes::{Shape, Shapes};
use crate::context::{Context, ContextValue};
use crate::glob::Token;
use crate::template::Piece;

/// Parts of a complete ARN.
const ARN_PARTS: usize = 6;
/// Lower-cases to `k`, the only character outside ASCII that lower-cases to one inside.
const KELVIN: char = '\u{212A}';
/// Variables stand in symbolic text as characters of a plane that is for private use.
const FIRST_SYMBOL: u32 = 0xF_0000;
const MOST_SYMBOLS: u32 = 0xFFFD;

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

/// The variables that texts of one comparison may contain.
#[derive(Debug, Default)]
pub(crate) struct Symbols {
    known: Vec<Symbol>,
    shapes: Shapes,
}

#[derive(Debug)]
pub(crate) struct Symbol {
    /// In lower case.
    pub(crate) key: Box<str>,
    pub(crate) default: Option<Box<str>>,
    /// What the values look like. Nothing is known where a default may take the key's place.
    pub(crate) shape: Option<Rc<Shape>>,
}

impl Symbols {
    /// With values that look like this.
    pub(crate) fn shaped(shapes: Shapes) -> Symbols {
        Symbols { known: Vec::new(), shapes }
    }

    /// The number of a variable; `None` when there are too many to tell apart.
    pub(super) fn intern(&mut self, key: &str, default: Option<&str>) -> Option<u32> {
        let found = self.known.iter().position(|symbol| &*symbol.key == key && symbol.default.as_deref() == default);
        let at = u32::try_from(found.unwrap_or(self.known.len())).ok().filter(|at| *at < MOST_SYMBOLS)?;
        if found.is_none() {
            let shape = default.map_or_else(|| self.shapes.get(key), |_| None);
            self.known.push(Symbol { key: key.into(), default: default.map(Into::into), shape });
        }
        Some(at)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    pub(crate) fn first(&self) -> Option<&Symbol> {
        self.known.first()
    }

    /// The keys of variables that have no default.
    pub(crate) fn needed(&self) -> impl Iterator<Item = &str> {
        self.known.iter().filter(|symbol| symbol.default.is_none()).map(|symbol| &*symbol.key)
    }

    /// The number of the variable that a character of symbolic text stands for, when its key has to be present.
    pub(crate) fn needs(&self, char: char) -> Option<(u32, &str)> {
        let symbol = symbol_of(char)?;
        let needed = self.get(symbol).filter(|symbol| symbol.default.is_none())?;
        Some((symbol, &needed.key))
    }

    /// The variable that a character of symbolic text stands for.
    pub(crate) fn of(&self, char: char) -> Option<&Symbol> {
        self.get(symbol_of(char)?)
    }

    /// Replace every symbol by what its variable is worth; `None` when one has neither value nor default.
    pub(crate) fn fill_in(&self, text: &str, context: &Context) -> Option<String> {
        let mut filled = String::with_capacity(text.len());
        for char in text.chars() {
            match self.of(char) {
                None => filled.push(char),
                Some(symbol) => match context.get_lower(&symbol.key) {
                    Some(ContextValue::Single(value)) => filled.push_str(value),
                    Some(ContextValue::List(_)) => return None,
                    None => filled.push_str(symbol.default.as_deref()?),
                },
            }
        }
        Some(filled)
    }

    fn get(&self, symbol: u32) -> Option<&Symbol> {
        self.known.get(usize::try_from(symbol).ok()?)
    }

    /// Whether a pattern's variable is sure to be worth what a symbol stands for. A symbol without default says that the
    /// key is present, and then defaults do not matter.
    pub(super) fn covers(&self, own: u32, symbol: u32) -> bool {
        own == symbol
            || self
                .get(own)
                .zip(self.get(symbol))
                .is_some_and(|(own, symbol)| own.key == symbol.key && symbol.default.is_none())
    }

    /// What the values of the variable that a character stands for look like, if that is known.
    pub(super) fn shape(&self, char: char) -> Option<&Shape> {
        self.of(char)?.shape.as_deref()
    }

    /// What witnesses have for a key, when its values have a shape.
    pub(crate) fn example(&self, key: &str) -> Option<&str> {
        self.known.iter().find(|symbol| &*symbol.key == key)?.shape.as_deref().map(Shape::example)
    }

    fn may_contain(&self, symbol: u32, char: char) -> bool {
        self.get(symbol).and_then(|symbol| symbol.shape.as_deref()).is_none_or(|shape| shape.has(char))
    }

    fn is_without_colon(&self, symbol: u32) -> bool {
        self.get(symbol).is_some_and(|symbol| {
            is_without_colon(&symbol.key)
                && symbol.default.as_deref().is_none_or(|text| !text.is_empty() && !text.contains(':'))
        })
    }
}

/// Keys whose values AWS documents never to be empty nor to hold a colon.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
fn is_without_colon(key: &str) -> bool {
    matches!(
        key,
        "aws:username"
            | "aws:principalaccount"
            | "aws:principalorgid"
            | "aws:principaltype"
            | "aws:requestedregion"
            | "aws:resourceaccount"
            | "aws:resourceorgid"
            | "aws:sourceaccount"
            | "aws:sourceorgid"
            | "aws:sourcevpc"
            | "aws:sourcevpce"
    )
}

pub(crate) fn char_of(symbol: u32) -> Option<char> {
    (symbol < MOST_SYMBOLS).then(|| char::from_u32(FIRST_SYMBOL + symbol)).flatten()
}

pub(super) fn symbol_of(char: char) -> Option<u32> {
    u32::from(char).checked_sub(FIRST_SYMBOL).filter(|symbol| *symbol < MOST_SYMBOLS)
}

/// How the text of a pattern is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Form {
    /// As it stands: `StringEquals`, `StringLike`.
    Whole,
    /// With letters in either case.
    IgnoreCase,
    /// As an ARN of a `Resource` element.
    Resource,
    /// As the value of an ARN condition.
    Arn,
    /// With wildcards that do not take colons.
    Action,
}

/// Rows of cells that a pattern amounts to.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Exactly what the pattern matches, variables being symbols; `None` when it matches nothing for sure.
    pub(super) sure: Option<Vec<Cell>>,
    /// What it matches at most, where that is not the same.
    pub(super) at_most: Option<Vec<Cell>>,
}

/// Compile a pattern. `pattern` is the number its cells get.
pub(super) fn rows(pieces: &[Piece], form: Form, pattern: u32, symbols: &mut Symbols) -> Rows {
    let mut writer = Writer { cells: Vec::with_capacity(pieces.len() + 2), wait: Wait::No, pattern, part: 0 };
    let exact = |cells| Rows { sure: Some(cells), at_most: None };
    match form {
        Form::Whole => {
            let known = pieces.iter().all(|piece| writer.push(piece, Wait::ForAnything, Step::Any, symbols));
            if known { exact(writer.end(Step::End)) } else { unknown(pattern) }
        }
        Form::IgnoreCase => ignore_case(pieces, writer, symbols),
        Form::Action => {
            for piece in pieces {
                writer.push(piece, Wait::WithinPart, Step::NoColon, symbols);
                writer.part += u8::from(*piece == Piece::Token(Token::Char(':')));
            }
            exact(writer.end(Step::End))
        }
        Form::Resource if is_stars(pieces) => {
            writer.wait = Wait::ForAnything;
            exact(writer.end(Step::End))
        }
        Form::Resource | Form::Arn => arn(pieces, form, writer, symbols),
    }
}

fn is_stars(pieces: &[Piece]) -> bool {
    !pieces.is_empty() && pieces.iter().all(|piece| *piece == Piece::Token(Token::Many))
}

/// Nothing for sure, anything at most.
fn unknown(pattern: u32) -> Rows {
    let anything = Cell { step: Step::End, wait: Wait::ForAnything, pattern, part: 0 };
    Rows { sure: None, at_most: Some(vec![anything]) }
}

/// Variables in other letters and characters outside ASCII are too many to follow.
fn ignore_case(pieces: &[Piece], mut writer: Writer, symbols: &mut Symbols) -> Rows {
    let mut is_exact = true;
    let pattern = writer.pattern;
    for piece in pieces {
        match piece {
            Piece::Token(Token::Char(char)) if char.is_ascii_alphabetic() => {
                writer.cell(Step::Fold(char.to_ascii_lowercase()));
            }
            Piece::Token(Token::Char(char)) if !char.is_ascii() => return unknown(pattern),
            piece => {
                is_exact &= matches!(piece, Piece::Token(_));
                if !writer.push(piece, Wait::ForAnything, Step::Any, symbols) {
                    return unknown(pattern);
                }
            }
        }
    }
    let at_most = if is_exact { None } else { unknown(pattern).at_most };
    Rows { sure: Some(writer.end(Step::End)), at_most }
}

/// The same rules as in [`crate::prepared`], as cells: wildcards stay within their part, but in resources a `*` that ends
/// a part may run on over colons, and a pattern with fewer than six parts stands for every ARN that begins so.
///
/// A variable before the last part may hold colons, and then what follows it moves to later parts. What matches part by
/// part matches all the same: colons meet colons. Beyond that, wildcards that follow may end up in the last part, where
/// they take anything.
fn arn(pieces: &[Piece], form: Form, mut writer: Writer, symbols: &mut Symbols) -> Rows {
    let parts: Vec<&[Piece]> = pieces.splitn(ARN_PARTS, |piece| *piece == Piece::Token(Token::Char(':'))).collect();
    let is_complete = parts.len() == ARN_PARTS;
    let may_shift = |piece: &Piece| {
        matches!(piece, Piece::Variable { key, default }
        if !is_without_colon(key) || default.as_deref().is_some_and(|text| text.is_empty() || text.contains(':')))
    };
    let mut wider: Option<Writer> = None;
    for (at, part) in parts.iter().enumerate() {
        // The colon still belongs to the part it ends: a star before it waits within that part.
        if at > 0 {
            writer.cell(Step::Char(':'));
            wider.iter_mut().for_each(|wider| wider.cell(Step::Char(':')));
        }
        writer.part = u8::try_from(at).unwrap_or_default();
        let is_resource = at + 1 == ARN_PARTS;
        let is_last = at + 1 == parts.len();
        let (wait, one) = if is_resource { (Wait::ForAnything, Step::Any) } else { (Wait::WithinPart, Step::NoColon) };
        for (place, piece) in part.iter().enumerate() {
            if !is_resource && may_shift(piece) && wider.is_none() {
                wider = Some(writer.clone());
            }
            let runs_on = form == Form::Resource && !is_last && place + 1 == part.len();
            let wait = if runs_on { Wait::ForAnything } else { wait };
            let is_known = writer.push(piece, wait, one, symbols)
                && wider.iter_mut().all(|wider| wider.push(piece, Wait::ForAnything, Step::Any, symbols));
            if !is_known {
                return unknown(writer.pattern);
            }
        }
    }
    let begins = |mut writer: Writer| {
        writer.cell(Step::EndOrColon);
        writer.wait = Wait::ForAnything;
        writer.part = u8::try_from(ARN_PARTS).unwrap_or_default();
        writer.end(Step::End)
    };
    match (is_complete, form, wider) {
        (true, _, None) => Rows { sure: Some(writer.end(Step::End)), at_most: None },
        (false, Form::Resource, None) => Rows { sure: Some(begins(writer)), at_most: None },
        (false, _, None) => Rows::default(),
        // With as many colons in the variable as are missing, the pattern is complete, and no longer what ARNs begin with.
        (false, Form::Resource, Some(wider)) => {
            Rows { sure: Some(writer.end(Step::End)), at_most: Some(begins(wider)) }
        }
        (true, _, Some(wider)) => Rows { sure: Some(writer.end(Step::End)), at_most: Some(wider.end(Step::End)) },
        (false, _, Some(wider)) => Rows { sure: None, at_most: Some(wider.end(Step::End)) },
    }
}

#[derive(Clone)]
struct Writer {
    cells: Vec<Cell>,
    wait: Wait,
    pattern: u32,
    part: u8,
}

impl Writer {
    fn cell(&mut self, step: Step) {
        let wait = std::mem::replace(&mut self.wait, Wait::No);
        self.cells.push(Cell { step, wait, pattern: self.pattern, part: self.part });
    }

    /// `false` when there is no symbol left for a variable.
    fn push(&mut self, piece: &Piece, star: Wait, one: Step, symbols: &mut Symbols) -> bool {
        match piece {
            Piece::Token(Token::Char(char)) => self.cell(Step::Char(*char)),
            Piece::Token(Token::One) => self.cell(one),
            Piece::Token(Token::Many) => self.wait = self.wait.max(star),
            Piece::Variable { key, default } => match symbols.intern(key, default.as_deref()) {
                Some(symbol) => self.cell(Step::Variable(symbol)),
                None => return false,
            },
        }
        true
    }

    fn end(mut self, step: Step) -> Vec<Cell> {
        self.cell(step);
        self.cells
    }
}
