//! From patterns to rows of cells.

use super::cell::{Cell, Step, Wait};
use super::symbols::{Symbols, is_without_colon};
use crate::glob::Token;
use crate::template::Piece;

/// Parts of a complete ARN.
const ARN_PARTS: usize = 6;

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
