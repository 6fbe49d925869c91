//! Requests and decisions as people read them.

use daypass_policy::cases::{Reason, display_key};
use daypass_policy::{Answer, ContextValue, Decision, Request};

use crate::escape::escape;
use crate::printer::{BAD, GOOD};
use crate::table::Card;

/// The decision in a line.
pub(crate) fn headline(request: &Request, answer: &Answer) -> String {
    let verdict = match answer.decision {
        Decision::Allowed => format!("{GOOD}allowed{GOOD:#}"),
        Decision::ImplicitlyDenied => format!("{BAD}denied{BAD:#} (nothing allows it)"),
        Decision::ExplicitlyDenied => format!("{BAD}denied{BAD:#} (a Deny applies)"),
    };
    format!("{verdict}: {} on {}\n", request.action, escape(&request.resource))
}

/// The reasons, a line each.
pub(crate) fn reasons(answer: &Answer) -> String {
    let line = |reason: Reason<'_>| match reason {
        Reason::AllowedBy(statement) => format!("  allowed by {}\n", escape(&statement.to_string())),
        Reason::DeniedBy(statement) => format!("  denied by {}\n", escape(&statement.to_string())),
        Reason::NotAllowedBy(layer) => format!("  lacking: an Allow in the {layer}\n"),
        Reason::MissingKey { key } => format!("  not given, but asked for: {}\n", escape(key)),
    };
    answer.reasons().into_iter().map(line).collect()
}

/// All there is to a request, a line for each thing.
pub(crate) fn card(request: &Request) -> String {
    let mut card = Card::default();
    card.line("who", request.principal.as_str());
    card.line("what", request.action.as_str());
    card.line("on", &request.resource);
    card.optional("owned by", request.resource_account.as_ref());
    let mut label = "when";
    for (key, value) in request.context.iter() {
        card.line(label, format!("{} = {}", display_key(key), shown(value)));
        label = "";
    }
    card.render().lines().map(|line| format!("  {line}\n")).collect()
}

/// A request in a line.
pub(crate) fn in_a_line(request: &Request) -> String {
    let mut line = format!("{} on {}", request.action, request.resource);
    for (at, (key, value)) in request.context.iter().enumerate() {
        let before = if at == 0 { " with" } else { "," };
        line.push_str(&format!("{before} {} = {}", display_key(key), shown(value)));
    }
    escape(&line).into_owned()
}

/// A value of a condition key: lists in brackets.
pub(crate) fn shown(value: &ContextValue) -> String {
    match value {
        ContextValue::Single(value) => value.clone(),
        ContextValue::List(values) => format!("[{}]", values.join(", ")),
    }
}
