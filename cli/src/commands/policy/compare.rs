//! `daypass policy compare`: whether a policy grants no more than another, for one pair or many.

use daypass_policy::Request;
use daypass_policy::cases::{CaseError, CaseId, Compared, InclusionCase};
use daypass_policy::compare::{Inclusion, UnknownReason, included};
use serde::Serialize;

use super::batch::{self, Answered, Kind, Unreadable};
use super::input::{Input, read_policy, stdin_once};
use super::telling;
use crate::escape::escape;
use crate::exit::ExitStatus;
use crate::failure::{Failure, Outcome};
use crate::printer::{BAD, GOOD, OutputFormat, Printer};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Included means proved: for every action, resource, caller and context, what A alone allows, B alone
allows too. Otherwise a request is shown that A allows and B does not.

A batch reads one JSON object a line, {\"id\", \"a\": policy, \"b\": policy}, and prints for each
{\"id\", \"result\": \"included|not-included|unknown\", \"witness\", \"reason\"}. With `expected` in the cases,
what came out otherwise is counted.

Exits with 0 when A is included in B, with 10 when it is not, and with 11 when that is not decided.
A batch exits with 0 when all was read and nothing came out otherwise than expected, else with 13
or 9.

Examples:
  daypass policy compare team.json boundary.json
  git show main:policy.json | daypass policy compare policy.json -
  daypass policy compare --batch pairs.jsonl
  generate-pairs | daypass policy compare --batch - | jq -c 'select(.result != \"included\")'")]
pub(crate) struct Args {
    /// The policy that may grant too much; - is standard input
    #[arg(value_name = "A", required_unless_present = "batch")]
    a: Option<Input>,
    /// The policy that says how much is too much
    #[arg(value_name = "B", required_unless_present = "batch")]
    b: Option<Input>,
    /// Compare every pair of a file, one JSON object a line
    #[arg(long, value_name = "FILE", conflicts_with_all = ["a", "b"])]
    batch: Option<Input>,
}

pub(crate) fn command(arguments: &Args, printer: &Printer) -> Outcome {
    match (&arguments.a, &arguments.b, &arguments.batch) {
        (Some(a), Some(b), _) => one(a, b, printer),
        (_, _, Some(file)) => batch::run(file, &KIND, printer),
        _ => Err(Failure::usage("name two policies")),
    }
}

fn one(a: &Input, b: &Input, printer: &Printer) -> Outcome {
    stdin_once([a, b])?;
    let inclusion = included(&read_policy(a)?, &read_policy(b)?);
    match printer.format() {
        OutputFormat::Json => printer.json(&Answer::new(&inclusion))?,
        OutputFormat::Table => {
            let (a, b) = (a.name(), b.name());
            let (a, b) = (escape(&a), escape(&b));
            printer.data(match &inclusion {
                Inclusion::Included => format!("{GOOD}included{GOOD:#}: all that {a} allows, {b} allows too\n"),
                Inclusion::Witness(request) => {
                    format!("{BAD}not included{BAD:#}: {a} allows, and {b} does not:\n{}", telling::card(request))
                }
                Inclusion::Unknown(reason) => format!("{BAD}unknown{BAD:#}: {}\n", escape(&reason.to_string())),
            })?;
        }
    }
    Ok(match inclusion {
        Inclusion::Included => ExitStatus::Ok,
        Inclusion::Witness(_) => ExitStatus::GrantsMore,
        Inclusion::Unknown(_) => ExitStatus::Unknown,
    })
}

/// As in a batch, without an id.
#[derive(Serialize)]
struct Answer<'a> {
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    witness: Option<&'a Request>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a UnknownReason>,
}

impl<'a> Answer<'a> {
    fn new(inclusion: &'a Inclusion) -> Self {
        let (witness, reason) = match inclusion {
            Inclusion::Included => (None, None),
            Inclusion::Witness(request) => (Some(&**request), None),
            Inclusion::Unknown(reason) => (None, Some(reason)),
        };
        Self { result: inclusion.name(), witness, reason }
    }
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
