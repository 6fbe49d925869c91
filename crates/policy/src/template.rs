//! Text of a policy with wildcards and policy variables: `home/${aws:username, 'nobody'}/*`.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

use crate::context::{Context, ContextValue};
use crate::document::Version;
use crate::glob::{Glob, Token};

/// One element of such a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// A character or wildcard.
    Token(Token),
    /// `${key}` or `${key, 'default'}`, the key in lower case. What it stands for is taken literally.
    Variable { key: Box<str>, default: Option<Box<str>> },
}

/// Whether `*` and `?` mean anything where the text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wildcards {
    Active,
    Literal,
}

/// Take a text apart. In version 2008 `${` is ordinary text, and so is whatever is not a well-formed variable.
pub(crate) fn pieces(text: &str, version: Version, wildcards: Wildcards) -> Vec<Piece> {
    let mut pieces = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        if version == Version::V2012
            && let Some((piece, after)) = rest.strip_prefix("${").and_then(variable)
        {
            pieces.push(piece);
            rest = after;
            continue;
        }
        pieces.push(Piece::Token(match (char, wildcards) {
            ('*', Wildcards::Active) => Token::Many,
            ('?', Wildcards::Active) => Token::One,
            (other, _) => Token::Char(other),
        }));
        rest = rest.get(char.len_utf8()..).unwrap_or_default();
    }
    pieces
}

/// What follows `${`, up to and with the closing brace.
fn variable(rest: &str) -> Option<(Piece, &str)> {
    for (escape, char) in [("*}", '*'), ("?}", '?'), ("$}", '$')] {
        if let Some(after) = rest.strip_prefix(escape) {
            return Some((Piece::Token(Token::Char(char)), after));
        }
    }
    let end = rest.find([',', '}', '{', '$', '\''])?;
    let (key, after) = rest.split_at_checked(end)?;
    let key = key.trim().to_lowercase();
    if key.is_empty() {
        return None;
    }
    let (default, after) = match after.strip_prefix(',') {
        None => (None, after),
        Some(after) => {
            let (default, after) = after.trim_start_matches(' ').strip_prefix('\'')?.split_once('\'')?;
            (Some(default.into()), after.trim_start_matches(' '))
        }
    };
    let after = after.strip_prefix('}')?;
    Some((Piece::Variable { key: key.into(), default }, after))
}

/// A pattern whose variables are filled in per request.
#[derive(Clone, Debug)]
pub(crate) enum Pattern {
    Static(Glob),
    Dynamic(Box<[Piece]>),
}

impl Pattern {
    pub(crate) fn new(pieces: &[Piece]) -> Pattern {
        match tokens(pieces) {
            Some(tokens) => Pattern::Static(Glob::new(&tokens)),
            None => Pattern::Dynamic(pieces.into()),
        }
    }

    /// A variable without a value matches nothing.
    pub(crate) fn matches(&self, text: &str, context: &Context) -> bool {
        match self {
            Pattern::Static(glob) => glob.matches(text),
            Pattern::Dynamic(pieces) => resolve(pieces, context).is_some_and(|tokens| Glob::new(&tokens).matches(text)),
        }
    }
}

/// The tokens of a text without variables.
pub(crate) fn tokens(pieces: &[Piece]) -> Option<Vec<Token>> {
    let token = |piece: &Piece| match piece {
        Piece::Token(token) => Some(*token),
        Piece::Variable { .. } => None,
    };
    pieces.iter().map(token).collect()
}

/// The tokens once every variable is replaced; `None` when one of them has neither value nor default. Only single-valued
/// keys can stand in for a variable.
pub(crate) fn resolve(pieces: &[Piece], context: &Context) -> Option<Vec<Token>> {
    let mut resolved = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match piece {
            Piece::Token(token) => resolved.push(*token),
            Piece::Variable { key, default } => {
                let value = match context.get_lower(key) {
                    Some(ContextValue::Single(value)) => Some(value.as_str()),
                    Some(ContextValue::List(_)) => None,
                    None => default.as_deref(),
                };
                resolved.extend(value?.chars().map(Token::Char));
            }
        }
    }
    Some(resolved)
}
