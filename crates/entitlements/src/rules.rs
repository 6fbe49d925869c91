//! A rule set: parsed, named, checked against the schema, and sorted by what each rule is about.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{Effect, EntityUid, ParseErrors, Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator};
use daypass_vending::audit::Digest256;
use daypass_vending::request::PassDuration;
use miette::Diagnostic;

use crate::cedar::SCHEMA;
use crate::index::Index;
use crate::necessary::{Clause, clauses, numbers};
use crate::place::{Place, place_in, place_of};
use crate::terms::Terms;

/// The action that gets a session.
const REQUEST: &str = "RequestSession";

/// How far rules may follow attributes. What lies further is not loaded for a decision, so a rule that looked there would
/// fail when it is needed instead of here (<https://docs.cedarpolicy.com/policies/validation.html>).
const REACH: u32 = 1;

/// Why rules cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// The text is not Cedar.
    #[error("the rules cannot be read at {place}: {reason}")]
    Syntax {
        /// Where.
        place: Place,
        /// What the parser says.
        reason: String,
    },
    /// A rule has no name, so the trail could not say which one decided.
    #[error("the rule at {place} has no `@id(\"…\")`")]
    Unnamed {
        /// Where the rule begins.
        place: Place,
    },
    /// Two rules have the same name.
    #[error("the rule at {place} has the same id as another one: `{id}`")]
    Twice {
        /// The name.
        id: String,
        /// Where the later rule begins.
        place: Place,
    },
    /// An annotation that no program reads, probably misspelt, or one that cannot be meant. Ignoring it could ignore a limit
    /// that somebody relies on.
    #[error("rule `{id}` at {place} has terms that cannot be kept: {reason}")]
    Terms {
        /// The rule.
        id: String,
        /// Where it begins.
        place: Place,
        /// Which annotation, and why.
        reason: String,
    },
    /// A rule with slots, which nobody fills.
    #[error("the rule at {place} is a template, with `?principal` or `?resource`; write out who and what is meant")]
    Template {
        /// Where it begins.
        place: Place,
    },
    /// A rule does not fit the schema, or can never apply.
    #[error("rule `{id}` at {place} is wrong: {reason}")]
    Invalid {
        /// The rule.
        id: String,
        /// Where in the rule.
        place: Place,
        /// What the validator says.
        reason: String,
    },
    /// The schema, which is part of the program, is broken.
    #[error("the schema is broken: {0}")]
    Schema(String),
}

impl RulesError {
    /// Where in the text it is wrong; `None` when it is not the text that is.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        match self {
            Self::Syntax { place, .. }
            | Self::Unnamed { place }
            | Self::Twice { place, .. }
            | Self::Terms { place, .. }
            | Self::Template { place }
            | Self::Invalid { place, .. } => Some(*place),
            Self::Schema(_) => None,
        }
    }
}

/// All rules. INVARIANT: every policy is named by its `@id`, fits the schema, and has terms that can be kept.
#[derive(Debug)]
pub(crate) struct RuleSet {
    actions: BTreeMap<String, ActionRules>,
    hash: String,
    count: usize,
}

/// The rules that can matter to one action. Asking these gives the same answer as asking all of them.
#[derive(Debug)]
pub(crate) struct ActionRules {
    pub(crate) action: EntityUid,
    pub(crate) rules: Vec<Rule>,
    pub(crate) index: Index,
}

/// One rule, and what is known about it before it is asked.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) policy: Policy,
    pub(crate) terms: Terms,
    pub(crate) clauses: Vec<Clause>,
    /// The entities it names anywhere.
    pub(crate) named: Vec<EntityUid>,
    /// The whole numbers in it: limits, most likely.
    pub(crate) numbers: Vec<i64>,
}

/// What rules can talk about.
pub(crate) fn schema() -> Result<Schema, RulesError> {
    let parsed = Schema::from_cedarschema_str(SCHEMA);
    parsed.map(|(schema, _)| schema).map_err(|error| RulesError::Schema(error.to_string()))
}

impl RuleSet {
    pub(crate) fn parse(text: &str) -> Result<Self, RulesError> {
        let schema = schema()?;
        let rules = named(text)?;
        validate(&rules, &schema, text)?;
        let rules =
            rules.into_iter().map(|policy| rule(with_actions(policy, &schema), text)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { actions: by_action(&rules, &schema), hash: hash(text), count: rules.len() })
    }

    /// How many rules there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The rules about an action; `None` for an action the schema does not have.
    pub(crate) fn about(&self, action: &str) -> Option<&ActionRules> {
        self.actions.get(action)
    }

    /// The rules by action.
    pub(crate) fn actions(&self) -> impl Iterator<Item = &ActionRules> + Clone {
        self.actions.values()
    }

    pub(crate) fn hash(&self) -> &str {
        &self.hash
    }
}

impl Rule {
    pub(crate) fn id(&self) -> &str {
        let id: &str = self.policy.id().as_ref();
        id
    }

