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
            missing_keys: missing_keys(scope, spot.layer, Effect::Deny),
            subject: None,
        },
        Verdict::Stopped(layer) => Answer {
            decision: Decision::ImplicitlyDenied,
            deciding: Vec::new(),
            stopped_by: Some(layer),
            missing_keys: missing_keys(scope, layer, Effect::Allow),
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
    let statement =
        policies(scope, spot.layer).get(spot.policy).and_then(|policy| policy.statements().get(spot.statement));
    StatementRef {
        layer: spot.layer,
        policy: spot.policy,
        statement: spot.statement,
        sid: statement.and_then(|statement| statement.sid.as_deref()).map(str::to_owned),
    }
}

/// Keys that the request lacks and that statements of this effect in this layer, being about the request, ask for.
fn missing_keys(scope: &Scope<'_>, layer: Layer, effect: Effect) -> Vec<String> {
    let is_candidate = |statement: &&PreparedStatement| {
        statement.effect == effect && scope.is_named(layer, statement) && statement.is_about(scope.request)
    };
    let statements = policies(scope, layer).iter().flat_map(PreparedPolicy::statements).filter(is_candidate);
    let mut keys: Vec<String> =
        statements.flat_map(|statement| statement.missing_keys(&scope.request.context)).map(str::to_owned).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn policies<'a>(scope: &Scope<'a>, layer: Layer) -> &'a [PreparedPolicy] {
    scope.each_layer(|candidate, policies| (candidate == layer).then_some(policies)).unwrap_or_default()
}
