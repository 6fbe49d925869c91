//! `daypass policy simulate`: what the policies in files decide about a request, or about many.

use daypass_policy::cases::{CaseError, Evaluated, EvaluationCase};

use super::batch::{self, Answered, Kind};
use super::input::Input;
use crate::failure::Outcome;
use crate::printer::Printer;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A batch reads one JSON object a line: an `id`, a `request` (`principal`, `action`, `resource`,
`context`), and the policies: `identityPolicies`, `resourcePolicy`, `boundary`, `sessionPolicies`,
`scps` and `rcps` (one list per level, root first), `endpointPolicies`. For each it prints
{\"id\", \"decision\", \"allowed\", \"reasons\"} on a line. What cannot be read gets an \"error\", and the
batch goes on. With `expected` in the cases, what came out otherwise is counted.

Exits with 0 when all was read and nothing came out otherwise than expected, else with 13 or 9.

Examples:
  daypass policy simulate --batch cases.jsonl
  generate-cases | daypass policy simulate --batch - | jq -c 'select(.allowed)'")]
pub(crate) struct Args {
    /// Decide every case of a file, one JSON object a line
    #[arg(long, value_name = "FILE")]
    batch: Input,
}

pub(crate) fn command(arguments: Args, printer: &Printer) -> Outcome {
    batch::run(&arguments.batch, &KIND, printer)
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
