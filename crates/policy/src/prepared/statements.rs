//! The statements of one effect, and which of them can be about an action at all: a policy with hundreds of statements is
//! mostly about other services.

use super::PreparedStatement;
use crate::document::{Match, Statement, Version};
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
    /// Compile statements that stand at these places of a document.
    pub(super) fn new(statements: &[(usize, &Statement)], version: Version) -> Statements {
        let all = statements.iter().map(|(place, statement)| PreparedStatement::new(*place, statement, version));
        let index = (statements.len() > FEW_STATEMENTS).then(|| Index::new(statements));
        Statements { all: all.collect(), index }
    }

    /// The statements that can be about the action, in their order.
    pub(super) fn about(&self, action: &Action) -> impl Iterator<Item = &PreparedStatement> {
        let indexed = self.index.as_ref().map(|index| index.about(action.service_key()));
        let few = if indexed.is_none() { &*self.all } else { &[] };
        few.iter().chain(indexed.into_iter().flatten().filter_map(|at| self.all.get(at)))
    }
}

impl Index {
    fn new(statements: &[(usize, &Statement)]) -> Index {
        let mut any = Vec::new();
        let mut named = Vec::new();
        for (at, (_, statement)) in statements.iter().enumerate() {
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
