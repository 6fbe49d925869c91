//! `daypass policy simulate`: what the policies in files decide about a request, or about many.

use daypass_policy::cases::{CaseError, Evaluated, EvaluationCase, Reason};
use daypass_policy::{Answer, Decision, PolicyDocument, PreparedPolicy, evaluate};
use serde::Serialize;

use super::batch::{self, Answered, Kind};
use super::input::{Input, not_a_policy};
use super::question::{Asked, Question};
use super::telling;
use crate::exit::ExitStatus;
use crate::failure::{Failure, Outcome};
use crate::printer::{OutputFormat, Printer};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Nothing is added to the request: a condition key that is not given is missing. Layers that are not
given do not limit anything.

A batch reads one JSON object a line: an `id`, a `request` (`principal`, `action`, `resource`,
`context`), and the policies: `identityPolicies`, `resourcePolicy`, `boundary`, `sessionPolicies`,
`scps` and `rcps` (one list per level, root first), `endpointPolicies`. For each it prints
{\"id\", \"decision\", \"allowed\", \"reasons\"} on a line. What cannot be read gets an \"error\", and the
batch goes on. With `expected` in the cases, what came out otherwise is counted.

Exits with 0 when the request is allowed and with 6 when it is denied. A batch exits with 0 when all
was read and nothing came out otherwise than expected, else with 13 or 9.

Examples:
  daypass policy simulate --principal arn:aws:iam::111122223333:user/ana --action s3:GetObject \\
    --resource arn:aws:s3:::data/x --identity read.json --boundary boundary.json
  daypass policy simulate --principal arn:aws:iam::111122223333:role/ci --action sqs:SendMessage \\
    --identity ci.json --scp root.json --scp ou.json,regions.json --context aws:RequestedRegion=eu-west-1
  daypass policy simulate --case question.json --output json
  daypass policy simulate --batch cases.jsonl
  generate-cases | daypass policy simulate --batch - | jq -c 'select(.allowed)'")]
pub(crate) struct Args {
    #[command(flatten)]
    question: Question,
    /// Decide every case of a file, one JSON object a line
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["principal", "action", "resource_account", "context", "identity", "resource_policy",
            "boundary", "session_policy", "scp", "rcp", "endpoint", "case"]
    )]
    batch: Option<Input>,
}

pub(crate) fn command(arguments: &Args, printer: &Printer) -> Outcome {
    if let Some(file) = &arguments.batch {
        return batch::run(file, &KIND, printer);
    }
    let asked = arguments.question.read()?;
    let answer = decide(&asked)?;
    match printer.format() {
        OutputFormat::Json => printer.json(&One::new(&answer))?,
        OutputFormat::Table => {
            printer.data(telling::headline(&asked.request, &answer) + &telling::reasons(&answer))?;
        }
    }
    Ok(status(&answer))
}

/// What the shell is told.
pub(crate) fn status(answer: &Answer) -> ExitStatus {
    if answer.is_allowed() { ExitStatus::Ok } else { ExitStatus::PolicyDenied }
}

fn decide(asked: &Asked) -> Result<Answer, Failure> {
    let prepared = asked.policies.try_map(|_, source| {
        let document = PolicyDocument::parse(&source.text).map_err(|error| not_a_policy(source, &error));
        Ok::<_, Failure>(PreparedPolicy::new(&document?))
    });
    Ok(evaluate(&asked.request, &prepared?.layers()))
}

/// As in a batch, without an id.
#[derive(Serialize)]
struct One<'a> {
    decision: Decision,
    allowed: bool,
    reasons: Vec<Reason<'a>>,
}

impl<'a> One<'a> {
    fn new(answer: &'a Answer) -> Self {
        Self { decision: answer.decision, allowed: answer.is_allowed(), reasons: answer.reasons() }
    }
}

const KIND: Kind = Kind { answer, unreadable: |unreadable| serde_json::to_string(unreadable) };

fn answer(line: &str) -> Result<Answered, CaseError> {
    let case = EvaluationCase::parse(line)?;
    let answer = case.evaluate()?;
    let json = serde_json::to_string(&Evaluated::new(&case.id, &answer));
    let json = json.map_err(|error| CaseError { id: case.id.clone(), reason: error.to_string() })?;
    let mismatch = case.expected.as_ref().filter(|expected| !expected.fits(answer.decision));
    Ok(Answered {
        json,
        result: answer.decision.name(),
        mismatch: mismatch.map(|expected| format!("{}: {}, expected {expected}", case.id, answer.decision.name())),
        was_expected: case.expected.is_some(),
    })
}
