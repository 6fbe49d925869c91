//! Policy templates: JSON documents with slots for typed values.
//!
//! A template is parsed as JSON *first*; slots are then found inside string leaves, and values are put into those strings
//! (invariant 4). No value can therefore change the structure of a document, whatever it contains, and the typed values
//! cannot contain a quote, a wildcard or a `$` to begin with. IAM's own variables (`${aws:username}`, `${*}`) always
//! have a colon or a punctuation mark where our slots have letters only, and pass through untouched.

use daypass_policy::{Operator, ParseError, PolicyDocument, PolicyKind};
use serde_json::Value;

use crate::ids::{AccountId, ProjectId, SessionId, UserId};

/// A policy document with slots, checked when it is loaded: it is JSON, a valid policy of its kind once filled, and has
/// no slot that nobody fills.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    document: Value,
    kind: PolicyKind,
}

/// What the slots are filled with.
#[derive(Clone, Copy, Debug)]
pub struct SlotValues<'a> {
    /// `${projectId}` and `${resourcePrefix}`.
    pub project: &'a ProjectId,
    /// `${accountId}`.
    pub account: &'a AccountId,
    /// `${partition}`: `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: Partition,
    /// `${sessionId}`.
    pub session: &'a SessionId,
    /// `${userId}`.
    pub user: &'a UserId,
}

/// The part of AWS an account lives in (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Partition {
    /// The commercial regions.
    #[default]
    #[serde(rename = "aws")]
    Aws,
    /// China.
    #[serde(rename = "aws-cn")]
    China,
    /// GovCloud (US).
    #[serde(rename = "aws-us-gov")]
    GovCloud,
}

impl Partition {
    /// As it stands in an ARN.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::China => "aws-cn",
            Self::GovCloud => "aws-us-gov",
        }
    }
}

/// Why a template cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// It is not JSON.
    #[error("not JSON: {0}")]
    NotJson(String),
    /// It has a slot that nobody fills.
    #[error("unknown slot `${{{slot}}}` at `{pointer}`; known are {}", SLOTS.join(", "))]
    UnknownSlot {
        /// The name between the braces.
        slot: String,
        /// Where, as a JSON pointer.
        pointer: String,
    },
    /// It has a slot that this kind of document may not have.
    #[error("slot `${{{slot}}}` at `{pointer}` differs from session to session, but this document is shared by all")]
    SessionSlotInSharedDocument {
        /// The name between the braces.
        slot: String,
        /// Where, as a JSON pointer.
        pointer: String,
    },
    /// A `${` that never ends, or a slot in the name of a field.
    #[error("malformed or misplaced slot at `{pointer}`")]
    Malformed {
        /// Where, as a JSON pointer.
        pointer: String,
    },
    /// Filled in, it is not a policy.
    #[error("not a policy document once filled in")]
    NotAPolicy(#[source] ParseError),
    /// A slot stands where a policy variable would mean nothing, so nothing can be proved for all its values.
    #[error(
        "slot `${{{slot}}}` at `{pointer}` is neither behind the account of a resource nor in a value that `String…` or `Arn…` conditions compare with"
    )]
    Misplaced {
        /// The name between the braces.
        slot: String,
        /// Where, as a JSON pointer.
        pointer: String,
    },
    /// A pattern matches some accounts by some of their digits, so they cannot be gone through.
    #[error("the pattern at `{pointer}` names a part of an account id")]
    PartOfAnAccount {
        /// Where, as a JSON pointer.
        pointer: String,
    },
    /// The document is of a version that knows no policy variables, so nothing can be proved for all values of its slots.
    #[error("the document's `Version` is not `2012-10-17`")]
    OldVersion,
}

const SLOTS: [&str; 6] = ["projectId", "resourcePrefix", "accountId", "partition", "sessionId", "userId"];

/// The slots of a document that all sessions of an account share, such as a boundary.
const SHARED_SLOTS: [&str; 2] = ["accountId", "partition"];

impl Template {
    /// Load a template whose documents are made per session.
    ///
    /// # Errors
    /// See [`TemplateError`].
    pub fn per_session(text: &str) -> Result<Self, TemplateError> {
        Self::load(text, PolicyKind::Identity)
    }

