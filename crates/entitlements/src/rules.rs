//! A rule set: parsed, named, checked against the schema, and sorted by what each rule is about.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;

use cedar_policy::{Effect, EntityUid, ParseErrors, Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator};
use daypass_vending::audit::Digest256;
use miette::Diagnostic;

const SCHEMA: &str = include_str!("../policies/schema.cedarschema");

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
    /// An annotation that no program reads, probably misspelt. Ignoring it could ignore a limit somebody relies on.
    #[error("rule `{id}` at {place} has an annotation that means nothing here: `@{annotation}`")]
    Annotation {
        /// The rule.
        id: String,
        /// Where it begins.
        place: Place,
        /// The annotation's name.
        annotation: String,
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

/// A place in the text of the rules, counted from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The character within the line.
    pub column: usize,
}

impl Default for Place {
    /// The beginning: for what concerns the text as a whole.
    fn default() -> Self {
        Self { line: 1, column: 1 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// All rules. INVARIANT: every policy is named by its `@id` and fits the schema.
#[derive(Debug)]
pub(crate) struct RuleSet {
    actions: BTreeMap<String, ActionRules>,
    hash: String,
}

/// The rules that can matter to one action. Asking these gives the same answer as asking all of them.
#[derive(Debug)]
pub(crate) struct ActionRules {
    pub(crate) action: EntityUid,
    pub(crate) all: PolicySet,
    pub(crate) permits: PolicySet,
    /// Every entity that these rules name.
    pub(crate) named: Vec<EntityUid>,
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
        Ok(Self { actions: by_action(&rules, &schema), hash: hash(text) })
    }

    /// The rules about an action; `None` for an action the schema does not have.
    pub(crate) fn about(&self, action: &str) -> Option<&ActionRules> {
        self.actions.get(action)
    }

    pub(crate) fn hash(&self) -> &str {
        &self.hash
    }
}

impl ActionRules {
    /// These of the rules.
    pub(crate) fn only(&self, keep: impl Fn(&Policy) -> bool) -> PolicySet {
        collect(self.all.policies().filter(|policy| keep(policy)))
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
    if let Some((annotation, _)) = policy.annotations().find(|(name, _)| *name != "id") {
        return Err(RulesError::Annotation { id: id.to_owned(), place, annotation: annotation.to_owned() });
    }
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

/// Sort rules by the actions they can apply to, so that a decision looks at no others. The validator tells: it tried every
/// rule with every action.
fn by_action(rules: &[Policy], schema: &Schema) -> BTreeMap<String, ActionRules> {
    let applies: Vec<BTreeSet<EntityUid>> = rules
        .iter()
        .map(|rule| rule.get_valid_request_envs(schema).map(|case| case.action().clone()).collect())
        .collect();
    let mut actions = BTreeMap::new();
    for action in schema.actions() {
        let about = || rules.iter().zip(&applies).filter(|(_, actions)| actions.contains(action)).map(|(rule, _)| rule);
        let permits = collect(about().filter(|rule| rule.effect() == Effect::Permit));
        let named = about().flat_map(Policy::entity_literals).collect::<HashSet<_>>().into_iter().collect();
        let rules = ActionRules { action: action.clone(), all: collect(about()), permits, named };
        actions.insert(action.id().unescaped().to_owned(), rules);
    }
    actions
}

#[expect(clippy::expect_used, reason = "by INVARIANT on `RuleSet`: each `@id` is there once")]
fn collect<'a>(rules: impl IntoIterator<Item = &'a Policy>) -> PolicySet {
    PolicySet::from_policies(rules.into_iter().cloned()).expect("ids are unique")
}

/// The rule set's fingerprint. The schema is in it because it gives the rules their meaning.
fn hash(text: &str) -> String {
    Digest256::of([text, SCHEMA].join("\0").as_bytes()).to_string()
}

fn place_of(finding: &(impl Diagnostic + ?Sized), text: &str) -> Option<Place> {
    finding.labels()?.next().map(|label| place_at(text, label.offset()))
}

/// Where a rule stands; of equal ones, the last, which is the one too many.
fn place_in(text: &str, rule: &str) -> Place {
    text.rfind(rule).map_or(Place::default(), |offset| place_at(text, offset))
}

fn place_at(text: &str, offset: usize) -> Place {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before.get(line_start..).map_or(0, |line| line.chars().count());
    Place { line: before.matches('\n').count() + 1, column: column + 1 }
}
