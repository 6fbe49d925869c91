//! Policy documents as they are written: nothing is normalised, so that printing gives back what was parsed.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

mod condition;
mod json;
mod kind;
mod locate;
mod one_or_many;
mod parse;
mod principals;
mod reading;
mod serialize;
mod statement;

use std::fmt;

pub use condition::{ConditionBlock, ConditionValue, Conditions, JsonNumber};
pub use kind::PolicyKind;
pub(crate) use locate::{Source, Step};
pub use one_or_many::OneOrMany;
pub use parse::ParseError;
pub use principals::{PrincipalType, Principals};
pub use statement::{Effect, Match, Statement, StatementDraft};

/// One policy document.
///
/// Two documents are equal when they say the same in the same order and the same form: `"Action": "s3:*"` and
/// `"Action": ["s3:*"]` differ, because they print differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyDocument {
    version: Option<Version>,
    id: Option<String>,
    statements: OneOrMany<Statement>,
}

/// The version of the policy language.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Version {
    /// `2008-10-17`: `${…}` is plain text. What a document without a version means.
    #[default]
    V2008,
    /// `2012-10-17`: policy variables are replaced.
    V2012,
}

impl Version {
    /// As written in a document.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Version::V2008 => "2008-10-17",
            Version::V2012 => "2012-10-17",
        }
    }
}

impl PolicyDocument {
    /// A document of version 2012-10-17 with these statements as a list.
    #[must_use]
    pub fn from_statements(statements: Vec<Statement>) -> PolicyDocument {
        PolicyDocument { version: Some(Version::V2012), id: None, statements: OneOrMany::Many(statements) }
    }

    /// Parse a document as it is found in real life, to decide or compare what it grants.
    ///
    /// Nothing is repaired, but what AWS takes somewhere, and means one thing only, is read: `Sid`s that repeat, lists
    /// without anything in them (which Access Analyzer only advises against), and operators in another case, such as
    /// `ARNLike`. [`PolicyDocument::parse_as`] is for documents that are about to be stored, and takes none of these.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html>
    ///
    /// # Errors
    /// The first thing that is wrong, with its place: anything that is not strict JSON, an unknown, missing or repeated
    /// field, a value of the wrong type, an unknown operator or version.
    pub fn parse(text: &str) -> Result<PolicyDocument, ParseError> {
        parse::document(text, None)
    }

    /// Parse a document that has to serve as `kind`.
    ///
    /// # Errors
    /// As [`PolicyDocument::parse`], and what this kind of policy must have or must not have, repeated `Sid`s, empty lists,
    /// and operators that are not written as AWS writes them.
    pub fn parse_as(text: &str, kind: PolicyKind) -> Result<PolicyDocument, ParseError> {
        parse::document(text, Some(kind))
    }

    pub(crate) fn new(
        version: Option<Version>,
        id: Option<String>,
        statements: OneOrMany<Statement>,
    ) -> PolicyDocument {
        PolicyDocument { version, id, statements }
    }

    /// The same document with other statements.
    pub(crate) fn with_statements(&self, statements: Vec<Statement>) -> PolicyDocument {
        PolicyDocument::new(self.version, self.id.clone(), OneOrMany::Many(statements))
    }

    /// The version as written; `None` when the document does not say, which means [`Version::V2008`].
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        self.version
    }

    /// The document's `Id`.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The statements in their order.
    #[must_use]
    pub fn statements(&self) -> &[Statement] {
        self.statements.as_slice()
    }

    /// Add a statement at the end; a single statement becomes a list.
    pub fn push(&mut self, statement: Statement) {
        self.statements.push(statement);
    }

    /// Compact JSON, fields in the order of AWS' grammar.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the document holds only strings, booleans and numbers read as JSON")]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a policy document is plain JSON")
    }

    /// Size in characters as IAM counts it for quotas: without the white space between tokens.
    ///
    /// White space inside strings is counted; IAM may leave that out too, so the number is never too small.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
    #[must_use]
    pub fn size(&self) -> usize {
        self.to_json().chars().count()
    }
}

/// Indented JSON.
impl fmt::Display for PolicyDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string_pretty(self).map_err(|_| fmt::Error)?)
    }
}
