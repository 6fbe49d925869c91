//! The adapter: a question goes in, Cedar decides, a ruling comes out.

use cedar_policy::{Decision, PolicyId, PolicySet, Response};
use daypass_vending::ports::{Authorizer, Question, Ruling};
use daypass_vending::session::{Obligations, RulingRecord};

use crate::lacking;
use crate::rules::{ActionRules, RuleSet, RulesError};
use crate::situation::{Failure, Situation, Vocabulary};

const DEFAULT_POLICIES: &str = include_str!("../policies/default.cedar");

/// What a refused person hears when the rules themselves failed. The log has the cause.
const RULES_FAILED: &str = "rules that can be evaluated; ask an administrator";

/// Decides by Cedar policies, which were parsed and validated when this was made. Deciding does no I/O.
#[derive(Debug)]
pub struct CedarAuthorizer {
    rules: RuleSet,
    engine: Engine,
}

impl CedarAuthorizer {
    /// The rules that ship with Daypass.
    ///
    /// # Errors
    /// When they are broken; a test keeps it from happening.
    pub fn with_defaults() -> Result<Self, RulesError> {
        Self::new(DEFAULT_POLICIES)
    }

    /// These rules, and only these: none of the shipped ones stay in force beside them.
    ///
    /// # Errors
    /// The first rule that is wrong: see [`RulesError`].
    pub fn new(policies: &str) -> Result<Self, RulesError> {
        Ok(Self { rules: RuleSet::parse(policies)?, engine: Engine::new() })
    }

    /// The SHA-256 over policies and schema, in hexadecimal: what a ruling's `rules_hash` says.
    #[must_use]
    pub fn rules_hash(&self) -> &str {
        self.rules.hash()
    }

    fn ruling(&self, allowed: bool, policies: Vec<String>, lacking: Vec<String>) -> Ruling {
        let rules_hash = self.rules.hash().to_owned();
        Ruling { allowed, record: RulingRecord { policies, rules_hash }, obligations: Obligations::default(), lacking }
    }

    /// What the rules answer, and which of them were asked. The answer alone costs less than explaining it.
    pub(crate) fn judge(&self, situation: &Situation<'_>) -> Result<(Response, &ActionRules), Failure> {
        let action = situation.question.subject.action();
        let rules = self.rules.about(action).ok_or_else(|| format!("the schema has no action `{action}`"))?;
        Ok((self.engine.ask(rules, &rules.all, situation)?, rules))
    }

    fn broken(&self, question: &Question<'_>, cause: &Failure) -> Ruling {
        let action = question.subject.action();
        tracing::error!(
            cedar.action = action,
            cedar.cause = %cause,
            "rules for {action} failed, so it is refused: {cause}"
        );
        self.ruling(false, vec![], vec![RULES_FAILED.to_owned()])
    }
}

impl Authorizer for CedarAuthorizer {
    fn decide(&self, question: &Question<'_>) -> Ruling {
        let situation = Situation::of(question);
        let (response, rules) = match self.judge(&situation) {
            Ok(judged) => judged,
            Err(cause) => return self.broken(question, &cause),
        };
        let policies = deciding(&response);
        match response.decision() {
            Decision::Allow => self.ruling(true, policies, vec![]),
            Decision::Deny => self.ruling(false, policies, lacking::explain(&self.engine, rules, &situation)),
        }
    }
}

/// Asks Cedar, about what is and about what could be.
#[derive(Debug)]
pub(crate) struct Engine {
    cedar: cedar_policy::Authorizer,
    vocabulary: Vocabulary,
}

impl Engine {
    fn new() -> Self {
        Self { cedar: cedar_policy::Authorizer::new(), vocabulary: Vocabulary::new() }
    }

    pub(crate) fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// What `policies` say. Any error is one for the whole question: Cedar skips a policy that fails, and if that is a
    /// `forbid`, skipping it would allow.
    pub(crate) fn ask(
        &self,
        rules: &ActionRules,
        policies: &PolicySet,
        situation: &Situation<'_>,
    ) -> Result<Response, Failure> {
        let posed = situation.pose(&self.vocabulary, &rules.action)?;
        let response = self.cedar.is_authorized(&posed.request, policies, &posed.entities);
        let error = response.diagnostics().errors().next().cloned();
        error.map_or(Ok(response), |error| Err(error.into()))
    }
}

/// The ids of the policies that made the decision, in an order that does not depend on Cedar's.
fn deciding(response: &Response) -> Vec<String> {
    let mut ids: Vec<String> = response.diagnostics().reason().map(|id: &PolicyId| id.to_string()).collect();
    ids.sort_unstable();
    ids
}
