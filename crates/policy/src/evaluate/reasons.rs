//! The reasons of a decision, gathered after it is made, so that deciding itself stays cheap.

use super::{Scope, Spot, Verdict};
use crate::answer::{Answer, Decision, Layer, StatementRef};
use crate::document::Effect;
use crate::prepared::PreparedStatement;

pub(super) fn answer<'a>(scope: &Scope<'a>, verdict: Verdict<'a>) -> Answer {
    match verdict {
        Verdict::Denied(spot) => Answer {
            decision: Decision::ExplicitlyDenied,
            deciding: vec![named(spot)],
            stopped_by: None,
            missing_keys: keys(&[spot.statement], scope),
            subject: None,
        },
        Verdict::Stopped(layer) => Answer {
            decision: Decision::ImplicitlyDenied,
            deciding: Vec::new(),
            stopped_by: Some(layer),
            missing_keys: keys(&candidates(scope, layer), scope),
            subject: Some(subject(scope)),
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

fn subject(scope: &Scope<'_>) -> Box<str> {
    [scope.asked.request.action.as_str(), " on ", &scope.asked.request.resource].concat().into()
}

/// The first Allow of every layer that has one.
fn allows(scope: &Scope<'_>) -> Vec<StatementRef> {
    let mut found = Vec::new();
    scope.each_layer(|layer, policies| -> Option<()> {
        found.extend(scope.first_allow(layer, policies).map(named));
        None
    });
    found
}

fn named(spot: Spot<'_>) -> StatementRef {
    StatementRef {
        layer: spot.layer,
        policy: spot.policy,
        statement: spot.statement.place,
        sid: spot.statement.sid.as_deref().map(str::to_owned),
    }
}

/// Allows of the layer that are about the request, were it not for their conditions.
fn candidates<'a>(scope: &Scope<'a>, layer: Layer) -> Vec<&'a PreparedStatement> {
    let mut candidates = Vec::new();
    for policy in scope.policies(layer) {
        policy.find(Effect::Allow, &scope.asked, |statement| {
            if scope.is_named(layer, statement) && statement.is_about(&scope.asked) {
                candidates.push(statement);
            }
            false
        });
    }
    candidates
}

/// Keys that the statements ask for and the request lacks, each once.
fn keys(statements: &[&PreparedStatement], scope: &Scope<'_>) -> Vec<String> {
    let missing = statements.iter().flat_map(|statement| statement.missing_keys(&scope.asked.request.context));
    let mut keys: Vec<String> = missing.map(str::to_owned).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}
