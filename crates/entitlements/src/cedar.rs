//! The adapter: a question goes in, Cedar decides, a ruling comes out.

use std::collections::HashSet;

use cedar_policy::{Decision, PolicyId};
use daypass_vending::ports::{Authorizer, Question, Ruling};
use daypass_vending::session::{Obligations, RulingRecord};

use crate::lacking;
use crate::rules::{ActionRules, Rule, RuleSet, RulesError, collect, hash};
use crate::situation::{Failure, Situation, Vocabulary};
use crate::unreachable::unreachable;

/// The rules that ship with Daypass, as text.
pub const DEFAULT_POLICIES: &str = include_str!("../policies/default.cedar");

/// What rules can talk about: the Cedar schema that they are checked against.
pub const SCHEMA: &str = include_str!("../policies/schema.cedarschema");

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

    /// The same, asking Cedar about every rule for an action instead of those that can apply. It comes to the same and
    /// takes longer: what the index is tested and measured against.
    #[must_use]
    pub fn asking_all(mut self) -> Self {
        self.engine.asks_all = true;
        self
    }

    /// The SHA-256 over policies and schema, in hexadecimal: what a ruling's `rules_hash` says.
    #[must_use]
    pub fn rules_hash(&self) -> &str {
        self.rules.hash()
    }

    /// The hash that these policies would have as rules, whether they can be used or not.
    #[must_use]
    pub fn hash_of(policies: &str) -> String {
        hash(policies)
    }

    /// Permits that can never count, each with a forbid that says no to all it says yes to. Not every such permit is found.
    #[must_use]
    pub fn unreachable(&self) -> Vec<(String, String)> {
        unreachable(self.rules.actions())
    }

    /// How many rules there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.rules.count()
    }

    /// What the rules answer.
    pub(crate) fn judge(&self, situation: &Situation<'_>) -> Result<Answer<'_>, Failure> {
        self.engine.ask(self.about(situation.question)?, situation)
    }

    fn about(&self, question: &Question<'_>) -> Result<&ActionRules, Failure> {
        let action = question.subject.action();
        self.rules.about(action).ok_or_else(|| format!("the schema has no action `{action}`").into())
    }

    fn ruling(&self, allowed: bool, policies: Vec<String>) -> Ruling {
        let record = RulingRecord { policies, rules_hash: self.rules.hash().to_owned() };
        Ruling { allowed, record, obligations: Obligations::default(), max: None }
    }
}

impl Authorizer for CedarAuthorizer {
    fn decide(&self, question: &Question<'_>) -> Ruling {
        match self.judge(&Situation::of(question)) {
            Ok(Answer::Allowed { by }) => Ruling {
                obligations: by.terms.obligations.clone(),
                max: by.terms.max,
                ..self.ruling(true, vec![by.id().to_owned()])
            },
            Ok(Answer::Refused { by }) => self.ruling(false, by),
            Err(cause) => {
                let action = question.subject.action();
                tracing::error!(
                    cedar.action = action,
                    cedar.cause = %cause,
                    "rules for {action} failed, so it is refused: {cause}"
                );
                self.ruling(false, vec![])
            }
        }
    }

    fn lacking(&self, question: &Question<'_>) -> Vec<String> {
        let situation = Situation::of(question);
        let explained = self.judge(&situation).and_then(|_| self.about(question));
        match explained {
            Ok(rules) => lacking::explain(&self.engine, rules, &situation),
            Err(_) => vec![RULES_FAILED.to_owned()],
        }
    }
}

/// What rules say.
#[derive(Clone, Debug)]
pub(crate) enum Answer<'a> {
    /// Yes: this permit allows it, on its terms alone.
    Allowed {
        /// The least demanding of the permits that do.
        by: &'a Rule,
    },
    /// No.
    Refused {
        /// The ids of the forbids that apply, sorted; none when only a permit is missing.
        by: Vec<String>,
    },
}

/// Asks Cedar, about what is and about what could be.
#[derive(Debug)]
pub(crate) struct Engine {
    cedar: cedar_policy::Authorizer,
    vocabulary: Vocabulary,
    asks_all: bool,
}

impl Engine {
    fn new() -> Self {
        Self { cedar: cedar_policy::Authorizer::new(), vocabulary: Vocabulary::new(), asks_all: false }
    }

    pub(crate) fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// What the rules say, of which only those are asked that can apply. Any error is one for the whole question: Cedar skips
    /// a policy that fails, and if that is a `forbid`, skipping it would allow.
    pub(crate) fn ask<'a>(&self, rules: &'a ActionRules, situation: &Situation<'_>) -> Result<Answer<'a>, Failure> {
        let asked = self.that_can_apply(rules, situation);
        let policies = collect(asked.iter().map(|rule| &rule.policy));
        let posed = situation.pose(&self.vocabulary, &rules.action)?;
        let response = self.cedar.is_authorized(&posed.request, &policies, &posed.entities);
        if let Some(error) = response.diagnostics().errors().next() {
            return Err(error.clone().into());
        }
        let reasons: HashSet<&PolicyId> = response.diagnostics().reason().collect();
        let deciding = asked.into_iter().filter(|rule| reasons.contains(rule.policy.id()));
        if response.decision() == Decision::Deny {
            return Ok(Answer::Refused { by: deciding.map(|rule| rule.id().to_owned()).collect() });
        }
        let seconds = situation.wish.map(|wish| wish.seconds);
        let in_time = deciding.filter(|rule| rule.terms.allows(seconds));
        // The rules are sorted by id, and of equally demanding ones the first is taken.
        let least = in_time.min_by_key(|rule| rule.terms.obligations.approvals);
        Ok(least.map_or(Answer::Refused { by: vec![] }, |by| Answer::Allowed { by }))
    }

    /// The whole numbers that stand in the rules which can apply, and in their terms.
    pub(crate) fn numbers(&self, rules: &ActionRules, situation: &Situation<'_>) -> Vec<i64> {
        self.that_can_apply(rules, situation).iter().flat_map(|rule| rule.numbers.iter().copied()).collect()
    }

    fn that_can_apply<'a>(&self, rules: &'a ActionRules, situation: &Situation<'_>) -> Vec<&'a Rule> {
        if self.asks_all {
            return rules.rules.iter().collect();
        }
        let truth = rules.index.truth(situation.facts(&self.vocabulary).into_iter());
        rules.index.possible(&truth).filter_map(|number| rules.rules.get(number)).collect()
    }
}
