//! Documents taken apart for comparison: every statement becomes a conjunction of constraints, each on one aspect of a
//! request. Constraints that are written alike become one, so that they can never be told apart by mistake.

use std::collections::HashMap;

use super::callers;
use super::condition::Conditions;
use super::dimension::{Callers, Dimension, Domain, LeafId, Texts};
use super::shapes::Shapes;
use super::text::{Alphabet, AtomId, Form, Symbols, TextDomain};
use crate::document::{Effect, Match, OneOrMany, PolicyDocument, Principals, Statement, Version};
use crate::template::{Piece, Wildcards, pieces, resource_version};

/// A statement by its number.
pub(super) type RuleId = usize;

/// An aspect by its number.
pub(super) type DimensionId = usize;

/// Where a constraint stands.
pub(super) type Place = (DimensionId, LeafId);

const CALLER: DimensionId = 0;
const ACTION: DimensionId = 1;
const RESOURCE: DimensionId = 2;
const FIRST_KEY: DimensionId = 3;

/// A statement: it applies when all its constraints hold.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) effect: Effect,
    pub(super) leaves: Vec<Place>,
}

/// Everything that has to be known about the documents of a comparison.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) dimensions: Vec<Dimension>,
    pub(super) rules: Vec<Rule>,
    pub(super) symbols: Symbols,
    /// For each key that a variable needs, the constraint that it is present.
    pub(super) present: HashMap<Box<str>, Place>,
    /// Actions as written, by their lower-cased form.
    written: HashMap<String, String>,
}

impl Problem {
    /// Take documents apart. Statements are numbered through all documents, in order.
    pub(super) fn new(documents: &[&PolicyDocument]) -> Problem {
        Problem::about(documents, Statement::principal, Symbols::default())
    }

    /// The same with what is known about the values of variables.
    pub(super) fn shaped(documents: &[&PolicyDocument], shapes: &Shapes) -> Problem {
        Problem::about(documents, Statement::principal, Symbols::shaped(shapes.clone()))
    }

    /// The same for policies that are about whoever they are attached to, whatever principals they name.
    pub(super) fn about_anybody(documents: &[&PolicyDocument]) -> Problem {
        Problem::about(documents, |_| None, Symbols::default())
    }

    fn about<'d>(
        documents: &[&'d PolicyDocument],
        principal: impl Fn(&'d Statement) -> Option<&'d Match<Principals>>,
        symbols: Symbols,
    ) -> Problem {
        let statements = || {
            documents.iter().flat_map(|document| {
                let version = document.version().unwrap_or_default();
                document.statements().iter().map(move |statement| (statement, version))
            })
        };
        let mut builder = Builder::new(statements().filter_map(|(statement, _)| principal(statement)), symbols);
        let mut conditions = Conditions::new(statements().map(|(statement, _)| statement));
        let rules: Vec<Rule> = statements()
            .map(|(statement, version)| {
                let mut leaves = builder.leaves(statement, principal(statement), version);
                let on_keys = conditions.leaves(statement, version, &mut builder.symbols);
                leaves.extend(on_keys.into_iter().map(|(key, leaf)| (FIRST_KEY + key, leaf)));
                leaves.sort_unstable();
                leaves.dedup();
                Rule { effect: statement.effect(), leaves }
            })
            .collect();
        let present = conditions.present(&builder.symbols);
        let present = present.into_iter().map(|(key, (at, leaf))| (key, (FIRST_KEY + at, leaf))).collect();
        let own = [
            Domain::Callers(builder.callers),
            Domain::Action(builder.actions.texts),
            Domain::Resource(builder.resources.texts),
        ];
        let keys = conditions.domains.into_iter().map(Domain::Key);
        Problem {
            dimensions: own.into_iter().chain(keys).map(Dimension::new).collect(),
            rules,
            symbols: builder.symbols,
            present,
            written: builder.written,
        }
    }

    /// What is not followed exactly, if anything.
    pub(super) fn approximated(&self) -> Option<String> {
        if let Some(symbol) = self.symbols.first() {
            return Some(format!("the policy variable `${{{}}}`", symbol.key));
        }
        self.dimensions.iter().find(|aspect| aspect.is_approximate()).map(Dimension::name)
    }

    /// The action as a policy writes it, if one does.
    pub(super) fn written<'t>(&'t self, action: &'t str) -> &'t str {
        self.written.get(action).map_or(action, String::as_str)
    }
}

struct Builder<'d> {
    callers: Callers,
    named: Vec<&'d Match<Principals>>,
    actions: Patterns<'d>,
    resources: Patterns<'d>,
    symbols: Symbols,
    written: HashMap<String, String>,
}

