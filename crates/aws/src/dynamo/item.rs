//! Items as DynamoDB knows them: attributes by name. A record is a JSON document, the same as in every other store, with
//! copies beside it of what keys, conditions and indexes need.

use std::collections::HashMap;
use std::fmt::Display;

use aws_sdk_dynamodb::types::AttributeValue;
use daypass_vending::ports::StoreError;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// An item.
pub(super) type Item = HashMap<String, AttributeValue>;

/// What an item may weigh, names included
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>).
const HEAVIEST: usize = 400 * 1024;

/// Where the document is.
const DOCUMENT: &str = "Document";

/// An item of these attributes.
pub(super) fn item<const N: usize>(attributes: [(&str, AttributeValue); N]) -> Item {
    attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// An item that carries a record.
///
/// # Errors
/// When it would be heavier than DynamoDB takes.
pub(super) fn recorded<const N: usize>(
    record: &impl Serialize,
    attributes: [(&str, AttributeValue); N],
) -> Result<Item, StoreError> {
    let document = serde_json::to_string(record)
        .map_err(|error| StoreError::Unavailable(format!("cannot write a record: {error}")))?;
    let mut item = item(attributes);
    item.insert(DOCUMENT.to_owned(), text(document));
    let weight = weight(&item);
    if weight > HEAVIEST {
        let why = format!("a record of {weight} bytes is larger than the {HEAVIEST} that DynamoDB takes");
        return Err(StoreError::Unavailable(why));
    }
    Ok(item)
}

/// The record that an item carries.
///
/// # Errors
/// [`StoreError::Corrupt`] when it carries none that can be read.
pub(super) fn record<T: DeserializeOwned>(item: &Item) -> Result<T, StoreError> {
    serde_json::from_str(text_of(item, DOCUMENT)?).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// A text attribute.
pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number attribute; DynamoDB takes and gives numbers as text, exactly to 38 digits.
pub(super) fn number(value: impl Display) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// The text of an attribute that must be there.
pub(super) fn text_of<'a>(item: &'a Item, name: &str) -> Result<&'a str, StoreError> {
    let value = item.get(name).and_then(|value| value.as_s().ok());
    value.map(String::as_str).ok_or_else(|| StoreError::Corrupt(format!("an item has no text `{name}`")))
}

/// The count of an attribute that must be there.
pub(super) fn count_of(item: &Item, name: &str) -> Result<u64, StoreError> {
    let value = item.get(name).and_then(|value| value.as_n().ok()).and_then(|number| number.parse().ok());
    value.ok_or_else(|| StoreError::Corrupt(format!("an item has no count `{name}`")))
}

/// What DynamoDB counts: names and texts by their bytes; a number, of which we have few, generously.
fn weight(item: &Item) -> usize {
    let of_value = |value: &AttributeValue| value.as_s().map_or(21, String::len);
    item.iter().map(|(name, value)| name.len() + of_value(value)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_comes_back_as_it_was() {
        let item = recorded(&vec!["quotes \" and \u{1f511}"], [("Version", number(7))]).unwrap();
        assert_eq!(record::<Vec<String>>(&item), Ok(vec!["quotes \" and \u{1f511}".to_owned()]));
        assert_eq!(count_of(&item, "Version"), Ok(7));
    }

    #[test]
    fn what_is_too_heavy_for_dynamodb_is_refused_before_it_is_sent() {
        assert!(recorded(&"x".repeat(HEAVIEST - 100), []).is_ok());
        let refused = recorded(&"x".repeat(HEAVIEST), []);
        assert!(matches!(refused, Err(StoreError::Unavailable(why)) if why.contains("409600")));
    }

    #[test]
    fn what_cannot_be_read_is_corrupt() {
        for broken in [item([]), item([(DOCUMENT, number(1))]), item([(DOCUMENT, text("{"))])] {
            assert!(matches!(record::<Vec<String>>(&broken), Err(StoreError::Corrupt(_))));
            assert!(matches!(count_of(&broken, DOCUMENT), Ok(1) | Err(StoreError::Corrupt(_))));
        }
    }
}
