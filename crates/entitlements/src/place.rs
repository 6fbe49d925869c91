//! Where in the text of the rules something stands.

use std::fmt;

use miette::Diagnostic;

/// A place in the text of the rules, counted from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The character within the line.
    pub column: usize,
}

impl Default for Place {
    /// The beginning: for what concerns the text as a whole.
    fn default() -> Self {
        Self { line: 1, column: 1 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Where Cedar's finding points to.
pub(crate) fn place_of(finding: &(impl Diagnostic + ?Sized), text: &str) -> Option<Place> {
    finding.labels()?.next().map(|label| place_at(text, label.offset()))
}

/// Where a rule stands; of equal ones, the last, which is the one too many.
pub(crate) fn place_in(text: &str, rule: &str) -> Place {
    text.rfind(rule).map_or(Place::default(), |offset| place_at(text, offset))
}

fn place_at(text: &str, offset: usize) -> Place {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before.get(line_start..).map_or(0, |line| line.chars().count());
    Place { line: before.matches('\n').count() + 1, column: column + 1 }
}
