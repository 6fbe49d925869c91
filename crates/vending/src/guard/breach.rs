//! A claim that does not hold, and a request to show it.

use std::fmt;

use daypass_policy::compare::Emptiness;
use daypass_policy::{Context, ContextValue, Effect, PolicyDocument, PreparedPolicy, Request, Statement};
use daypass_policy::{Layers, ResourceKind, evaluate};

use super::slots::Slots;
use crate::ids::{ProjectId, TierName};
use crate::plan::tag;
use crate::settings;
use crate::template::Partition;

/// A claim that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The tier.
    pub tier: TierName,
    /// The document that breaks it, such as `permissions.json`.
    pub file: &'static str,
    /// The claim's name, such as `iam-writes`.
    pub claim: &'static str,
    /// What nobody may do with a session of the tier.
    pub forbids: &'static str,
    /// What to do about it.
    pub hint: &'static str,
    /// What stands against the claim.
    pub evidence: Evidence,
}

/// What stands against a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// A request that the document allows, as the evaluator says too.
    Request(Box<Witness>),
    /// Nothing was found, but nothing was proved either. Says why; what is not proved does not hold.
    Unproved(String),
}

/// A request that a document allows although it must not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The request.
    pub request: Request,
    /// The statement that allows it: its `Sid`, or its place as `number 3`.
    pub statement: String,
}

impl Evidence {
    pub(super) fn of(found: Emptiness, document: &PolicyDocument) -> Option<Self> {
        match found {
            Emptiness::Empty => None,
            Emptiness::Witness(request) => {
                // The comparer has asked the evaluator already, so there is one.
                let statement = allowing(document, &request).unwrap_or_default();
                Some(Self::Request(Box::new(Witness { request: *request, statement })))
            }
            Emptiness::Unknown(reason) => Some(Self::Unproved(reason.to_string())),
        }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tier, file, claim, forbids, evidence, .. } = self;
        write!(
            f,
            "tier `{tier}` is refused by the claim `{claim}`: on its own, `{tier}/{file}` must not let anybody {forbids}"
        )?;
        match evidence {
            Evidence::Request(witness) => write!(f, ", but {witness}"),
            Evidence::Unproved(reason) => write!(f, ", and that cannot be proved: {reason}"),
        }
    }
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { request, statement } = self;
        write!(f, "statement `{statement}` allows {} on {}", request.action.as_str(), request.resource)?;
        let told = context_of(&request.context);
        if told.is_empty() { Ok(()) } else { write!(f, " with {}", told.join(", ")) }
    }
}

/// What of a request's context a person needs to know: the session's own values go without saying.
fn context_of(context: &Context) -> Vec<String> {
    let of_session =
        [tag::PROJECT, tag::SESSION, tag::USER].map(|tag| format!("aws:principaltag/{tag}").to_lowercase());
    let is_told = |key: &str| key != "aws:principalaccount" && !of_session.iter().any(|known| known == key);
    let told = context.iter().filter(|(key, _)| is_told(key));
    told.map(|(key, value)| match value {
        ContextValue::Single(value) => format!("{key} = {value}"),
        ContextValue::List(values) => format!("{key} = [{}]", values.join(", ")),
    })
    .collect()
}

/// The values of an example session: the project that the request is about, if it can be one.
pub(super) fn example_for(partition: Partition, evidence: &Evidence) -> Slots {
    let tagged = match evidence {
        Evidence::Request(witness) => witness.request.context.get(&format!("aws:PrincipalTag/{}", tag::PROJECT)),
        Evidence::Unproved(_) => None,
    };
    let project = match tagged {
        Some(ContextValue::Single(project)) => project.parse::<ProjectId>().ok(),
        _ => None,
    };
    Slots::example(partition, project.filter(|project| !settings::is_reserved(project)))
}

/// The first statement of a document that allows a request.
fn allowing(document: &PolicyDocument, request: &Request) -> Option<String> {
    let mut request = request.clone();
    request.resource_account = request.principal.account().map(str::to_owned);
    let allows = |statement: &&Statement| {
        let alone = [PreparedPolicy::new(&PolicyDocument::from_statements(vec![(*statement).clone()]))];
        let layers = Layers { resource_kind: Some(ResourceKind::Other), ..Layers::new(&alone) };
        evaluate(&request, &layers).is_allowed()
    };
    let mut allowing =
        document.statements().iter().enumerate().filter(|(_, statement)| statement.effect() == Effect::Allow);
    let found = allowing.find(|(_, statement)| allows(statement));
    found.map(|(at, statement)| statement.name().map_or_else(|| format!("number {}", at + 1), str::to_owned))
}