    /// Load a template whose document is shared by all sessions of an account.
    ///
    /// # Errors
    /// See [`TemplateError`].
    pub fn shared(text: &str) -> Result<Self, TemplateError> {
        Self::load(text, PolicyKind::Boundary)
    }

    /// Fill the slots and parse the result.
    ///
    /// # Errors
    /// When the filled-in document is no policy; checked with sample values at load, so this is rare.
    pub fn compile(&self, values: &SlotValues<'_>) -> Result<PolicyDocument, TemplateError> {
        let filled = map_strings(&self.document, "", &|text, pointer| fill(text, pointer, values))?;
        PolicyDocument::parse_as(&filled.to_string(), self.kind).map_err(TemplateError::NotAPolicy)
    }

    /// Fill the slots of a document that all sessions of an account share, such as a boundary.
    ///
    /// # Errors
    /// When the document has slots that differ from session to session.
    pub fn compile_shared(&self, account: &AccountId, partition: Partition) -> Result<PolicyDocument, TemplateError> {
        self.compile_shared_as(account.as_str(), partition.as_str())
    }

    /// The same with texts of one's own for account and partition, such as what a tool that deploys the document replaces.
    ///
    /// # Errors
    /// When the document has slots that differ from session to session.
    pub fn compile_shared_as(&self, account: &str, partition: &str) -> Result<PolicyDocument, TemplateError> {
        let filled = map_strings(&self.document, "", &|text, pointer| fill_shared(text, pointer, account, partition))?;
        PolicyDocument::parse_as(&filled.to_string(), self.kind).map_err(TemplateError::NotAPolicy)
    }

    /// The template as JSON.
    pub(crate) fn text(&self) -> String {
        self.document.to_string()
    }

    /// Fill the slots with policy variables: the document that stands for those of all sessions at once. Exact only where
    /// AWS replaces variables, so that slots anywhere else are refused.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
    pub(crate) fn compile_generic(&self, variable: &dyn Fn(&str) -> String) -> Result<PolicyDocument, TemplateError> {
        let fill = |text: &str, pointer: &str| {
            if takes_accounts_apart(text) {
                return Err(TemplateError::PartOfAnAccount { pointer: pointer.to_owned() });
            }
            let mut filled = String::with_capacity(text.len() * 2);
            for piece in pieces(text, pointer)? {
                match piece {
                    Piece::Text(text) => filled.push_str(text),
                    Piece::Slot(slot) if takes_slot(slot, pointer, &filled) => filled.push_str(&variable(slot)),
                    Piece::Slot(slot) => {
                        return Err(TemplateError::Misplaced { slot: slot.to_owned(), pointer: pointer.to_owned() });
                    }
                }
            }
            Ok(filled)
        };
        let filled = map_strings(&self.document, "", &fill)?;
        PolicyDocument::parse_as(&filled.to_string(), self.kind).map_err(TemplateError::NotAPolicy)
    }

    fn load(text: &str, kind: PolicyKind) -> Result<Self, TemplateError> {
        let document: Value = serde_json::from_str(text).map_err(|error| TemplateError::NotJson(error.to_string()))?;
        // Parsing the unfilled text too finds what `Value` would swallow, such as a field given twice.
        PolicyDocument::parse_as(text, kind).map_err(TemplateError::NotAPolicy)?;
        if kind == PolicyKind::Boundary {
            map_strings(&document, "", &|text, pointer| refuse_session_slots(text, pointer))?;
        }
        map_strings(&document, "", &|text, pointer| check_slots(text, pointer))?;
        Ok(Self { document, kind })
    }
}

/// One piece of a string leaf.
enum Piece<'a> {
    Text(&'a str),
    Slot(&'a str),
}

/// Split a string leaf into text and slots. IAM's own variables stay part of the text.
fn pieces<'a>(text: &'a str, pointer: &str) -> Result<Vec<Piece<'a>>, TemplateError> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let malformed = || TemplateError::Malformed { pointer: pointer.to_owned() };
        let (name, behind) = after.split_once('}').ok_or_else(malformed)?;
        found.push(Piece::Text(before));
        if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            found.push(Piece::Slot(name));
        } else {
            let whole = rest.len() - before.len() - behind.len();
            found.push(Piece::Text(rest.get(before.len()..before.len() + whole).ok_or_else(malformed)?));
        }
        rest = behind;
    }
    found.push(Piece::Text(rest));
    Ok(found)
}

