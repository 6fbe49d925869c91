//! Documents compiled for evaluation: actions in lower case, globs, addresses, numbers and instants parsed once.
//!
//! What a policy says about one request is found without allocating, unless a policy variable has to be filled in.

mod arn_pattern;
mod condition;
mod principals;

use crate::context::Context;
use crate::document::{Effect, Match, OneOrMany, PolicyDocument, Statement, Version};
use crate::glob::Glob;
use crate::principal::Principal;
use crate::request::Request;
use crate::template::{Wildcards, pieces, tokens};
use arn_pattern::ArnPattern;
pub(crate) use condition::{PreparedCondition, parse_bool, parse_range};
pub(crate) use principals::{Grant, PreparedPrincipals, Standing};

/// A policy document compiled for evaluation.
#[derive(Clone, Debug)]
pub struct PreparedPolicy {
    statements: Box<[PreparedStatement]>,
}

impl PreparedPolicy {
    /// Compile a document. Values that can never match, such as a malformed address range, are kept as exactly that.
    #[must_use]
    pub fn new(document: &PolicyDocument) -> PreparedPolicy {
        let version = document.version().unwrap_or_default();
        let statements = document.statements().iter().map(|statement| PreparedStatement::new(statement, version));
        PreparedPolicy { statements: statements.collect() }
    }

    pub(crate) fn statements(&self) -> &[PreparedStatement] {
        &self.statements
    }
}

impl From<&PolicyDocument> for PreparedPolicy {
    fn from(document: &PolicyDocument) -> PreparedPolicy {
        PreparedPolicy::new(document)
    }
}

/// One compiled statement.
#[derive(Clone, Debug)]
pub(crate) struct PreparedStatement {
    pub(crate) sid: Option<Box<str>>,
    pub(crate) effect: Effect,
    principals: Option<Match<PreparedPrincipals>>,
    actions: Match<Box<[Glob]>>,
    resources: Option<Match<Box<[ArnPattern]>>>,
    conditions: Box<[PreparedCondition]>,
}

impl PreparedStatement {
    fn new(statement: &Statement, version: Version) -> PreparedStatement {
        PreparedStatement {
            sid: statement.name().map(Into::into),
            effect: statement.effect(),
            principals: statement.principal().map(|principals| map(principals, PreparedPrincipals::new)),
            actions: map(statement.action(), |actions| each(actions, action_glob)),
            resources: statement.resource().map(|resources| {
                map(resources, |patterns| each(patterns, |pattern| ArnPattern::new(pattern, version)))
            }),
            conditions: statement
                .conditions()
                .iter()
                .flat_map(|block| block.keys().iter().map(|(key, values)| (block.operator(), key, values)))
                .map(|(operator, key, values)| PreparedCondition::new(operator, key, values.as_slice(), version))
                .collect(),
        }
    }

    /// Whether the statement is about this request, leaving out whom it is about.
    pub(crate) fn applies(&self, request: &Request) -> bool {
        self.is_about(request) && self.conditions.iter().all(|condition| condition.holds(&request.context))
    }

    /// Action and resource alone.
    ///
    /// A statement without a resource is one of a trust policy or of another policy attached to the resource itself.
    pub(crate) fn is_about(&self, request: &Request) -> bool {
        let action = request.action.lower();
        chosen(&self.actions, |globs| globs.iter().any(|glob| glob.matches(action)))
            && self.resources.as_ref().is_none_or(|resources| {
                chosen(resources, |patterns| {
                    patterns.iter().any(|pattern| pattern.matches_resource(&request.resource, &request.context))
                })
            })
    }

    /// How the statement names the caller, if it does. A statement without principals names everybody.
    pub(crate) fn grant(&self, principal: &Principal, standing: Standing) -> Option<Grant> {
        match &self.principals {
            None => Some(Grant::Direct),
            Some(Match::Listed(principals)) => principals.grant(principal),
            Some(Match::NotListed(principals)) => {
                (!principals.exempt(principal, standing, self.effect)).then_some(Grant::Direct)
            }
        }
    }

    /// The keys, as written, that conditions of this statement ask for and the request lacks.
    pub(crate) fn missing_keys<'s>(&'s self, context: &'s Context) -> impl Iterator<Item = &'s str> {
        self.conditions.iter().filter_map(|condition| condition.missing_key(context))
    }
}

fn chosen<T>(element: &Match<T>, fits: impl FnOnce(&T) -> bool) -> bool {
    fits(element.listed()) != element.is_negated()
}

fn map<T, U>(element: &Match<T>, convert: impl FnOnce(&T) -> U) -> Match<U> {
    match element {
        Match::Listed(value) => Match::Listed(convert(value)),
        Match::NotListed(value) => Match::NotListed(convert(value)),
    }
}

fn each<T>(values: &OneOrMany<String>, convert: impl Fn(&str) -> T) -> Box<[T]> {
    values.as_slice().iter().map(|value| convert(value)).collect()
}

/// Actions ignore case and take no variables.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html>
fn action_glob(action: &str) -> Glob {
    let pieces = pieces(&action.to_ascii_lowercase(), Version::V2008, Wildcards::Active);
    Glob::new(&tokens(&pieces).unwrap_or_default())
}
