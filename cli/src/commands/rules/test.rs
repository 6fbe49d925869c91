//! `daypass rules test`: cases against rules, for CI.

use std::path::PathBuf;

use daypass_embedded::tiers::read_tiers;
use daypass_entitlements::CedarAuthorizer;
use daypass_entitlements::cases::{CaseFile, CaseResult, run};
use daypass_vending::tier::Tiers;
use serde::Serialize;

use super::{taken, text};
use crate::escape::escape;
use crate::exit::ExitStatus;
use crate::failure::{Failure, Outcome};
use crate::printer::{BAD, GOOD, OutputFormat, Printer};
use crate::table::Table;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A case says who asks for what, and what the rules are to answer:

  [[case]]
  name = \"a member works with the everyday tiers\"
  who = { user = \"carla\", groups = [\"acme-web-team\"], second_factor_minutes = 5 }
  request = { project = \"acme-web\", account = \"111122223333\", tier = \"developer\", hours = 4 }
  expect = \"allowed\"
  policy = \"members-request-everyday-tiers\"

Exits with 0 when every case came out as expected, with 9 when one did not, and with 13 when a file
cannot be read.

Examples:
  daypass rules test ours.cases.toml --rules ours.cedar
  daypass rules test ours.cases.toml --rules ours.cedar --tiers ./our-tiers --output json")]
pub(crate) struct Args {
    /// The cases, in TOML
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The rules, in Cedar; the shipped ones when absent
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// A directory of tiers, as `templates_dir` of the server; the shipped ones when absent
    #[arg(long, value_name = "DIR")]
    tiers: Option<PathBuf>,
}

/// What came of a case, for programs.
#[derive(Serialize)]
struct View<'a> {
    name: &'a str,
    passed: bool,
    allowed: Option<bool>,
    policies: &'a [String],
    approvals: u32,
    needed: &'a [String],
    wrong: &'a [String],
}

pub(crate) fn command(arguments: &Args, printer: &Printer) -> Outcome {
    let rules = match &arguments.rules {
        Some(path) => taken(path)?,
        None => CedarAuthorizer::with_defaults()?,
    };
    let unreadable = |error: &dyn std::error::Error| Failure::new(ExitStatus::Unreadable, crate::failure::chain(error));
    let tiers = match &arguments.tiers {
        Some(directory) => read_tiers(directory).map_err(|error| unreadable(&error))?,
        None => Tiers::shipped()?,
    };
    let path = arguments.file.display();
    let file = CaseFile::parse(&text(&arguments.file)?)
        .map_err(|error| Failure::new(ExitStatus::Unreadable, format!("{path}: {error}")))?;
    let results = run(&rules, &tiers, &file);
    if results.is_empty() {
        return Err(
            Failure::new(ExitStatus::Unreadable, format!("{path} has no cases")).hint("a case begins with `[[case]]`")
        );
    }
    match printer.format() {
        OutputFormat::Json => printer.json(&results.iter().map(view).collect::<Vec<_>>())?,
        OutputFormat::Table => printer.data(table(&results, printer.width()))?,
    }
    let passed = results.iter().all(|result| result.wrong.is_empty());
    Ok(if passed { ExitStatus::Ok } else { ExitStatus::NotAsExpected })
}

fn view(result: &CaseResult) -> View<'_> {
    let CaseResult { name, allowed, policies, approvals, needed, wrong } = result;
    View { name, passed: wrong.is_empty(), allowed: *allowed, policies, approvals: *approvals, needed, wrong }
}

fn table(results: &[CaseResult], width: u16) -> String {
    let mut table = Table::new(["CASE", "RESULT", "ANSWER", "BY"], width);
    for result in results {
        let verdict = if result.wrong.is_empty() { "passed" } else { "FAILED" };
        let answer = match (result.allowed, result.approvals) {
            (Some(true), 0) => "allowed".to_owned(),
            (Some(true), approvals) => format!("allowed, {approvals} to approve"),
            (Some(false), _) => "refused".to_owned(),
            (None, _) => "-".to_owned(),
        };
        table.row([&escape(&result.name), verdict, &answer, &escape(&result.policies.join(", "))]);
    }
    let mut text = table.render();
    let failed: Vec<&CaseResult> = results.iter().filter(|result| !result.wrong.is_empty()).collect();
    for result in &failed {
        text.push_str(&format!("\n{BAD}{}{BAD:#}: {}\n", escape(&result.name), escape(&result.wrong.join("; "))));
    }
    text.push_str(&match failed.len() {
        0 => format!("\n{GOOD}{} of {} cases passed{GOOD:#}\n", results.len(), results.len()),
        count => format!("\n{count} of {} cases failed\n", results.len()),
    });
    text
}