fn fill(text: &str, pointer: &str, values: &SlotValues<'_>) -> Result<String, TemplateError> {
    let mut filled = String::with_capacity(text.len());
    for piece in pieces(text, pointer)? {
        match piece {
            Piece::Text(text) => filled.push_str(text),
            Piece::Slot("projectId" | "resourcePrefix") => filled.push_str(values.project.as_str()),
            Piece::Slot("accountId") => filled.push_str(values.account.as_str()),
            Piece::Slot("partition") => filled.push_str(values.partition.as_str()),
            Piece::Slot("sessionId") => filled.push_str(&values.session.to_string()),
            Piece::Slot("userId") => filled.push_str(values.user.as_str()),
            Piece::Slot(slot) => return Err(unknown_slot(slot, pointer)),
        }
    }
    Ok(filled)
}

fn fill_shared(text: &str, pointer: &str, account: &str, partition: &str) -> Result<String, TemplateError> {
    refuse_session_slots(text, pointer)?;
    let mut filled = String::with_capacity(text.len());
    for piece in pieces(text, pointer)? {
        match piece {
            Piece::Text(text) => filled.push_str(text),
            Piece::Slot("accountId") => filled.push_str(account),
            Piece::Slot("partition") => filled.push_str(partition),
            Piece::Slot(slot) => return Err(unknown_slot(slot, pointer)),
        }
    }
    Ok(filled)
}

fn check_slots(text: &str, pointer: &str) -> Result<String, TemplateError> {
    for piece in pieces(text, pointer)? {
        if let Piece::Slot(slot) = piece
            && !SLOTS.contains(&slot)
        {
            return Err(unknown_slot(slot, pointer));
        }
    }
    Ok(text.to_owned())
}

fn refuse_session_slots(text: &str, pointer: &str) -> Result<String, TemplateError> {
    for piece in pieces(text, pointer)? {
        if let Piece::Slot(slot) = piece
            && SLOTS.contains(&slot)
            && !SHARED_SLOTS.contains(&slot)
        {
            return Err(TemplateError::SessionSlotInSharedDocument {
                slot: slot.to_owned(),
                pointer: pointer.to_owned(),
            });
        }
    }
    Ok(text.to_owned())
}

fn unknown_slot(slot: &str, pointer: &str) -> TemplateError {
    TemplateError::UnknownSlot { slot: slot.to_owned(), pointer: pointer.to_owned() }
}

/// Whether an ARN pattern has an account with digits and wildcards.
fn takes_accounts_apart(text: &str) -> bool {
    let mut parts = text.splitn(6, ':');
    let is_mixed = |part: &str| part.contains(['*', '?']) && part.bytes().any(|byte| byte.is_ascii_digit());
    parts.next() == Some("arn") && parts.nth(3).is_some_and(is_mixed)
}

/// Whether a slot may stand here for all its values. AWS replaces policy variables in resources and in values that texts
/// are compared with, and in ARNs only after the fifth colon; accounts and partitions are gone through one by one.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-wheretouse>
fn takes_slot(slot: &str, pointer: &str, before: &str) -> bool {
    let is_behind_account = SHARED_SLOTS.contains(&slot) || before.matches(':').count() >= 5;
    let mut steps = pointer.split('/').skip(2).skip_while(|step| step.bytes().all(|byte| byte.is_ascii_digit()));
    match steps.next() {
        Some("Resource" | "NotResource") => is_behind_account,
        Some("Condition") => {
            let operator = steps.next().and_then(|operator| operator.parse::<Operator>().ok());
            let name = operator.map_or("", |operator| operator.comparison().name());
            name.starts_with("String") || (name.starts_with("Arn") && is_behind_account)
        }
        _ => false,
    }
}

