//! `daypass rules check`: would a server take these rules?

use std::path::PathBuf;

use serde::Serialize;

use super::taken;
use crate::escape::escape;
use crate::exit::ExitStatus;
use crate::failure::Outcome;
use crate::printer::{BAD, GOOD, OutputFormat, Printer};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Reads the rules as `daypass-server` does: names, schema and obligations. Finds, besides, permits that
a forbid makes useless, as far as that can be told from the two alone.

Exits with 0 when all is well, with 12 when a permit can never count, and with 13 when a server would
not take the rules; the place is printed.

Examples:
  daypass rules check ours.cedar
  daypass rules check ours.cedar --output json")]
pub(crate) struct Args {
    /// The rules, in Cedar
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// What was found, for programs.
#[derive(Serialize)]
struct View {
    rules: usize,
    rules_hash: String,
    unreachable: Vec<Unreachable>,
}

#[derive(Serialize)]
struct Unreachable {
    permit: String,
    forbidden_by: String,
}

pub(crate) fn command(arguments: &Args, printer: &Printer) -> Outcome {
    let rules = taken(&arguments.file)?;
    let unreachable = rules.unreachable().into_iter();
    let unreachable = unreachable.map(|(permit, forbidden_by)| Unreachable { permit, forbidden_by }).collect();
    let view = View { rules: rules.count(), rules_hash: rules.rules_hash().to_owned(), unreachable };
    match printer.format() {
        OutputFormat::Json => printer.json(&view)?,
        OutputFormat::Table => printer.data(text(&view))?,
    }
    Ok(if view.unreachable.is_empty() { ExitStatus::Ok } else { ExitStatus::Findings })
}

fn text(view: &View) -> String {
    let found = |found: &Unreachable| {
        let (permit, forbid) = (escape(&found.permit), escape(&found.forbidden_by));
        format!("{BAD}permit `{permit}` never counts{BAD:#}: `{forbid}` forbids all that it permits\n")
    };
    let found: String = view.unreachable.iter().map(found).collect();
    let rules = if view.rules == 1 { "1 rule".to_owned() } else { format!("{} rules", view.rules) };
    format!("{found}{GOOD}a server takes them{GOOD:#}: {rules}, hash {}\n", view.rules_hash)
}
