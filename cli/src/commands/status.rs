//! `daypass status`: all there is to know about one session.

use daypass_vending::ids::ProjectId;

use crate::arguments::{Global, OneSession};
use crate::connection;
use crate::exit::ExitStatus;
use crate::failure::{Failure, Outcome};
use crate::printer::{OutputFormat, Printer};
use crate::show;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  daypass status 5f0c
  daypass status 5f0c6a52-0a51-4f0e-9d0a-6d1f6f2b8a11 --output json")]
pub(crate) struct Args {
    #[command(flatten)]
    session: OneSession,
    /// The earlier tool named a session together with its project.
    #[arg(long, hide = true, value_name = "ID")]
    project_id: Option<ProjectId>,
}

pub(crate) async fn command(global: &Global, arguments: &Args, printer: &Printer) -> Outcome {
    let client = connection::open(global).await?.client;
    let id = arguments.session.get().resolve(&client).await?;
    let session = client.session(&id, 0).await?;
    if arguments.project_id.as_ref().is_some_and(|project| project.as_str() != session.project_id) {
        return Err(Failure::new(ExitStatus::NotFound, "there is no such session in this project"));
    }
    match printer.format() {
        OutputFormat::Json => printer.json(&session)?,
        OutputFormat::Table => printer.data(show::details(&session))?,
    }
    Ok(ExitStatus::Ok)
}
