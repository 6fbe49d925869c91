//! `daypass rules show`: the shipped rules with their comments, or the words that rules can use.

use daypass_entitlements::{DEFAULT_POLICIES, SCHEMA};

use crate::exit::ExitStatus;
use crate::failure::Outcome;
use crate::printer::Printer;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  daypass rules show > ours.cedar
  daypass rules show --schema")]
pub(crate) struct Args {
    /// Print the schema instead: the words that rules can use
    #[arg(long)]
    schema: bool,
}

pub(crate) fn command(arguments: &Args, printer: &Printer) -> Outcome {
    printer.raw(if arguments.schema { SCHEMA } else { DEFAULT_POLICIES })?;
    Ok(ExitStatus::Ok)
}
