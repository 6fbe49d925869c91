//! `daypass policy explain`: a decision told at length, for whoever has to change it.

use daypass_policy::cases::PolicyPlace;
use daypass_policy::explain::{ExplainedLayer, ExplainedStatement, Explanation, LayerVerdict, Miss, explain};
use daypass_policy::{Decision, Effect, Layer, PolicyDocument, StatementRef};

use super::input::{Source, not_a_policy};
use super::question::{Asked, Question};
use super::simulate::status;
use super::telling;
use crate::escape::{escape, escape_lines};
use crate::failure::Outcome;
use crate::printer::{BAD, BOLD, DIM, GOOD, OutputFormat, Printer};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Decides like `policy simulate`, and says of every layer what it says, of every statement about the
action what keeps it from applying, and what would have to change.

Exits with 0 when the request is allowed and with 6 when it is denied.

Examples:
  daypass policy explain --principal arn:aws:iam::111122223333:user/ana --action s3:PutObject \\
    --resource arn:aws:s3:::data/x --identity write.json --boundary boundary.json
  sed -n 7p cases.jsonl | daypass policy explain --case -")]
pub(crate) struct Args {
    #[command(flatten)]
    question: Question,
}

pub(crate) fn command(arguments: &Args, printer: &Printer) -> Outcome {
    let asked = arguments.question.read()?;
    let explanation =
        explain(&asked.request, &asked.policies).map_err(|(place, error)| match asked.policies.get(place) {
            Some(source) => not_a_policy(source, &error),
            None => error.into(),
        })?;
    match printer.format() {
        OutputFormat::Json => printer.json(&explanation)?,
        OutputFormat::Table => printer.data(text(&asked, &explanation))?,
    }
    Ok(status(&explanation.answer))
}

fn text(asked: &Asked, explanation: &Explanation) -> String {
    let mut text = telling::headline(&asked.request, &explanation.answer) + &telling::card(&asked.request);
    for layer in &explanation.layers {
        text.push('\n');
        text.push_str(&layer_text(asked, layer));
    }
    let mut quotations: Vec<String> = Vec::new();
    for statement in &explanation.answer.deciding {
        let quotation = quoted(asked, statement, explanation);
        // The same file may serve in several layers.
        if !quotations.contains(&quotation) {
            quotations.push(quotation);
        }
    }
    text + &quotations.concat() + &remedies(asked, explanation)
}

fn layer_text(asked: &Asked, layer: &ExplainedLayer) -> String {
    let verdict = match layer.verdict {
        LayerVerdict::Denies => format!("{BAD}a Deny applies{BAD:#}"),
        LayerVerdict::Allows => format!("{GOOD}an Allow applies{GOOD:#}"),
        LayerVerdict::Silent => "no Allow applies".to_owned(),
        LayerVerdict::DoesNotBind => "without effect on this caller".to_owned(),
    };
    let mut text = format!("{BOLD}{}{BOLD:#}: {verdict}\n", capitalised(&layer.layer.to_string()));
    let (about, others): (Vec<_>, Vec<_>) =
        layer.statements.iter().partition(|statement| !statement.misses.contains(&Miss::Action));
    for statement in &about {
        let state = match statement.misses.as_slice() {
            [] => "applies".to_owned(),
            misses => format!("does not apply: {}", misses.iter().map(miss).collect::<Vec<_>>().join("; ")),
        };
        text.push_str(&format!("  {}: {}\n", place(asked, statement), escape(&state)));
    }
    match others.len() {
        0 => {}
        1 => text.push_str(&format!("  {DIM}1 statement about other actions{DIM:#}\n")),
        more => text.push_str(&format!("  {DIM}{more} statements about other actions{DIM:#}\n")),
    }
    text
}

/// `boundary.json:12 Deny NoWrites`
fn place(asked: &Asked, statement: &ExplainedStatement) -> String {
    let effect = match statement.effect {
        Effect::Allow => "Allow",
        Effect::Deny => "Deny",
    };
    let sid = statement.at.sid.as_ref().map(|sid| format!(" {sid}")).unwrap_or_default();
    escape(&format!("{}:{} {effect}{sid}", name(asked, &statement.at), statement.line)).into_owned()
}

