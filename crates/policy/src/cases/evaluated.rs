//! What a batch prints about an evaluation.

use serde::Serialize;

use super::CaseId;
use crate::answer::{Answer, Decision, Layer, StatementRef};

/// The answer to one case, as a JSON object.
#[derive(Debug, Serialize)]
pub struct Evaluated<'a> {
    /// What the case is called.
    pub id: &'a CaseId,
    /// The decision.
    pub decision: Decision,
    /// Whether the request goes through.
    pub allowed: bool,
    /// Why.
    pub reasons: Vec<Reason<'a>>,
}

/// One reason of a decision.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case", tag = "reason")]
pub enum Reason<'a> {
    /// This statement allows it. Every layer that has to allow has one.
    AllowedBy(&'a StatementRef),
    /// This statement denies it.
    DeniedBy(&'a StatementRef),
    /// No statement of this layer allows it.
    NotAllowedBy(Layer),
    /// A statement behind the decision asks for this condition key, and the request lacks it.
    MissingKey {
        /// The key as the policy writes it.
        key: &'a str,
    },
}

impl<'a> Evaluated<'a> {
    /// The answer to the case with this id.
    #[must_use]
    pub fn new(id: &'a CaseId, answer: &'a Answer) -> Evaluated<'a> {
        Evaluated { id, decision: answer.decision, allowed: answer.is_allowed(), reasons: answer.reasons() }
    }
}

impl Answer {
    /// The reasons one by one: what decided, what is lacking.
    #[must_use]
    pub fn reasons(&self) -> Vec<Reason<'_>> {
        let deciding = self.deciding.iter().map(|statement| match self.decision {
            Decision::ExplicitlyDenied => Reason::DeniedBy(statement),
            Decision::Allowed | Decision::ImplicitlyDenied => Reason::AllowedBy(statement),
        });
        let stopped = self.stopped_by.map(Reason::NotAllowedBy);
        let missing = self.missing_keys.iter().map(|key| Reason::MissingKey { key });
        deciding.chain(stopped).chain(missing).collect()
    }
}
