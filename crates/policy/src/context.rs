//! The request context: what is known about a request besides who, what and on what.
//!
//! Keys are case-insensitive, tag keys included; a key is either single-valued or a list. Nothing is added by the
//! evaluator: a key that is not here is missing.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

use serde::Serialize;

/// Up to so many keys are looked at one by one.
const FEW_KEYS: usize = 16;

/// The keys of a request with their values, ordered by lower-cased key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// INVARIANT: sorted by key, each key once and in lower case.
    entries: Vec<(Box<str>, ContextValue)>,
}

/// The value of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ContextValue {
    /// A single-valued key.
    Single(String),
    /// A multi-valued key; an empty list counts as missing.
    List(Vec<String>),
}

impl Context {
    /// A context without any key.
    #[must_use]
    pub fn new() -> Context {
        Context::default()
    }

    /// With a single-valued key, replacing what the key had before.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Context {
        self.insert(key, ContextValue::Single(value.into()));
        self
    }

    /// With a multi-valued key, replacing what the key had before.
    #[must_use]
    pub fn with_list(mut self, key: &str, values: impl IntoIterator<Item = impl Into<String>>) -> Context {
        self.insert(key, ContextValue::List(values.into_iter().map(Into::into).collect()));
        self
    }

    /// Set a key, replacing what it had before.
    pub fn insert(&mut self, key: &str, value: ContextValue) {
        let key = key.to_lowercase().into_boxed_str();
        match self.entries.binary_search_by(|(present, _)| present.cmp(&key)) {
            Ok(at) => {
                if let Some(entry) = self.entries.get_mut(at) {
                    entry.1 = value;
                }
            }
            Err(at) => self.entries.insert(at, (key, value)),
        }
    }

    /// The value of a key, whatever the case it is asked in.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&ContextValue> {
        self.get_lower(&key.to_lowercase())
    }

    /// Keys, in lower case, and values, in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &ContextValue)> {
        self.entries.iter().map(|(key, value)| (&**key, value))
    }

    /// The value of a key that is already in lower case: what the evaluator asks, without allocating.
    ///
    /// Comparing lengths rules out most keys, which makes looking at each of a few faster than halving them.
    pub(crate) fn get_lower(&self, key: &str) -> Option<&ContextValue> {
        let entry = if self.entries.len() <= FEW_KEYS {
            self.entries.iter().find(|(present, _)| **present == *key)
        } else {
            let at = self.entries.binary_search_by(|(present, _)| (**present).cmp(key)).ok();
            at.and_then(|at| self.entries.get(at))
        };
        entry.map(|(_, value)| value)
    }
}

/// Of a key that is given more than once, the last value counts.
impl<K: AsRef<str>> FromIterator<(K, ContextValue)> for Context {
    fn from_iter<I: IntoIterator<Item = (K, ContextValue)>>(keys: I) -> Context {
        let lower = |(key, value): (K, ContextValue)| (key.as_ref().to_lowercase().into_boxed_str(), value);
        let mut entries: Vec<_> = keys.into_iter().map(lower).collect();
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        entries.dedup_by(|(next, value), (key, kept)| {
            let is_same = next == key;
            if is_same {
                std::mem::swap(value, kept);
            }
            is_same
        });
        Context { entries }
    }
}

impl ContextValue {
    /// The values, whichever the form.
    #[must_use]
    pub fn values(&self) -> &[String] {
        match self {
            ContextValue::Single(value) => std::slice::from_ref(value),
            ContextValue::List(values) => values,
        }
    }
}