fn name<'a>(asked: &'a Asked, statement: &StatementRef) -> &'a str {
    source(asked, statement).map_or("policy", |source| &source.name)
}

fn source<'a>(asked: &'a Asked, statement: &StatementRef) -> Option<&'a Source> {
    asked.policies.get(PolicyPlace { layer: statement.layer, policy: statement.policy })
}

fn miss(miss: &Miss) -> String {
    match miss {
        Miss::Principal => "it is not about this caller".to_owned(),
        Miss::Action => "it is about other actions".to_owned(),
        Miss::Resource => "it is about other resources".to_owned(),
        Miss::Condition(condition) => {
            let wanted = condition.wanted.join(" or ");
            let found = match &condition.found {
                Some(value) => format!("the request has {}", telling::shown(value)),
                None => "the request does not have it".to_owned(),
            };
            format!("{} {} asks for {wanted}, {found}", condition.operator, condition.key)
        }
    }
}

/// The statement as it stands in its file.
fn quoted(asked: &Asked, statement: &StatementRef, explanation: &Explanation) -> String {
    let Some(source) = source(asked, statement) else { return String::new() };
    let Ok(document) = PolicyDocument::parse(&source.text) else { return String::new() };
    let Some(found) = document.statements().get(statement.statement) else { return String::new() };
    let line = explained(explanation, statement).map_or(1, |explained| explained.line);
    let json = serde_json::to_string_pretty(found).unwrap_or_default();
    let json: String = escape_lines(&json).lines().map(|line| format!("  {line}\n")).collect();
    format!("\n{BOLD}What decides{BOLD:#}, at {}:{line}\n{json}", escape(&source.name))
}

fn explained<'e>(explanation: &'e Explanation, wanted: &StatementRef) -> Option<&'e ExplainedStatement> {
    let mut statements = explanation.layers.iter().flat_map(|layer| &layer.statements);
    statements.find(|statement| statement.at == *wanted)
}

fn remedies(asked: &Asked, explanation: &Explanation) -> String {
    let heading = format!("\n{BOLD}To have it allowed{BOLD:#}\n");
    match explanation.answer.decision {
        Decision::Allowed => String::new(),
        Decision::ExplicitlyDenied => {
            let denies = explanation.layers.iter().filter(|layer| layer.verdict != LayerVerdict::DoesNotBind);
            let denies = denies.flat_map(|layer| &layer.statements);
            let denies = denies.filter(|statement| statement.effect == Effect::Deny && statement.applies());
            let line =
                |statement| format!("  {} must no longer apply; no Allow outweighs a Deny\n", place(asked, statement));
            heading + &denies.map(line).collect::<String>()
        }
        Decision::ImplicitlyDenied => {
            let resource = escape(&asked.request.resource);
            let line = |layer: &Layer| {
                let lacking = format!("  an Allow for {} on {resource} in the {layer}\n", asked.request.action);
                lacking + &nearly(asked, explanation, *layer)
            };
            heading + &explanation.needs_allow.iter().map(line).collect::<String>()
        }
    }
}

/// Statements of a layer that only one element, or only conditions, keep from allowing it.
fn nearly(asked: &Asked, explanation: &Explanation, layer: Layer) -> String {
    let of_layer = explanation.layers.iter().filter(|known| known.layer == layer);
    let statements = of_layer.flat_map(|layer| &layer.statements);
    let allows = statements.filter(|statement| statement.effect == Effect::Allow && !statement.applies());
    let is_near = |statement: &&ExplainedStatement| match statement.misses.as_slice() {
        [only] => *only != Miss::Action,
        several => several.iter().all(|miss| matches!(miss, Miss::Condition(_))),
    };
    let line = |statement: &ExplainedStatement| {
        let misses: Vec<String> = statement.misses.iter().map(miss).collect();
        format!("    nearly: {}, but {}\n", place(asked, statement), escape(&misses.join("; ")))
    };
    allows.filter(is_near).map(line).collect()
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
