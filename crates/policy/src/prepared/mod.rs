//! Documents compiled for evaluation: actions in lower case, globs, addresses, numbers and instants parsed once,
//! statements sorted by effect and, where there are many, by service.
//!
//! What a policy says about one request is found without allocating, unless a policy variable stands behind a wildcard.

mod actions;
mod arn_pattern;
mod condition;
mod principals;
mod statements;

use crate::arn::Split;
use crate::context::Context;
use crate::document::{Effect, Match, PolicyDocument, Statement, Version};
use crate::principal::Principal;
use crate::request::Request;
use crate::template::resource_version;
use actions::Actions;
use arn_pattern::ArnPattern;
pub(crate) use condition::{PreparedCondition, parse_bool, parse_range};
pub(crate) use principals::{Grant, PreparedPrincipals, Standing};
use statements::Statements;

/// A policy document compiled for evaluation.
#[derive(Clone, Debug)]
pub struct PreparedPolicy {
    denies: Statements,
    allows: Statements,
}

/// A request with its resource taken apart, once for all patterns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'r> {
    pub(crate) request: &'r Request,
    pub(crate) resource: Split<'r>,
}

impl PreparedPolicy {
    /// Compile a document. Values that can never match, such as a malformed address range, are kept as exactly that.
    #[must_use]
    pub fn new(document: &PolicyDocument) -> PreparedPolicy {
        let version = document.version().unwrap_or_default();
        let of = |effect| Statements::new(document.statements(), effect, version);
        PreparedPolicy { denies: of(Effect::Deny), allows: of(Effect::Allow) }
    }

    /// The first statement of this effect that passes, in the order of the document. Statements that cannot be about
    /// the action may be left out.
    pub(crate) fn find<'s>(
        &'s self,
        effect: Effect,
        asked: &Asked<'_>,
        passes: impl FnMut(&'s PreparedStatement) -> bool,
    ) -> Option<&'s PreparedStatement> {
        let statements = match effect {
            Effect::Deny => &self.denies,
            Effect::Allow => &self.allows,
        };
        statements.find(&asked.request.action, passes)
    }
}

impl From<&PolicyDocument> for PreparedPolicy {
    fn from(document: &PolicyDocument) -> PreparedPolicy {
        PreparedPolicy::new(document)
    }
}

impl<'r> Asked<'r> {
    pub(crate) fn new(request: &'r Request) -> Asked<'r> {
        Asked { request, resource: Split::new(&request.resource) }
    }
}

/// One compiled statement.
#[derive(Clone, Debug)]
pub(crate) struct PreparedStatement {
    /// Where it stands in its document, from 0.
    pub(crate) place: usize,
    pub(crate) sid: Option<Box<str>>,
    effect: Effect,
    principals: Option<Match<PreparedPrincipals>>,
    actions: Match<Actions>,
    resources: Option<Match<Box<[ArnPattern]>>>,
    conditions: Box<[PreparedCondition]>,
}

impl PreparedStatement {
    fn new(place: usize, statement: &Statement, version: Version) -> PreparedStatement {
        let conditions = statement.conditions().iter().flat_map(|block| {
            let keys = block.keys().iter();
            keys.map(|(key, values)| PreparedCondition::new(block.operator(), key, values.as_slice(), version))
        });
        PreparedStatement {
            place,
            sid: statement.name().map(Into::into),
            effect: statement.effect(),
            principals: statement.principal().map(|principals| map(principals, PreparedPrincipals::new)),
            actions: map(statement.action(), |actions| Actions::new(actions.as_slice())),
            resources: statement.resource().map(|resources| {
                map(resources, |patterns| {
                    let read = |pattern: &String| ArnPattern::new(pattern, resource_version(pattern, version));
                    patterns.as_slice().iter().map(read).collect()
                })
            }),
            conditions: conditions.collect(),
        }
    }

    /// Whether the statement is about this request, leaving out whom it is about.
    pub(crate) fn applies(&self, asked: &Asked<'_>) -> bool {
        self.is_about(asked) && self.conditions.iter().all(|condition| condition.holds(&asked.request.context))
    }

    /// Action and resource alone.
    ///
    /// A statement without a resource is one of a trust policy or of another policy attached to the resource itself.
    pub(crate) fn is_about(&self, asked: &Asked<'_>) -> bool {
        let context = &asked.request.context;
        chosen(&self.actions, |actions| actions.matches(&asked.request.action))
            && self.resources.as_ref().is_none_or(|resources| {
                chosen(resources, |patterns| {
                    patterns.iter().any(|pattern| pattern.matches_resource(&asked.resource, context))
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
