//! `daypass policy`: what IAM policies mean. `check` asks the server about a live session; everything else works on files, without
//! a server or a login.

mod batch;
pub(crate) mod check;
mod compare;
mod input;
mod simulate;

use crate::failure::Outcome;
use crate::printer::Printer;

/// `daypass policy …`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Ask whether a session's credentials may make a call
    Check(check::CheckArgs),
    #[command(flatten)]
    Offline(Offline),
}

/// What needs nothing but files.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Offline {
    /// Decide requests by the policies in files
    Simulate(Box<simulate::Args>),
    /// Prove that a policy grants no more than another, or show a request that tells them apart
    Compare(compare::Args),
}

/// Do what needs nothing but files.
pub(crate) fn offline(command: Offline, printer: &Printer) -> Outcome {
    match command {
        Offline::Simulate(arguments) => simulate::command(*arguments, printer),
        Offline::Compare(arguments) => compare::command(&arguments, printer),
    }
}
