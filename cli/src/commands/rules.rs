//! `daypass rules`: the rules that say who may have what, as files. Nothing here asks a server.

mod check;
mod show;
mod test;

use std::path::Path;

use daypass_entitlements::{CedarAuthorizer, RulesError};

use crate::exit::ExitStatus;
use crate::failure::{Failure, Outcome, chain};
use crate::printer::Printer;

/// `daypass rules …`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Check that a server would take a file of rules
    Check(check::Args),
    /// Run a file of cases against rules
    Test(test::Args),
    /// Print the rules that ship with Daypass, to start from
    Show(show::Args),
}

pub(crate) fn command(command: &Command, printer: &Printer) -> Outcome {
    match command {
        Command::Check(arguments) => check::command(arguments, printer),
        Command::Test(arguments) => test::command(arguments, printer),
        Command::Show(arguments) => show::command(arguments, printer),
    }
}

/// The rules in a file, taken as a server takes them.
pub(crate) fn taken(path: &Path) -> Result<CedarAuthorizer, Failure> {
    CedarAuthorizer::new(&text(path)?).map_err(|error| {
        let place = error.place().map(|place| format!(":{}:{}", place.line, place.column)).unwrap_or_default();
        Failure::new(ExitStatus::Unreadable, format!("{}{place}: {}", path.display(), chain(&error))).hint(hint(&error))
    })
}

fn text(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|error| Failure::new(ExitStatus::Unreadable, format!("cannot read `{}`: {error}", path.display())))
}

/// What to do about rules that are not taken.
fn hint(error: &RulesError) -> &'static str {
    match error {
        RulesError::Syntax { .. } => "https://docs.cedarpolicy.com/policies/syntax-grammar.html has the grammar",
        RulesError::Unnamed { .. } => "put `@id(\"what-it-is-for\")` above the rule; the trail shows this name",
        RulesError::Twice { .. } => "each rule needs a name of its own",
        RulesError::Terms { .. } => {
            "permits for requests may have `@approvals(\"1\")` with `@approvers(\"group\")`, and `@max_hours(\"8\")`"
        }
        RulesError::Template { .. } => "write a rule for each person or project, or one about a group",
        RulesError::Invalid { .. } | RulesError::Schema(_) => {
            "`daypass rules show --schema` prints the words that rules can use"
        }
    }
}
