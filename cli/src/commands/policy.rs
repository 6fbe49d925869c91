//! `daypass policy`: what IAM policies mean. `check` asks the server about a live session; everything else works on files,
//! without a server or a login.

mod actions;
mod batch;
mod catalogue;
pub(crate) mod check;
mod compare;
mod custom_checks;
mod diff;
mod explain;
mod input;
mod lint;
mod prove;
mod question;
mod sarif;
mod simulate;
mod telling;

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
    /// Decide a request, and say at length why, and what would have to change
    Explain(Box<explain::Args>),
    /// Prove that a policy grants no more than another, or show a request that tells them apart
    Compare(compare::Args),
    /// Show what a new version of a policy adds and takes away
    Diff(diff::Args),
    /// Find mistakes and dangers in policies
    Lint(lint::Args),
    /// Prove that a new version grants nothing new
    CheckNoNewAccess(custom_checks::NoNewAccess),
    /// Prove that a policy does not grant certain access
    CheckAccessNotGranted(custom_checks::AccessNotGranted),
    /// Prove that a resource's policy keeps strangers out
    CheckNoPublicAccess(custom_checks::NoPublicAccess),
    /// Prove that no session of a tier can exceed what tiers are for, whatever its project
    Prove(prove::Args),
    /// Turn wildcards into the actions they stand for
    Expand(actions::ExpandArgs),
    /// Turn actions into the fewest characters that stand for exactly them
    Shrink(actions::ShrinkArgs),
    /// Show what is known about AWS' services, actions and condition keys
    Catalogue(catalogue::Args),
}

/// Do what needs nothing but files.
pub(crate) fn offline(command: Offline, printer: &Printer) -> Outcome {
    match command {
        Offline::Simulate(arguments) => simulate::command(&arguments, printer),
        Offline::Explain(arguments) => explain::command(&arguments, printer),
        Offline::Compare(arguments) => compare::command(&arguments, printer),
        Offline::Diff(arguments) => diff::command(&arguments, printer),
        Offline::Lint(arguments) => lint::command(&arguments, printer),
        Offline::CheckNoNewAccess(arguments) => custom_checks::no_new_access(&arguments, printer),
        Offline::CheckAccessNotGranted(arguments) => custom_checks::access_not_granted(&arguments, printer),
        Offline::CheckNoPublicAccess(arguments) => custom_checks::no_public_access(&arguments, printer),
        Offline::Prove(arguments) => prove::command(&arguments, printer),
        Offline::Expand(arguments) => actions::expand(&arguments, printer),
        Offline::Shrink(arguments) => actions::shrink(&arguments, printer),
        Offline::Catalogue(arguments) => catalogue::command(&arguments, printer),
    }
}
