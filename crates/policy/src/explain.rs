//! A decision told at length: what every statement of every layer says about a request, what keeps it from applying, and
//! which layers would have to change.
//!
//! Every element of a statement is put to the evaluator alone, so that an explanation can never disagree with a decision.

use serde::Serialize;

use crate::answer::{Answer, Decision, Layer, StatementRef};
use crate::cases::{CasePolicies, PolicyPlace};
use crate::compare::allows_alone;
use crate::context::ContextValue;
use crate::document::{ConditionBlock, Effect, ParseError, PolicyDocument, Source, Statement, Step};
use crate::evaluate::evaluate;
use crate::layers::ResourceKind;
use crate::prepared::PreparedPolicy;
use crate::request::Request;

/// A decision and everything that was looked at.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// The decision.
    pub answer: Answer,
    /// Every layer that has policies, in the order of evaluation.
    pub layers: Vec<ExplainedLayer>,
    /// When nothing denies: the layers that need an Allow for the request to go through, all of them together.
    pub needs_allow: Vec<Layer>,
}

/// What one layer says.
#[derive(Clone, Debug, Serialize)]
pub struct ExplainedLayer {
    /// Which.
    #[serde(flatten)]
    pub layer: Layer,
    /// The sum of its statements.
    pub verdict: LayerVerdict,
    /// All its statements.
    pub statements: Vec<ExplainedStatement>,
}

/// What the statements of a layer amount to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LayerVerdict {
    /// A Deny applies.
    Denies,
    /// An Allow applies, and no Deny.
    Allows,
    /// No statement applies.
    Silent,
    /// The layer does not bind this caller, whatever it says.
    DoesNotBind,
}

/// What one statement says.
#[derive(Clone, Debug, Serialize)]
pub struct ExplainedStatement {
    /// Which.
    #[serde(flatten)]
    pub at: StatementRef,
    /// Line in its policy's text, from 1.
    pub line: usize,
    /// What it does if it applies.
    pub effect: Effect,
    /// What keeps it from applying; nothing when it applies.
    pub misses: Vec<Miss>,
}

/// An element of a statement that does not fit the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "element")]
pub enum Miss {
    /// `Principal` or `NotPrincipal`.
    Principal,
    /// `Action` or `NotAction`.
    Action,
    /// `Resource` or `NotResource`.
    Resource,
    /// One condition.
    Condition(Condition),
}

/// A condition and what the request has for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// The operator.
    pub operator: String,
    /// The key as the policy writes it.
    pub key: String,
    /// The policy's values.
    pub wanted: Vec<String>,
    /// The request's value, if it has the key.
    pub found: Option<ContextValue>,
}

/// Decide a request, and say what every statement contributes.
///
/// # Errors
/// When a policy is not well-formed.
pub fn explain(
    request: &Request,
    policies: &CasePolicies<impl AsRef<str>>,
) -> Result<Explanation, (PolicyPlace, ParseError)> {
    let documents =
        policies.try_map(|place, text| PolicyDocument::parse(text.as_ref()).map_err(|error| (place, error)))?;
    let mut layers: Vec<ExplainedLayer> = Vec::new();
    let kind = ResourceKind::of(request);
    let explained = policies.try_map(|mut place, text| -> Result<(), (PolicyPlace, ParseError)> {
        if let Layer::Resource(of) = &mut place.layer {
            *of = kind;
        }
        let statements = documents.get(place).map(|document| statements(request, place, document, text.as_ref()));
        match layers.iter_mut().find(|known| known.layer == place.layer) {
            Some(known) => known.statements.extend(statements.unwrap_or_default()),
            None => layers.push(ExplainedLayer {
                layer: place.layer,
                verdict: LayerVerdict::Silent,
                statements: statements.unwrap_or_default(),
            }),
        }
        Ok(())
    });
    explained?;
    for layer in &mut layers {
        layer.verdict = verdict(layer, request);
    }
    layers.sort_by_key(|layer| rank(layer.layer));
    let answer = decide(request, &documents);
    let needs_allow = needs_allow(request, documents, &answer);
    Ok(Explanation { answer, layers, needs_allow })
}

impl ExplainedStatement {
    /// Whether it applies to the request.
    #[must_use]
    pub fn applies(&self) -> bool {
        self.misses.is_empty()
    }
}

fn decide(request: &Request, documents: &CasePolicies<PolicyDocument>) -> Answer {
    let prepared = documents.try_map(|_, document| Ok::<_, std::convert::Infallible>(PreparedPolicy::new(document)));
    let Ok(prepared) = prepared;
    evaluate(request, &prepared.layers())
}

