//! "A value or a list of values": IAM allows both nearly everywhere, and a document keeps the form it was written in.

use serde::Serialize;

/// One value, or a list of values, as written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// Written without brackets.
    One(T),
    /// Written as a list.
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    /// The values, whichever the form.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        match self {
            OneOrMany::One(value) => std::slice::from_ref(value),
            OneOrMany::Many(values) => values,
        }
    }

    /// Add a value at the end; a single value becomes a list.
    pub fn push(&mut self, value: T) {
        self.extend([value]);
    }

    /// Exactly one value is written without brackets, anything else as a list.
    pub(crate) fn shortest(mut values: Vec<T>) -> OneOrMany<T> {
        match values.pop() {
            Some(only) if values.is_empty() => OneOrMany::One(only),
            Some(last) => {
                values.push(last);
                OneOrMany::Many(values)
            }
            None => OneOrMany::Many(values),
        }
    }
}

impl<T> Extend<T> for OneOrMany<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, more: I) {
        let mut values = match std::mem::replace(self, OneOrMany::Many(Vec::new())) {
            OneOrMany::One(value) => vec![value],
            OneOrMany::Many(values) => values,
        };
        values.extend(more);
        *self = OneOrMany::Many(values);
    }
}
