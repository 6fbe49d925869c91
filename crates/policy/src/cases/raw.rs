//! JSON values of a case before it is known what they are: texts into the line they came from.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{CaseError, CaseId};

/// What is wrong with a case.
#[derive(Debug)]
pub(super) struct Wrong(String);

impl Wrong {
    pub(super) fn new(reason: impl Into<String>) -> Wrong {
        Wrong(reason.into())
    }

    pub(super) fn in_case(self, id: CaseId) -> CaseError {
        CaseError { id, reason: self.0 }
    }
}

/// The fields of an object, each once. What is `null` is not there.
pub(super) struct Fields<'t>(Vec<(Cow<'t, str>, &'t RawValue)>);

/// Up to so many names are compared with each other.
const FEW_FIELDS: usize = 24;

impl<'t> Fields<'t> {
    /// Read a whole line.
    pub(super) fn parse(text: &'t str) -> Result<Fields<'t>, Wrong> {
        match serde_json::from_str(text) {
            Ok(Entries(entries)) => Fields::unique(entries),
            Err(error) => Err(Wrong(format!("not a JSON object: {error}"))),
        }
    }

    pub(super) fn read(name: &str, value: &'t RawValue) -> Result<Fields<'t>, Wrong> {
        Fields::unique(entries(name, value)?)
    }

    fn unique(entries: Vec<(Cow<'t, str>, &'t RawValue)>) -> Result<Fields<'t>, Wrong> {
        let repeated = if entries.len() <= FEW_FIELDS {
            let names = entries.iter().enumerate();
            let mut repeated = names.filter(|(at, (name, _))| entries.iter().take(*at).any(|(other, _)| other == name));
            repeated.next().map(|(_, (name, _))| name)
        } else {
            let mut seen = HashSet::with_capacity(entries.len());
            entries.iter().map(|(name, _)| name).find(|name| !seen.insert(*name))
        };
        match repeated {
            Some(name) => Err(Wrong(format!("field `{name}` is given twice"))),
            None => Ok(Fields(entries)),
        }
    }

    pub(super) fn optional(&self, name: &str) -> Option<&'t RawValue> {
        let (_, value) = self.0.iter().find(|(present, _)| present == name)?;
        Some(*value).filter(|value| value.get() != "null")
    }

    pub(super) fn required(&self, name: &str) -> Result<&'t RawValue, Wrong> {
        self.optional(name).ok_or_else(|| Wrong(format!("`{name}` is missing")))
    }
}

/// The members of an object in their order.
pub(super) fn entries<'t>(name: &str, value: &'t RawValue) -> Result<Vec<(Cow<'t, str>, &'t RawValue)>, Wrong> {
    let wrong = |_| Wrong(format!("`{name}` is not an object"));
    serde_json::from_str(value.get()).map(|Entries(entries)| entries).map_err(wrong)
}

/// The items of a list; whatever is no list is a list of one. What is `null` is not there.
pub(super) fn one_or_many<'t>(name: &str, value: &'t RawValue) -> Result<Vec<&'t RawValue>, Wrong> {
    if !value.get().starts_with('[') {
        return Ok(vec![value]);
    }
    let mut items: Vec<&RawValue> =
        serde_json::from_str(value.get()).map_err(|error| Wrong(format!("`{name}` cannot be read: {error}")))?;
    items.retain(|item| item.get() != "null");
    Ok(items)
}

/// The value itself, or the only item of a list.
pub(super) fn only<'t>(name: &str, value: &'t RawValue) -> Result<&'t RawValue, Wrong> {
    match one_or_many(name, value)?.as_slice() {
        [only] => Ok(only),
        items => Err(Wrong(format!("`{name}` has to be one policy, not {}", items.len()))),
    }
}

/// The text of a scalar: numbers and booleans as they are written.
pub(super) fn text<'t>(name: &str, value: &'t RawValue) -> Result<Cow<'t, str>, Wrong> {
    let written = value.get();
    match written.as_bytes().first() {
        Some(b'"') => serde_json::from_str(written)
            .map(|Text(text)| text)
            .map_err(|error| Wrong(format!("`{name}` cannot be read: {error}"))),
        Some(b'[' | b'{') => Err(Wrong(format!("`{name}` is neither text nor a number nor a boolean"))),
        _ => Ok(Cow::Borrowed(written)),
    }
}

/// A string, borrowed unless something in it is escaped.
#[derive(Deserialize)]
struct Text<'t>(#[serde(borrow)] Cow<'t, str>);

struct Entries<'t>(Vec<(Cow<'t, str>, &'t RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Entries<'de>, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<'de>, A::Error> {
                let mut entries = Vec::with_capacity(map.size_hint().unwrap_or(8));
                while let Some((Text(key), value)) = map.next_entry::<Text<'de>, &'de RawValue>()? {
                    entries.push((key, value));
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(Members)
    }
}