/// Rebuild `value` with every string leaf mapped. Field names are never mapped and must not contain slots.
fn map_strings(
    value: &Value,
    pointer: &str,
    map: &dyn Fn(&str, &str) -> Result<String, TemplateError>,
) -> Result<Value, TemplateError> {
    match value {
        Value::String(text) => map(text, pointer).map(Value::String),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(at, item)| map_strings(item, &format!("{pointer}/{at}"), map))
            .collect::<Result<_, _>>()
            .map(Value::Array),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, field)| {
                let pointer = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
                if name.contains("${") {
                    return Err(TemplateError::Malformed { pointer });
                }
                Ok((name.clone(), map_strings(field, &pointer, map)?))
            })
            .collect::<Result<_, _>>()
            .map(Value::Object),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(value.clone()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const TEXT: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"One","Effect":"Allow","Action":["s3:GetObject"],
        "Resource":["arn:${partition}:s3:::${resourcePrefix}-*/${aws:username}/${*}","arn:aws:s3:::x-${accountId}"]},
        {"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:userid":["${userId}","${sessionId}"]}}}]}"#;

    fn compile(template: &Template, project: &str, user: &str, bits: [u8; 16]) -> Value {
        let values = SlotValues {
            project: &project.parse().unwrap(),
            account: &"111122223333".parse().unwrap(),
            partition: Partition::Aws,
            session: &SessionId::from_random(bits),
            user: &user.parse().unwrap(),
        };
        serde_json::from_str(&template.compile(&values).unwrap().to_json()).unwrap()
    }

    /// The document with every string replaced by the same mark: what is left is its structure.
    fn skeleton(value: &Value) -> Value {
        map_strings(value, "", &|_, _| Ok("_".to_owned())).unwrap()
    }

    #[test]
    fn slots_are_filled_and_variables_of_iam_survive() {
        let document = compile(&Template::per_session(TEXT).unwrap(), "acme-web", "carla", [7; 16]);
        assert_eq!(
            document.pointer("/Statement/0/Resource").unwrap(),
            &json!(["arn:aws:s3:::acme-web-*/${aws:username}/${*}", "arn:aws:s3:::x-111122223333"])
        );
    }

    #[test]
    fn what_is_wrong_with_a_template_is_said_with_its_place() {
        let broken = [
            ("{", "not JSON"),
            (
                r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"${projectid}"}]}"#,
                "unknown slot `${projectid}` at `/Statement/0/Resource`",
            ),
            (
                r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"a${"}]}"#,
                "at `/Statement/0/Resource`",
            ),
            (
                r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Acton":"*","Resource":"*"}]}"#,
                "not a policy document",
            ),
        ];
        for (text, expected) in broken {
            let error = Template::per_session(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        let shared = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${projectId}-*"}]}"#;
        assert!(Template::shared(shared).unwrap_err().to_string().contains("shared by all"));
    }

    #[test]
    fn a_shared_document_is_compiled_without_a_session_and_a_session_document_is_not() {
        let shared = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"arn:${partition}:iam::${accountId}:role/${aws:username}"}]}"#;
        let account = "111122223333".parse().unwrap();
        let document = Template::shared(shared).unwrap().compile_shared(&account, Partition::China).unwrap();
        assert!(document.to_json().contains("arn:aws-cn:iam::111122223333:role/${aws:username}"));
        let error = Template::per_session(TEXT).unwrap().compile_shared(&account, Partition::Aws).unwrap_err();
        assert!(matches!(error, TemplateError::SessionSlotInSharedDocument { .. }), "{error}");
    }

    proptest! {
        #[test]
        fn no_value_can_change_the_structure_of_a_document(
            project in "[a-z][a-z0-9]{1,8}(-[a-z0-9]{1,8})?",
            user in "[A-Za-z0-9+=.@_-]{2,64}",
            bits: [u8; 16],
        ) {
            let template = Template::per_session(TEXT).unwrap();
            let expected = skeleton(&serde_json::from_str(TEXT).unwrap());
            prop_assert_eq!(skeleton(&compile(&template, &project, &user, bits)), expected);
        }

        /// Even a value that no id type would let through stays inside its string.
        #[test]
        fn filling_is_safe_by_construction(hostile in any::<String>()) {
            let document: Value = serde_json::from_str(TEXT).unwrap();
            let filled = map_strings(&document, "", &|text, pointer| {
                Ok(pieces(text, pointer)?.iter().map(|piece| match piece {
                    Piece::Text(text) => *text,
                    Piece::Slot(_) => hostile.as_str(),
                }).collect())
            }).unwrap();
            let reread: Value = serde_json::from_str(&filled.to_string()).unwrap();
            prop_assert_eq!(skeleton(&reread), skeleton(&document));
        }
    }
}
