//! Policy variables without which a statement says nothing.
//!
//! Where a list of alternatives has to match, an alternative with a variable that has no value matches nothing, and the
//! others count. Where it must not match (`NotResource`, `StringNotEquals` and the like), that would turn a missing value
//! into a match. AWS says of such a variable that "any attempt to match it fails and causes the statement to be invalid".
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

use crate::context::{Context, ContextValue};
use crate::template::Piece;

/// Variables, each with whether it has a default.
#[derive(Clone, Debug, Default)]
pub(super) struct Needed(Box<[(Box<str>, bool)]>);

impl Needed {
    pub(super) fn of(pieces: impl IntoIterator<Item = Piece>) -> Needed {
        let variables = pieces.into_iter().filter_map(|piece| match piece {
            Piece::Token(_) => None,
            Piece::Variable { key, default } => Some((key, default.is_some())),
        });
        Needed(variables.collect())
    }

    /// Whether all of them have a value. A key with several values cannot stand in for a variable.
    pub(super) fn is_there(&self, context: &Context) -> bool {
        self.0.iter().all(|(key, has_default)| match context.get_lower(key) {
            Some(ContextValue::Single(_)) => true,
            Some(ContextValue::List(_)) => false,
            None => *has_default,
        })
    }
}
