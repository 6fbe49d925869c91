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

/// How an entry of a `Resource` element is read: variables stand for something only after the fifth colon.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-wheretouse>
pub(crate) fn resource_version(text: &str, version: Version) -> Version {
    if !may_vary(text, version) {
        return version;
    }
    let pieces = pieces(text, version, Wildcards::Literal);
    let before = pieces.iter().take_while(|piece| matches!(piece, Piece::Token(_)));
    let colons = before.filter(|piece| **piece == Piece::Token(Token::Char(':'))).count();
    let has_variables = pieces.iter().any(|piece| matches!(piece, Piece::Variable { .. }));
    if has_variables && colons < 5 { Version::V2008 } else { version }
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

/// Whether the text may hold a variable or an escape; if not, its wildcards can be taken as they stand.
pub(crate) fn may_vary(text: &str, version: Version) -> bool {
    version == Version::V2012 && text.contains("${")
}

/// A pattern whose variables are filled in per request.
#[derive(Clone, Debug)]
pub(crate) enum Pattern {
    Static(Glob),
    Chain(Chain),
    Dynamic(Box<[Piece]>),
}

impl Pattern {
    pub(crate) fn new(text: &str, version: Version) -> Pattern {
        if !may_vary(text, version) {
            return Pattern::Static(Glob::parse(text));
        }
        let pieces = pieces(text, version, Wildcards::Active);
        match (tokens(&pieces), Chain::new(&pieces)) {
            (Some(tokens), _) => Pattern::Static(Glob::new(&tokens)),
            (None, Some(chain)) => Pattern::Chain(chain),
            (None, None) => Pattern::Dynamic(pieces.into()),
        }
    }

    /// A variable without a value matches nothing.
    pub(crate) fn matches(&self, text: &str, context: &Context) -> bool {
        match self {
            Pattern::Static(glob) => glob.matches(text),
            Pattern::Chain(chain) => chain.matches(text, context),
            Pattern::Dynamic(pieces) => resolve(pieces, context).is_some_and(|tokens| Glob::new(&tokens).matches(text)),
        }
    }
}

/// Text and variables one after the other, with nothing but stars at the end: what nearly all texts with variables are,
/// and what is matched link by link, without putting the text together.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    links: Box<[Link]>,
    /// Whether stars follow.
    is_open: bool,
}

#[derive(Clone, Debug)]
enum Link {
    Text(Box<str>),
    Variable { key: Box<str>, default: Option<Box<str>> },
}

impl Chain {
    /// `None` when a wildcard stands anywhere but at the end.
    pub(crate) fn new(pieces: &[Piece]) -> Option<Chain> {
        let is_wild = |piece: &Piece| matches!(piece, Piece::Token(Token::One | Token::Many));
        let (fixed, wild) = pieces.split_at_checked(pieces.iter().position(is_wild).unwrap_or(pieces.len()))?;
        if wild.iter().any(|piece| *piece != Piece::Token(Token::Many)) {
            return None;
        }
        let mut links = Vec::new();
        let mut text = String::new();
        for piece in fixed {
            match piece {
                Piece::Token(Token::Char(char)) => text.push(*char),
                Piece::Token(Token::One | Token::Many) => {}
                Piece::Variable { key, default } => {
                    if !text.is_empty() {
                        links.push(Link::Text(std::mem::take(&mut text).into()));
                    }
                    links.push(Link::Variable { key: key.clone(), default: default.clone() });
                }
            }
        }
        if !text.is_empty() {
            links.push(Link::Text(text.into()));
        }
        Some(Chain { links: links.into(), is_open: !wild.is_empty() })
    }

    /// Colons that are there whatever the variables stand for.
    pub(crate) fn colons(&self) -> usize {
        let texts = self.links.iter().filter_map(|link| match link {
            Link::Text(text) => Some(text),
            Link::Variable { .. } => None,
        });
        texts.map(|text| text.matches(':').count()).sum()
    }

    /// A variable without a value matches nothing.
    pub(crate) fn matches(&self, text: &str, context: &Context) -> bool {
        let rest = self.links.iter().try_fold(text, |rest, link| rest.strip_prefix(link.text(context)?));
        rest.is_some_and(|rest| self.is_open || rest.is_empty())
    }

    /// The whole text; `None` when a variable has no value.
    pub(crate) fn filled_in(&self, context: &Context) -> Option<String> {
        self.links.iter().map(|link| link.text(context)).collect()
    }
}

impl Link {
    fn text<'a>(&'a self, context: &'a Context) -> Option<&'a str> {
        match self {
            Link::Text(text) => Some(text),
            Link::Variable { key, default } => value_of(key, default.as_deref(), context),
        }
    }
}

/// What a variable stands for: only single-valued keys can stand in for one.
fn value_of<'a>(key: &str, default: Option<&'a str>, context: &'a Context) -> Option<&'a str> {
    match context.get_lower(key) {
        Some(ContextValue::Single(value)) => Some(value.as_str()),
        Some(ContextValue::List(_)) => None,
        None => default,
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

/// The tokens once every variable is replaced; `None` when one of them has neither value nor default.
pub(crate) fn resolve(pieces: &[Piece], context: &Context) -> Option<Vec<Token>> {
    let mut resolved = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match piece {
            Piece::Token(token) => resolved.push(*token),
            Piece::Variable { key, default } => {
                resolved.extend(value_of(key, default.as_deref(), context)?.chars().map(Token::Char));
            }
        }
    }
    Some(resolved)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Pattern, Wildcards, pieces, resolve};
    use crate::context::Context;
    use crate::document::Version;
    use crate::glob::Glob;

    proptest! {
        #[test]
        fn a_pattern_matches_as_if_its_variables_were_written_out(
            links in prop::collection::vec(
                prop::sample::select(vec!["a", "b:", "*", "?", "${*}", "${k}", "${l}", "${none}", "${none, 'a*'}", "${k"]), 0..6,
            ),
            (k, l) in ("[ab:*]{0,2}", "[ab]{0,2}"),
            text in "[ab:*]{0,6}",
            version in prop::sample::select(vec![Version::V2008, Version::V2012]),
        ) {
            let pattern = links.concat();
            let context = Context::new().with("k", k).with("l", l);
            let written_out = resolve(&pieces(&pattern, version, Wildcards::Active), &context);
            let expected = written_out.is_some_and(|tokens| Glob::new(&tokens).matches(&text));
            prop_assert_eq!(Pattern::new(&pattern, version).matches(&text, &context), expected, "{} on {}", pattern, text);
        }
    }
}