    pub(crate) fn is_permit(&self) -> bool {
        self.policy.effect() == Effect::Permit
    }
}

/// The policies of the text, each named by its `@id`.
fn named(text: &str) -> Result<Vec<Policy>, RulesError> {
    let parsed: PolicySet = text.parse().map_err(|errors: ParseErrors| RulesError::Syntax {
        place: place_of(&errors, text).unwrap_or_default(),
        reason: errors.to_string(),
    })?;
    if let Some(template) = parsed.templates().next() {
        return Err(RulesError::Template { place: place_in(text, &template.to_string()) });
    }
    let mut ids = BTreeSet::new();
    parsed.policies().map(|policy| name(policy, text, &mut ids)).collect()
}

fn name(policy: &Policy, text: &str, ids: &mut BTreeSet<String>) -> Result<Policy, RulesError> {
    let place = place_in(text, &policy.to_string());
    let Some(id) = policy.annotation("id").filter(|id| !id.is_empty()) else {
        return Err(RulesError::Unnamed { place });
    };
    if ids.insert(id.to_owned()) {
        Ok(policy.new_id(PolicyId::new(id)))
    } else {
        Err(RulesError::Twice { id: id.to_owned(), place })
    }
}

/// Every rule fits the schema and can apply. Warnings count, because each says that a rule is not what it looks like:
/// it never applies, or its text hides characters.
fn validate(rules: &[Policy], schema: &Schema, text: &str) -> Result<(), RulesError> {
    let result = Validator::new(schema.clone()).validate_with_level(&collect(rules), ValidationMode::Strict, REACH);
    let errors = result.validation_errors().map(|error| invalid(error.policy_id(), error, text));
    let warnings = result.validation_warnings().map(|warning| invalid(warning.policy_id(), warning, text));
    match errors.chain(warnings).min_by_key(|(place, _)| *place) {
        Some((_, error)) => Err(error),
        None => Ok(()),
    }
}

fn invalid(id: &PolicyId, finding: &impl Diagnostic, text: &str) -> (Place, RulesError) {
    let place = place_of(finding, text).unwrap_or_default();
    (place, RulesError::Invalid { id: id.to_string(), place, reason: finding.to_string() })
}

/// A rule with its terms. Terms are about getting a session, so a rule that has some is about nothing else.
fn rule(
    (policy, actions): (Policy, BTreeSet<EntityUid>),
    text: &str,
) -> Result<(Rule, BTreeSet<EntityUid>), RulesError> {
    let refuse = |reason| {
        let (id, place) = (policy.id().to_string(), place_in(text, &policy.to_string()));
        RulesError::Terms { id, place, reason }
    };
    let terms = Terms::of(&policy).map_err(refuse)?;
    if !terms.is_empty() && actions.iter().any(|action| action.id().unescaped() != REQUEST) {
        let reason = format!("terms are for `Action::\"{REQUEST}\"`, and the rule is about other actions, too");
        return Err(refuse(reason));
    }
    let (clauses, named) = (clauses(&policy), policy.entity_literals());
    let mut numbers = numbers(&policy);
    numbers.extend(terms.max.map(PassDuration::seconds));
    Ok((Rule { policy, terms, clauses, named, numbers }, actions))
}

/// A rule and the actions that it can apply to. The validator tells: it tries every rule with every action.
fn with_actions(policy: Policy, schema: &Schema) -> (Policy, BTreeSet<EntityUid>) {
    let actions = policy.get_valid_request_envs(schema).map(|case| case.action().clone()).collect();
    (policy, actions)
}

/// Sort rules by the actions they can apply to, so that a decision looks at no others.
fn by_action(rules: &[(Rule, BTreeSet<EntityUid>)], schema: &Schema) -> BTreeMap<String, ActionRules> {
    let mut actions = BTreeMap::new();
    for action in schema.actions() {
        let about = rules.iter().filter(|(_, actions)| actions.contains(action)).map(|(rule, _)| rule.clone());
        let mut rules: Vec<Rule> = about.collect();
        rules.sort_unstable_by(|a, b| a.id().cmp(b.id()));
        let index = Index::of(rules.iter().map(|rule| rule.clauses.as_slice()));
        actions.insert(action.id().unescaped().to_owned(), ActionRules { action: action.clone(), rules, index });
    }
    actions
}

#[expect(clippy::expect_used, reason = "by INVARIANT on `RuleSet`: each `@id` is there once")]
pub(crate) fn collect<'a>(rules: impl IntoIterator<Item = &'a Policy>) -> PolicySet {
    PolicySet::from_policies(rules.into_iter().cloned()).expect("ids are unique")
}

/// The rule set's fingerprint. The schema is in it because it gives the rules their meaning.
pub(crate) fn hash(text: &str) -> String {
    Digest256::of([text, SCHEMA].join("\0").as_bytes()).to_string()
}
