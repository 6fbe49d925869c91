//! Questions and their answers as JSON lines: what files of cases hold, and what a batch prints about them.
//!
//! Cases come from many hands, so reading them is generous where nothing can be misunderstood: one object for a list of
//! one, `null` for what is left out, booleans and numbers for their text, fields nobody knows. What a policy says is
//! read as strictly as everywhere else.
//!
//! ```
//! use daypass_policy::cases::{EvaluationCase, Evaluated};
//!
//! let line = r#"{"id": 7, "request": {"principal": "arn:aws:iam::111122223333:user/ana", "action": "sqs:ReceiveMessage",
//!     "resource": "arn:aws:sqs:eu-west-1:111122223333:orders", "context": {"aws:SecureTransport": true}},
//!   "identityPolicies": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sqs:*", "Resource": "*",
//!     "Condition": {"Bool": {"aws:SecureTransport": "true"}}}}}"#;
//! let case = EvaluationCase::parse(line)?;
//! let answer = case.evaluate()?;
//! let printed = serde_json::to_string(&Evaluated::new(&case.id, &answer))?;
//! assert!(printed.starts_with(r#"{"id":7,"decision":"Allowed","allowed":true,"reasons":["#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod compared;
mod evaluated;
mod policies;
mod raw;
mod request;

use std::borrow::Cow;
use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::answer::{Answer, Decision};
use crate::compare::{Inclusion, included};
use crate::document::{ParseError, PolicyDocument};
use crate::evaluate::evaluate;
use crate::prepared::PreparedPolicy;
use crate::request::Request;
pub use compared::Compared;
pub use evaluated::{Evaluated, Reason};
pub use policies::{CasePolicies, PolicyPlace};
use raw::{Fields, Wrong, only, text};
pub use request::display_key;

/// One request with all policies that have a say in it.
#[derive(Clone, Debug)]
pub struct EvaluationCase<'t> {
    /// What the case is called.
    pub id: CaseId,
    /// What is asked.
    pub request: Request,
    /// The text of every policy.
    pub policies: CasePolicies<Cow<'t, str>>,
    /// What should come out, if somebody knows.
    pub expected: Option<ExpectedDecision>,
}

/// Two policies, the first of which may grant no more than the second.
#[derive(Clone, Debug)]
pub struct InclusionCase {
    /// What the case is called.
    pub id: CaseId,
    /// The policy that may grant too much.
    pub a: PolicyDocument,
    /// The policy that says how much is too much.
    pub b: PolicyDocument,
    /// `included` or `not-included`, if somebody knows.
    pub expected: Option<String>,
}

/// What a case is called: any JSON value, printed as it came; `null` without one.
#[derive(Clone, Debug)]
pub struct CaseId(Box<RawValue>);

/// What should come out of an evaluation. What is not said fits everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpectedDecision {
    /// `Allowed`, `ImplicitlyDenied` or `ExplicitlyDenied`.
    pub decision: Option<String>,
    /// Whether the request goes through.
    pub allowed: Option<bool>,
}

/// Why a case cannot be read.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{reason}")]
pub struct CaseError {
    /// What the case is called, as far as that could be read.
    pub id: CaseId,
    /// What is wrong, and where in the case.
    pub reason: String,
}

impl<'t> EvaluationCase<'t> {
    /// Read a case.
    ///
    /// # Errors
    /// When the line is no JSON object, the request is incomplete, or a policy is given where only one can be. What the
    /// policies say is not looked at yet.
    pub fn parse(line: &'t str) -> Result<EvaluationCase<'t>, CaseError> {
        in_case(line, |fields, id| {
            Ok(EvaluationCase {
                id,
                request: request::read(fields.required("request")?)?,
                policies: CasePolicies::read(fields)?,
                expected: fields.optional("expected").map(ExpectedDecision::read).transpose()?,
            })
        })
    }

    /// Compile the policies, once for as many requests as there are.
    ///
    /// # Errors
    /// When a policy is not well-formed.
    pub fn prepare(&self) -> Result<CasePolicies<PreparedPolicy>, CaseError> {
        let prepare = |place: PolicyPlace, text: &Cow<'t, str>| {
            let document = PolicyDocument::parse(text).map_err(|error| in_policy(&place.to_string(), error));
            Ok(PreparedPolicy::new(&document?))
        };
        self.policies.try_map(prepare).map_err(|wrong: Wrong| wrong.in_case(self.id.clone()))
    }

