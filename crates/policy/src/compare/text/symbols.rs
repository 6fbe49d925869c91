//! Policy variables as characters of symbolic text: what stands for a text that nobody knows, but is the same wherever it
//! is asked for.

use std::sync::Arc;

use crate::compare::shapes::{Shape, Shapes};
use crate::context::{Context, ContextValue};

/// Variables stand in symbolic text as characters of a plane that is for private use.
const FIRST_SYMBOL: u32 = 0xF_0000;
const MOST_SYMBOLS: u32 = 0xFFFD;

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
    pub(crate) shape: Option<Arc<Shape>>,
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

    /// The key of a variable, unless it is known what its values look like.
    pub(super) fn key(&self, symbol: u32) -> Option<&str> {
        self.get(symbol).filter(|symbol| symbol.shape.is_none()).map(|symbol| &*symbol.key)
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

    pub(super) fn may_contain(&self, symbol: u32, char: char) -> bool {
        self.get(symbol).and_then(|symbol| symbol.shape.as_deref()).is_none_or(|shape| shape.has(char))
    }

    pub(super) fn is_without_colon(&self, symbol: u32) -> bool {
        self.get(symbol).is_some_and(|symbol| {
            is_without_colon(&symbol.key)
                && symbol.default.as_deref().is_none_or(|text| !text.is_empty() && !text.contains(':'))
        })
    }
}

/// Keys whose values AWS documents never to be empty nor to hold a colon.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
pub(super) fn is_without_colon(key: &str) -> bool {
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