/// Lists of patterns that became sets.
struct Patterns<'d> {
    texts: Texts,
    known: Vec<(&'d OneOrMany<String>, Version, AtomId)>,
}

impl<'d> Builder<'d> {
    fn new(principals: impl Iterator<Item = &'d Match<Principals>> + Clone, symbols: Symbols) -> Builder<'d> {
        let actions = TextDomain::new(Alphabet::Action, &[("?*:?*", Form::Action)], &[]);
        let resources = TextDomain::new(Alphabet::Any, &[("arn:?*:?*:*:*:?*", Form::Arn)], &["*"]);
        Builder {
            callers: Callers {
                callers: callers::told_apart(principals.clone()),
                canonical_users: callers::canonical_users(principals),
                leaves: Vec::new(),
            },
            named: Vec::new(),
            actions: Patterns { texts: Texts::new(actions), known: Vec::new() },
            resources: Patterns { texts: Texts::new(resources), known: Vec::new() },
            symbols,
            written: HashMap::new(),
        }
    }

    fn leaves(
        &mut self,
        statement: &'d Statement,
        principal: Option<&'d Match<Principals>>,
        version: Version,
    ) -> Vec<Place> {
        let mut leaves = Vec::with_capacity(2 + statement.conditions().len());
        if let Some(principals) = principal {
            leaves.push((CALLER, self.callers(principals)));
        }
        let actions = statement.action();
        self.write_down(actions.listed());
        let action = self.actions.leaf(actions, Version::V2008, &mut self.symbols, |text, _| {
            (pieces(&text.to_ascii_lowercase(), Version::V2008, Wildcards::Active), Form::Whole)
        });
        leaves.push((ACTION, action));
        if let Some(resources) = statement.resource() {
            let resource = self.resources.leaf(resources, version, &mut self.symbols, |text, version| {
                (pieces(text, resource_version(text, version), Wildcards::Active), Form::Resource)
            });
            leaves.push((RESOURCE, resource));
        }
        leaves
    }

    fn callers(&mut self, principals: &'d Match<Principals>) -> LeafId {
        match self.named.iter().position(|known| *known == principals) {
            Some(at) => at,
            None => {
                self.named.push(principals);
                let Callers { callers, canonical_users, leaves } = &mut self.callers;
                leaves.push(callers::holds(principals, callers, canonical_users));
                self.named.len() - 1
            }
        }
    }

    fn write_down(&mut self, actions: &OneOrMany<String>) {
        for action in actions.as_slice().iter().filter(|action| !action.contains(['*', '?'])) {
            let lower = action.to_ascii_lowercase();
            if lower != *action {
                self.written.entry(lower).or_insert_with(|| action.clone());
            }
        }
    }
}

impl<'d> Patterns<'d> {
    fn leaf(
        &mut self,
        element: &'d Match<OneOrMany<String>>,
        version: Version,
        symbols: &mut Symbols,
        compile: impl Fn(&str, Version) -> (Vec<Piece>, Form),
    ) -> LeafId {
        let listed = element.listed();
        let same = |(known, of, _): &&(&OneOrMany<String>, Version, AtomId)| {
            *of == version && known.as_slice() == listed.as_slice()
        };
        let atom = match self.known.iter().find(same) {
            Some((_, _, atom)) => *atom,
            None => {
                let patterns = listed.as_slice().iter().map(|text| compile(text, version));
                let atom = self.texts.domain.add(patterns, symbols);
                self.known.push((listed, version, atom));
                atom
            }
        };
        let leaf = (atom, element.is_negated());
        let found = self.texts.leaves.iter().position(|known| *known == leaf);
        found.unwrap_or_else(|| {
            self.texts.leaves.push(leaf);
            self.texts.leaves.len() - 1
        })
    }
}
