//! The statements of one effect, and which of them can be about an action at all: a policy with hundreds of statements is
//! mostly about other services.

use super::PreparedStatement;
use crate::document::{Effect, Match, Statement, Version};
use crate::request::{Action, ServiceKey};

/// Up to so many statements are looked at one by one.
const FEW_STATEMENTS: usize = 8;

/// Statements in the order of their document.
#[derive(Clone, Debug)]
pub(super) struct Statements {
    all: Box<[PreparedStatement]>,
    /// `None` when there are few.
    index: Option<Index>,
}

/// Positions of statements by the services they name.
#[derive(Clone, Debug)]
struct Index {
    /// Those that can be about any service, `NotAction` among them. INVARIANT: ascending.
    any: Box<[usize]>,
    /// Those that name the service. INVARIANT: ascending, each once.
    named: Box<[(ServiceKey, usize)]>,
}

impl Statements {
    /// Compile those statements of a document that have this effect.
    pub(super) fn new(document: &[Statement], effect: Effect, version: Version) -> Statements {
        let chosen = || document.iter().enumerate().filter(|(_, statement)| statement.effect() == effect);
        let all = chosen().map(|(place, statement)| PreparedStatement::new(place, statement, version));
        let all: Box<[PreparedStatement]> = all.collect();
        let index = (all.len() > FEW_STATEMENTS).then(|| Index::new(chosen().map(|(_, statement)| statement)));
        Statements { all, index }
    }

    /// The first statement that passes, of those that can be about the action.
    pub(super) fn find<'s>(
        &'s self,
        action: &Action,
        mut passes: impl FnMut(&'s PreparedStatement) -> bool,
    ) -> Option<&'s PreparedStatement> {
        match &self.index {
            None => self.all.iter().find(|statement| passes(statement)),
            Some(index) => {
                let mut about = index.about(action.service_key()).filter_map(|at| self.all.get(at));
                about.find(|statement| passes(statement))
            }
        }
    }
}

impl Index {
    fn new<'s>(statements: impl Iterator<Item = &'s Statement>) -> Index {
        let mut any = Vec::new();
        let mut named = Vec::new();
        for (at, statement) in statements.enumerate() {
            let services: Option<Vec<ServiceKey>> = match statement.action() {
                Match::Listed(actions) => actions.as_slice().iter().map(|text| ServiceKey::of_pattern(text)).collect(),
                Match::NotListed(_) => None,
            };
            match services {
                Some(services) => named.extend(services.into_iter().map(|service| (service, at))),
                None => any.push(at),
            }
        }
        named.sort_unstable();
        named.dedup();
        Index { any: any.into(), named: named.into() }
    }

    /// Both lists, merged.
    fn about(&self, wanted: ServiceKey) -> impl Iterator<Item = usize> {
        let from = self.named.partition_point(|(service, _)| *service < wanted);
        let named = self.named.get(from..).unwrap_or_default().iter();
        let mut named = named.take_while(move |(service, _)| *service == wanted).map(|(_, at)| *at).peekable();
        let mut any = self.any.iter().copied().peekable();
        std::iter::from_fn(move || match (named.peek(), any.peek()) {
            (Some(of_service), Some(of_any)) if of_any < of_service => any.next(),
            (Some(_), _) => named.next(),
            (None, _) => any.next(),
        })
    }
}
