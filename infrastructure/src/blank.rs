//! Blanks: what a document leaves open until somebody deploys it, such as an account's number.
//!
//! A blank stands in a text as `<account_id>`; one that stands for a list, as `<services[]>`, stands alone in its text. No
//! name in AWS and no IAM variable has such brackets. One document with blanks is written out for Terraform and for
//! CloudFormation, each in its own notation, and filled in for proofs: all three are the same text by construction.

use std::collections::BTreeMap;

use daypass_policy::{ParseError, PolicyDocument, PolicyKind};
use serde_json::Value;

/// Every blank there is, and what it stands for. Terraform passes them under these names.
pub const BLANKS: [(&str, &str); 14] = [
    ("account_id", "the account that the document stands in"),
    ("broker_arn", "the role of the server"),
    ("cleanup_arn", "the role of the cleanup function"),
    ("deployment", "the deployment's id"),
    ("dns_suffix", "where the partition's services are, such as `amazonaws.com`"),
    ("external_id", "what the vendor roles ask for"),
    ("key_arn", "the key that secrets and tables are encrypted with"),
    ("partition", "`aws`, `aws-cn` or `aws-us-gov`"),
    ("region", "the hub's region"),
    ("scope_key", "`aws:ResourceAccount` or `aws:ResourceOrgID`"),
    ("scope_values[]", "the member accounts, or the organisation that they are in"),
    ("services[]", "the services that run a program as the role"),
    ("signing_key_arn", "the key that checkpoints are signed with"),
    ("vendor_role", "the vendor roles' name"),
];

/// What blanks are filled in with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values(BTreeMap<String, Vec<String>>);

impl Values {
    /// With a value for a blank, replacing what it had before.
    #[must_use]
    pub fn with(mut self, blank: &str, value: &str) -> Self {
        self.0.insert(blank.to_owned(), vec![value.to_owned()]);
        self
    }

    /// With values for a blank that stands for a list, such as `services[]`.
    #[must_use]
    pub fn with_list(mut self, blank: &str, values: &[&str]) -> Self {
        self.0.insert(blank.to_owned(), values.iter().map(|value| (*value).to_owned()).collect());
        self
    }
}

/// Why a document cannot be filled in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FillError {
    /// Nobody says what to put in.
    #[error("nothing is said for the blank `<{0}>`")]
    NoValue(String),
    /// Filled in, it is no policy.
    #[error("filled in, it is no policy")]
    NotAPolicy(#[source] ParseError),
}

/// A piece of a text with blanks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'t> {
    Text(&'t str),
    Blank(&'t str),
}

/// A text in pieces. Brackets around something that is no blank are text.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((before, name, behind)) = next_blank(rest) {
        if !before.is_empty() {
            found.push(Piece::Text(before));
        }
        found.push(Piece::Blank(name));
        rest = behind;
    }
    if !rest.is_empty() {
        found.push(Piece::Text(rest));
    }
    found
}

/// The first blank of a text, with what stands before and behind it.
fn next_blank(text: &str) -> Option<(&str, &str, &str)> {
    text.match_indices('<').find_map(|(at, _)| {
        let (before, rest) = text.split_at_checked(at)?;
        let (name, behind) = rest.strip_prefix('<')?.split_once('>')?;
        is_blank(name).then_some((before, name, behind))
    })
}

fn is_blank(name: &str) -> bool {
    BLANKS.iter().any(|(known, _)| *known == name)
}

/// The name of the list that a text stands for as a whole.
pub(crate) fn list_name(text: &str) -> Option<&str> {
    match *pieces(text).as_slice() {
        [Piece::Blank(name)] => name.strip_suffix("[]"),
        _ => None,
    }
}

/// The document with its blanks filled in.
///
/// # Errors
/// See [`FillError`].
pub fn fill(document: &Value, kind: PolicyKind, values: &Values) -> Result<PolicyDocument, FillError> {
    let filled = fill_value(document, values)?;
    PolicyDocument::parse_as(&filled.to_string(), kind).map_err(FillError::NotAPolicy)
}

fn fill_value(value: &Value, values: &Values) -> Result<Value, FillError> {
    Ok(match value {
        Value::String(text) => match list_name(text) {
            Some(_) => Value::Array(list(text, values)?),
            None => Value::String(fill_text(text, values)?),
        },
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| fill_value(item, values)).collect::<Result<_, _>>()?)
        }
        Value::Object(fields) => {
            let filled = fields.iter().map(|(name, field)| Ok((fill_text(name, values)?, fill_value(field, values)?)));
            Value::Object(filled.collect::<Result<_, FillError>>()?)
        }
        other => other.clone(),
    })
}

fn list(text: &str, values: &Values) -> Result<Vec<Value>, FillError> {
    let name = text.trim_matches(['<', '>']);
    let found = values.0.get(name).ok_or_else(|| FillError::NoValue(name.to_owned()))?;
    Ok(found.iter().map(|value| Value::String(value.clone())).collect())
}

fn fill_text(text: &str, values: &Values) -> Result<String, FillError> {
    let filled = pieces(text).into_iter().map(|piece| match piece {
        Piece::Text(text) => Ok(text),
        Piece::Blank(name) => match values.0.get(name).map(Vec::as_slice) {
            Some([value]) => Ok(value.as_str()),
            _ => Err(FillError::NoValue(name.to_owned())),
        },
    });
    filled.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn blanks_are_told_from_other_brackets_and_from_variables_of_iam() {
        let text = "arn:<partition>:iam::<account_id>:role/<x>/${aws:username}<";
        let expected = [
            Piece::Text("arn:"),
            Piece::Blank("partition"),
            Piece::Text(":iam::"),
            Piece::Blank("account_id"),
            Piece::Text(":role/<x>/${aws:username}<"),
        ];
        assert_eq!(pieces(text), expected);
        assert_eq!(list_name("<services[]>"), Some("services"));
        assert_eq!(list_name("a <services[]>"), None);
    }

    #[test]
    fn a_document_is_filled_in_also_where_names_of_keys_are_blank() {
        let document = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:<partition>:iam::*:role/x",
            "Condition": {"StringEquals": {"<scope_key>": "<scope_values[]>"}}
        }]});
        let values = Values::default().with("partition", "aws").with("scope_key", "aws:ResourceAccount");
        let missing = fill(&document, PolicyKind::Identity, &values).unwrap_err();
        assert_eq!(missing, FillError::NoValue("scope_values[]".to_owned()));
        let values = values.with_list("scope_values[]", &["111122223333", "444455556666"]);
        let filled = fill(&document, PolicyKind::Identity, &values).unwrap().to_json();
        assert!(filled.contains(r#"{"aws:ResourceAccount":["111122223333","444455556666"]}"#), "{filled}");
    }
}
