//! The reasons of a decision, gathered after it is made, so that deciding itself stays cheap.

use super::{Scope, Spot, Verdict};
use crate::answer::{Answer, Decision, Layer, StatementRef, Subject};
use crate::document::Effect;
use crate::prepared::{PreparedPolicy, PreparedStatement};

pub(super) fn answer(scope: &Scope<'_>, verdict: Verdict) -> Answer {
    match verdict {
        Verdict::Denied(spot) => Answer {
            decision: Decision::ExplicitlyDenied,
            deciding: vec![named(scope, spot)],
            stopped_by: None,
            missing_keys: keys(statement(scope, spot).into_iter(), scope),
            subject: None,
        },
        Verdict::Stopped(layer) => Answer {
            decision: Decision::ImplicitlyDenied,
            deciding: Vec::new(),
            stopped_by: Some(layer),
            missing_keys: keys(candidates(scope, layer), scope),
            subject: Some(Subject {
                action: scope.request.action.to_string(),
                resource: scope.request.resource.clone(),
            }),
        },
        Verdict::Allowed => Answer {
            decision: Decision::Allowed,
            deciding: allows(scope),
            stopped_by: None,
            missing_keys: Vec::new(),
            subject: None,
        },
    }
}

/// The first Allow of every layer that has one.
fn allows(scope: &Scope<'_>) -> Vec<StatementRef> {
    let mut found = Vec::new();
    scope.each_layer(|layer, policies| -> Option<()> {
        found.extend(scope.first(Effect::Allow, layer, policies).map(|spot| named(scope, spot)));
        None
    });
    found
}

fn named(scope: &Scope<'_>, spot: Spot) -> StatementRef {
    StatementRef {
        layer: spot.layer,
        policy: spot.policy,
        statement: spot.statement,
        sid: statement(scope, spot).and_then(|statement| statement.sid.as_deref()).map(str::to_owned),
    }
}

fn statement<'a>(scope: &Scope<'a>, spot: Spot) -> Option<&'a PreparedStatement> {
    policies(scope, spot.layer).get(spot.policy)?.statements().get(spot.statement)
}

/// Allows of the layer that are about the request, were it not for their conditions.
fn candidates<'a>(scope: &Scope<'a>, layer: Layer) -> impl Iterator<Item = &'a PreparedStatement> {
    policies(scope, layer).iter().flat_map(PreparedPolicy::statements).filter(move |statement| {
        statement.effect == Effect::Allow && scope.is_named(layer, statement) && statement.is_about(scope.request)
    })
}

/// Keys that the statements ask for and the request lacks, each once.
fn keys<'a>(statements: impl Iterator<Item = &'a PreparedStatement>, scope: &Scope<'a>) -> Vec<String> {
    let missing = statements.flat_map(|statement| statement.missing_keys(&scope.request.context));
    let mut keys: Vec<String> = missing.map(str::to_owned).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn policies<'a>(scope: &Scope<'a>, layer: Layer) -> &'a [PreparedPolicy] {
    scope.each_layer(|candidate, policies| (candidate == layer).then_some(policies)).unwrap_or_default()
}
