//! What checks look at, and where they put what they find.

use super::{Check, Finding};
use crate::catalogue::{KnownAction, catalogue};
use crate::document::{
    ConditionValue, Effect, Match, OneOrMany, PolicyDocument, PolicyKind, Source, Statement, Step, Version,
};
use crate::operator::{Comparison, Operator};

/// A document and what it serves as.
pub(super) struct Subject<'d> {
    pub(super) document: &'d PolicyDocument,
    pub(super) kind: PolicyKind,
    pub(super) version: Version,
    pub(super) statements: Vec<View<'d>>,
}

/// A statement, its place among the others, and the known actions it is about.
pub(super) struct View<'d> {
    pub(super) at: usize,
    pub(super) statement: &'d Statement,
    pub(super) actions: Vec<&'static KnownAction>,
}

/// One key of one condition block.
pub(super) struct Test<'d> {
    pub(super) operator: Operator,
    pub(super) key: &'d str,
    pub(super) values: &'d [ConditionValue],
}

/// What was found so far.
pub(super) struct Findings<'s> {
    source: &'s Source<'s>,
    found: Vec<Finding>,
}

impl<'d> Subject<'d> {
    pub(super) fn new(document: &'d PolicyDocument, kind: PolicyKind) -> Subject<'d> {
        let view = |(at, statement): (usize, &'d Statement)| View {
            at,
            statement,
            actions: catalogue().expand_element(statement.action()),
        };
        Subject {
            document,
            kind,
            version: document.version().unwrap_or_default(),
            statements: document.statements().iter().enumerate().map(view).collect(),
        }
    }

    /// Whether Allow statements grant something by themselves, rather than limit what others grant.
    pub(super) fn grants(&self) -> bool {
        !matches!(self.kind, PolicyKind::Boundary | PolicyKind::Scp | PolicyKind::Rcp | PolicyKind::Session)
    }

    pub(super) fn allows(&self) -> impl Iterator<Item = &View<'d>> {
        self.statements.iter().filter(|view| view.is_allow())
    }
}

impl<'d> View<'d> {
    pub(super) fn is_allow(&self) -> bool {
        self.statement.effect() == Effect::Allow
    }

    /// Whether the action is among those it is about.
    pub(super) fn is_about(&self, action: &KnownAction) -> bool {
        // They are in the order of the catalogue.
        self.actions.binary_search_by_key(&action.index(), |known| known.index()).is_ok()
    }

    /// The steps to the statement.
    pub(super) fn place(&self) -> [Step<'static>; 2] {
        [Step::Field("Statement"), Step::Item(self.at)]
    }

    /// The steps to the name of one of its fields.
    pub(super) fn field(&self, name: &'static str) -> [Step<'static>; 3] {
        let [statement, item] = self.place();
        [statement, item, Step::Name(name)]
    }

    /// The steps to a value of one of its fields.
    pub(super) fn item(&self, name: &'static str, at: usize) -> [Step<'static>; 4] {
        let [statement, item] = self.place();
        [statement, item, Step::Field(name), Step::Item(at)]
    }

    /// `Action` or `NotAction`.
    pub(super) fn action_field(&self) -> &'static str {
        if self.statement.action().is_negated() { "NotAction" } else { "Action" }
    }

    /// `Resource` or `NotResource`.
    pub(super) fn resource_field(&self) -> &'static str {
        if self.statement.resource().is_some_and(Match::is_negated) { "NotResource" } else { "Resource" }
    }

    pub(super) fn action_patterns(&self) -> &'d [String] {
        self.statement.action().listed().as_slice()
    }

    pub(super) fn resource_patterns(&self) -> &'d [String] {
        self.statement.resource().map_or(&[], |resource| resource.listed().as_slice())
    }

    /// The resource patterns, unless they say what is left out.
    pub(super) fn listed_resources(&self) -> Option<&'d [String]> {
        match self.statement.resource()? {
            Match::Listed(resources) => Some(resources.as_slice()),
            Match::NotListed(_) => None,
        }
    }

    pub(super) fn is_on_everything(&self) -> bool {
        self.listed_resources().is_some_and(|resources| resources.iter().any(|resource| resource == "*"))
    }

    /// Every condition on one key, in the order of the document.
    pub(super) fn tests(&self) -> impl Iterator<Item = Test<'d>> + use<'d> {
        let blocks = self.statement.conditions().iter();
        blocks.flat_map(|block| {
            let test = |(key, values): &'d (String, OneOrMany<ConditionValue>)| Test {
                operator: block.operator(),
                key,
                values: values.as_slice(),
            };
            block.keys().iter().map(test)
        })
    }

    pub(super) fn has_conditions(&self) -> bool {
        self.tests().next().is_some()
    }
}

impl Test<'_> {
    pub(super) fn comparison(&self) -> Comparison {
        self.operator.comparison()
    }

    pub(super) fn is_on(&self, key: &str) -> bool {
        self.key.eq_ignore_ascii_case(key)
    }

    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(ConditionValue::as_str)
    }

    /// Whether a request without the key satisfies the condition.
    pub(super) fn holds_without_key(&self) -> bool {
        use crate::operator::Quantifier;
        match self.comparison() {
            Comparison::Null => self.texts().any(|text| text.eq_ignore_ascii_case("true")),
            comparison => {
                self.operator.is_if_exists()
                    || match self.operator.quantifier() {
                        Some(Quantifier::ForAllValues) => true,
                        Some(Quantifier::ForAnyValue) => false,
                        None => comparison.is_negated(),
                    }
            }
        }
    }
}

impl<'s> Findings<'s> {
    pub(super) fn new(source: &'s Source<'s>) -> Findings<'s> {
        Findings { source, found: Vec::new() }
    }

    /// Something is wrong where the steps lead to.
    pub(super) fn add(
        &mut self,
        check: &'static Check,
        steps: &[Step<'_>],
        message: impl Into<String>,
        fix: impl Into<String>,
    ) {
        let spot = self.source.find(steps);
        self.found.push(Finding {
            check,
            line: spot.line,
            column: spot.column,
            pointer: spot.pointer,
            message: message.into(),
            fix: fix.into(),
        });
    }

    /// Something is wrong with the name of a condition key.
    pub(super) fn add_at_key(
        &mut self,
        check: &'static Check,
        (view, test): (&View<'_>, &Test<'_>),
        message: impl Into<String>,
        fix: impl Into<String>,
    ) {
        let operator = test.operator.to_string();
        let [statement, item] = view.place();
        let steps = [statement, item, Step::Field("Condition"), Step::Field(&operator), Step::Name(test.key)];
        self.add(check, &steps, message, fix);
    }

    /// Something is wrong with a value of a condition key.
    pub(super) fn add_at_value(
        &mut self,
        check: &'static Check,
        (view, test, at): (&View<'_>, &Test<'_>, usize),
        message: impl Into<String>,
        fix: impl Into<String>,
    ) {
        let operator = test.operator.to_string();
        let [statement, item] = view.place();
        let key = [Step::Field("Condition"), Step::Field(&operator), Step::Field(test.key), Step::Item(at)];
        self.add(check, &[&[statement, item][..], &key].concat(), message, fix);
    }

    pub(super) fn sorted(mut self) -> Vec<Finding> {
        self.found.sort_by_key(|finding| (finding.line, finding.column));
        self.found
    }
}

/// Names in backticks, the first few of many.
pub(super) fn some_of<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    const SHOWN: usize = 3;
    let names: Vec<&str> = names.into_iter().collect();
    let shown = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
