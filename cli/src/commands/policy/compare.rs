//! `daypass policy compare`: whether a policy grants no more than another, or many of them.

use daypass_policy::cases::{CaseError, CaseId, Compared, InclusionCase};
use serde::Serialize;

use super::batch::{self, Answered, Kind, Unreadable};
use super::input::Input;
use crate::failure::Outcome;
use crate::printer::Printer;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A batch reads one JSON object a line, {\"id\", \"a\": policy, \"b\": policy}, and prints for each
{\"id\", \"result\": \"included|not-included|unknown\", \"witness\", \"reason\"}: whether every request that `a`
alone allows is also allowed by `b` alone, or a request that shows it is not. With `expected` in the
cases, what came out otherwise is counted.

Exits with 0 when all was read and nothing came out otherwise than expected, else with 13 or 9.

Examples:
  daypass policy compare --batch pairs.jsonl
  generate-pairs | daypass policy compare --batch - | jq -c 'select(.result != \"included\")'")]
pub(crate) struct Args {
    /// Compare every pair of a file, one JSON object a line
    #[arg(long, value_name = "FILE")]
    batch: Input,
}

pub(crate) fn command(arguments: &Args, printer: &Printer) -> Outcome {
    batch::run(&arguments.batch, &KIND, printer)
}

const KIND: Kind = Kind { answer, unreadable };

fn answer(line: &str) -> Result<Answered, CaseError> {
    let case = InclusionCase::parse(line)?;
    let inclusion = case.compare();
    let json = serde_json::to_string(&Compared::new(&case.id, &inclusion));
    let json = json.map_err(|error| CaseError { id: case.id.clone(), reason: error.to_string() })?;
    let result = inclusion.name();
    let mismatch = case.expected.as_ref().filter(|expected| *expected != result);
    Ok(Answered {
        json,
        result,
        mismatch: mismatch.map(|expected| format!("{}: {result}, expected {expected}", case.id)),
        was_expected: case.expected.is_some(),
    })
}

/// Whatever cannot be read cannot be decided either.
fn unreadable(unreadable: &Unreadable<'_>) -> Result<String, serde_json::Error> {
    #[derive(Serialize)]
    struct Undecided<'e> {
        id: &'e CaseId,
        result: &'static str,
        reason: &'e str,
        line: usize,
        error: &'e str,
    }
    let Unreadable { id, line, error } = *unreadable;
    serde_json::to_string(&Undecided { id, result: "unknown", reason: error, line, error })
}
