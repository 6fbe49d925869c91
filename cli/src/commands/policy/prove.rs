//! `daypass policy prove`: the proof that a server makes of its tiers before it starts, claim by claim.

use std::path::PathBuf;

use daypass_embedded::tiers::{ReadError, read_tiers};
use daypass_policy::Request;
use daypass_vending::guard::{Breach, Evidence, GuardError, Verdict, examine};
use daypass_vending::tier::Tiers;
use serde::Serialize;

use crate::escape::escape;
use crate::exit::ExitStatus;
use crate::failure::{Failure, Outcome};
use crate::printer::{BAD, GOOD, OutputFormat, Printer};
use crate::table::Table;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A claim is something no session of a tier may do, such as changing its own boundary. Permissions and
boundary are each shown to refuse it on their own, for every project, session and user there can be.
A server makes the same proof at its start, and does not start without it.

Exits with 0 when everything is proved, with 10 when a request gets through, and with 11 when
something can be neither proved nor refuted.

Examples:
  daypass policy prove
  daypass policy prove ./our-tiers
  daypass policy prove ./our-tiers --output json")]
pub(crate) struct Args {
    /// A directory of tiers, as `templates_dir` of the server; the shipped tiers when absent
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
}

pub(crate) fn command(arguments: &Args, printer: &Printer) -> Outcome {
    let tiers = match &arguments.directory {
        Some(directory) => read_tiers(directory).map_err(unreadable)?,
        None => Tiers::shipped().map_err(|error| unreadable(GuardError::from(error).into()))?,
    };
    let verdicts = tiers.iter().map(examine).collect::<Result<Vec<_>, _>>();
    let verdicts = verdicts.map_err(|error| unreadable(error.into()))?.concat();
    match printer.format() {
        OutputFormat::Json => printer.json(&verdicts.iter().map(View::of).collect::<Vec<_>>())?,
        OutputFormat::Table => printer.data(text(&verdicts, printer.width()))?,
    }
    Ok(status(&verdicts))
}

fn unreadable(error: ReadError) -> Failure {
    let hint = match &error {
        ReadError::Tiers(guard) => guard.hint().to_owned(),
        _ => "give a directory with one folder for each tier".to_owned(),
    };
    Failure { status: ExitStatus::Unreadable, ..Failure::from(error) }.hint(hint)
}

fn status(verdicts: &[Verdict]) -> ExitStatus {
    let mut breaches = verdicts.iter().filter_map(|verdict| verdict.breach.as_ref()).peekable();
    if breaches.peek().is_none() {
        ExitStatus::Ok
    } else if breaches.any(|breach| matches!(breach.evidence, Evidence::Request(_))) {
        ExitStatus::GrantsMore
    } else {
        ExitStatus::Unknown
    }
}

fn text(verdicts: &[Verdict], width: u16) -> String {
    let mut table = Table::new(["TIER", "CLAIM", "DOCUMENT", "RESULT"], width);
    for verdict in verdicts {
        table.row([verdict.tier.as_str(), verdict.claim, verdict.file, result(verdict)]);
    }
    let mut text = table.render();
    let breaches: Vec<&Breach> = verdicts.iter().filter_map(|verdict| verdict.breach.as_ref()).collect();
    for breach in &breaches {
        text.push_str(&format!("\n{BAD}{}{BAD:#}\n  hint: {}\n", escape(&breach.to_string()), breach.hint));
    }
    let proved = verdicts.len() - breaches.len();
    text.push_str(&match breaches.len() {
        0 => format!("\n{GOOD}all {proved} claims are proved{GOOD:#} for every project, session, user and account\n"),
        broken => format!("\n{proved} claims are proved, {broken} are not\n"),
    });
    text
}

fn result(verdict: &Verdict) -> &'static str {
    match verdict.breach.as_ref().map(|breach| &breach.evidence) {
        None => "proved",
        Some(Evidence::Request(_)) => "broken",
        Some(Evidence::Unproved(_)) => "unknown",
    }
}

/// A verdict for programs.
#[derive(Serialize)]
struct View<'a> {
    tier: &'a str,
    claim: &'static str,
    forbids: &'static str,
    document: &'static str,
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    statement: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    witness: Option<&'a Request>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'static str>,
}

impl<'a> View<'a> {
    fn of(verdict: &'a Verdict) -> Self {
        let (witness, reason) = match verdict.breach.as_ref().map(|breach| &breach.evidence) {
            Some(Evidence::Request(witness)) => (Some(&**witness), None),
            Some(Evidence::Unproved(reason)) => (None, Some(reason.as_str())),
            None => (None, None),
        };
        View {
            tier: verdict.tier.as_str(),
            claim: verdict.claim,
            forbids: verdict.forbids,
            document: verdict.file,
            result: result(verdict),
            statement: witness.map(|witness| witness.statement.as_str()),
            witness: witness.map(|witness| &witness.request),
            reason,
            hint: verdict.breach.as_ref().map(|breach| breach.hint),
        }
    }
}