fn statements(request: &Request, place: PolicyPlace, document: &PolicyDocument, text: &str) -> Vec<ExplainedStatement> {
    let source = Source::read(text);
    let of = |(at, statement): (usize, &Statement)| {
        let steps = [Step::Field("Statement"), Step::Item(at)];
        ExplainedStatement {
            at: StatementRef {
                layer: place.layer,
                policy: place.policy,
                statement: at,
                sid: statement.name().map(str::to_owned),
            },
            line: source.as_ref().map_or(1, |source| source.find(&steps).line),
            effect: statement.effect(),
            misses: misses(request, place.layer, document, statement),
        }
    };
    document.statements().iter().enumerate().map(of).collect()
}

/// What of a statement does not fit, each element alone beside elements that fit everything.
fn misses(request: &Request, layer: Layer, document: &PolicyDocument, statement: &Statement) -> Vec<Miss> {
    let anything = || Statement::allow().actions(["*"]).not_resources([""]);
    let fits =
        |statement: Statement| allows_alone(&PreparedPolicy::new(&document.with_statements(vec![statement])), request);
    let mut misses = Vec::new();
    let names_callers = matches!(layer, Layer::Resource(_) | Layer::Rcp(_) | Layer::Endpoint);
    if names_callers && !fits(anything().with_principal(statement.principal().cloned())) {
        misses.push(Miss::Principal);
    }
    if !fits(anything().with_action(statement.action().clone())) {
        misses.push(Miss::Action);
    }
    if !fits(anything().with_resource(statement.resource().cloned())) {
        misses.push(Miss::Resource);
    }
    let keys = statement.conditions().iter().flat_map(ConditionBlock::single);
    misses.extend(keys.filter_map(|block| {
        let condition = condition(&block, request)?;
        (!fits(anything().with_conditions(vec![block]))).then_some(Miss::Condition(condition))
    }));
    misses
}

fn condition(block: &ConditionBlock, request: &Request) -> Option<Condition> {
    let (key, values) = block.keys().first()?;
    Some(Condition {
        operator: block.operator().to_string(),
        key: key.clone(),
        wanted: values.as_slice().iter().map(|value| value.as_str().to_owned()).collect(),
        found: request.context.get(key).cloned(),
    })
}

fn verdict(layer: &ExplainedLayer, request: &Request) -> LayerVerdict {
    let applies = |effect| layer.statements.iter().any(|statement| statement.effect == effect && statement.applies());
    match layer.layer {
        Layer::Scp(_) | Layer::Rcp(_) if !binds(layer.layer, request) => LayerVerdict::DoesNotBind,
        _ if applies(Effect::Deny) => LayerVerdict::Denies,
        _ if applies(Effect::Allow) => LayerVerdict::Allows,
        _ => LayerVerdict::Silent,
    }
}

/// Whether an organisation's policies have a say: whether one that denies everything would be heard.
fn binds(layer: Layer, request: &Request) -> bool {
    let nothing = Statement::deny().principal_everyone().actions(["*"]).not_resources([""]);
    let level = vec![vec![PolicyDocument::from_statements(vec![nothing])]];
    let documents = match layer {
        Layer::Rcp(_) => CasePolicies { rcps: level, ..CasePolicies::default() },
        _ => CasePolicies { scps: level, ..CasePolicies::default() },
    };
    decide(request, &documents).decision == Decision::ExplicitlyDenied
}

/// Organisation first, as AWS looks at them.
fn rank(layer: Layer) -> (u8, usize) {
    match layer {
        Layer::Scp(level) => (0, level),
        Layer::Rcp(level) => (1, level),
        Layer::Endpoint => (2, 0),
        Layer::Resource(_) => (3, 0),
        Layer::Identity => (4, 0),
        Layer::Boundary => (5, 0),
        Layer::Session => (6, 0),
    }
}

/// Give every layer that stops the request an Allow, until none does.
fn needs_allow(request: &Request, mut documents: CasePolicies<PolicyDocument>, answer: &Answer) -> Vec<Layer> {
    let mut needed = Vec::new();
    let mut stopped_by = answer.stopped_by;
    while let Some(layer) = stopped_by {
        let resource_kind =
            |layer| if let Layer::Resource(_) = layer { Layer::Resource(ResourceKind::Other) } else { layer };
        if needed.iter().any(|known| resource_kind(*known) == resource_kind(layer)) {
            break;
        }
        needed.push(layer);
        documents.add(layer, PolicyDocument::from_statements(vec![allow(request)]));
        stopped_by = decide(request, &documents).stopped_by;
    }
    needed
}

/// An Allow for this request alone, naming the caller's account rather than the caller: the least that a resource's
/// policy can say to let identity policies decide.
fn allow(request: &Request) -> Statement {
    let draft = Statement::allow();
    let draft = match request.principal.account() {
        Some(account) => draft.principal_aws([account]),
        None => draft.principal_everyone(),
    };
    draft.actions([request.action.as_str()]).not_resources([""])
}