    /// Decide.
    ///
    /// # Errors
    /// When a policy is not well-formed.
    pub fn evaluate(&self) -> Result<Answer, CaseError> {
        Ok(evaluate(&self.request, &self.prepare()?.layers()))
    }
}

impl InclusionCase {
    /// Read a case.
    ///
    /// # Errors
    /// When the line is no JSON object, or one of the policies is missing or not well-formed.
    pub fn parse(line: &str) -> Result<InclusionCase, CaseError> {
        in_case(line, |fields, id| {
            let policy = |name: &str| {
                let text = policies::source(name, only(name, fields.required(name)?)?)?;
                PolicyDocument::parse(&text).map_err(|error| in_policy(&format!("policy `{name}`"), error))
            };
            let expected = fields.optional("expected").map(|value| text("expected", value)).transpose()?;
            Ok(InclusionCase { id, a: policy("a")?, b: policy("b")?, expected: expected.map(Cow::into_owned) })
        })
    }

    /// Compare.
    #[must_use]
    pub fn compare(&self) -> Inclusion {
        included(&self.a, &self.b)
    }
}

/// Read a request alone: the value of `request` in a case.
///
/// # Errors
/// When the text is no JSON object, or something is missing or malformed.
pub fn parse_request(text: &str) -> Result<Request, CaseError> {
    let value = serde_json::from_str(text).map_err(|error| Wrong::new(format!("not a JSON object: {error}")));
    value.and_then(request::read).map_err(|wrong| wrong.in_case(CaseId::none()))
}

impl ExpectedDecision {
    fn read(value: &RawValue) -> Result<ExpectedDecision, Wrong> {
        if value.get().starts_with('"') {
            return Ok(ExpectedDecision { decision: Some(text("expected", value)?.into_owned()), allowed: None });
        }
        let fields = Fields::read("expected", value)?;
        let decision = fields.optional("decision").map(|value| text("expected.decision", value)).transpose()?;
        let allowed = fields.optional("allowed").map(|value| match value.get() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(Wrong::new("`expected.allowed` is neither `true` nor `false`")),
        });
        Ok(ExpectedDecision { decision: decision.map(Cow::into_owned), allowed: allowed.transpose()? })
    }

    /// Whether this is what came out.
    #[must_use]
    pub fn fits(&self, decision: Decision) -> bool {
        self.decision.as_ref().is_none_or(|expected| expected == decision.name())
            && self.allowed.is_none_or(|expected| expected == (decision == Decision::Allowed))
    }
}

impl CaseId {
    /// The id of a case, whatever else is wrong with it.
    #[must_use]
    pub fn of(line: &str) -> CaseId {
        let fields = Fields::parse(line).ok();
        fields.and_then(|fields| fields.optional("id")).map_or_else(CaseId::none, |id| CaseId(id.to_owned()))
    }

    /// The id of a case that has none.
    #[must_use]
    pub fn none() -> CaseId {
        CaseId(RawValue::NULL.to_owned())
    }
}

/// What is expected, in a few words.
impl fmt::Display for ExpectedDecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.decision, self.allowed) {
            (Some(decision), _) => f.write_str(decision),
            (None, Some(true)) => f.write_str("to be allowed"),
            (None, Some(false)) => f.write_str("to be denied"),
            (None, None) => f.write_str("anything"),
        }
    }
}

/// As text without quotes.
impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match serde_json::from_str::<String>(self.0.get()) {
            Ok(text) => f.write_str(&text),
            Err(_) => f.write_str(self.0.get()),
        }
    }
}

impl Serialize for CaseId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

fn in_case<'t, T>(line: &'t str, read: impl FnOnce(&Fields<'t>, CaseId) -> Result<T, Wrong>) -> Result<T, CaseError> {
    let fields = Fields::parse(line).map_err(|wrong| wrong.in_case(CaseId::none()))?;
    let id = fields.optional("id").map_or_else(CaseId::none, |id| CaseId(id.to_owned()));
    read(&fields, id.clone()).map_err(|wrong| wrong.in_case(id))
}

fn in_policy(which: &str, error: ParseError) -> Wrong {
    let ParseError { pointer, message, .. } = error;
    Wrong::new(match pointer.as_str() {
        "" => format!("{which}: {message}"),
        pointer => format!("{which}: {message}, at `{pointer}`"),
    })
}
