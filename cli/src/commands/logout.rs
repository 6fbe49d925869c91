//! `daypass logout`: forget a login.

use crate::arguments::Global;
use crate::connection;
use crate::exit::ExitStatus;
use crate::failure::Outcome;
use crate::folders;
use crate::logins::Logins;
use crate::printer::Printer;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Your sessions live on; `daypass release` gives one back.

Examples:
  daypass logout
  daypass logout --server https://daypass.example.com")]
pub(crate) struct Args {}

pub(crate) fn command(global: &Global, printer: &Printer) -> Outcome {
    let server = connection::server(global)?;
    if Logins::forget(&folders::logins()?, &server)? {
        printer.note(format!("Logged out of {server}."));
    } else {
        printer.note(format!("You were not logged in to {server}."));
    }
    Ok(ExitStatus::Ok)
}
