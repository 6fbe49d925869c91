//! `daypass release`: give a session back before its time.

use daypass_api::SessionView;

use crate::arguments::{Global, OneSession};
use crate::connection;
use crate::exit::ExitStatus;
use crate::failure::Outcome;
use crate::printer::{OutputFormat, Printer};
use crate::show::{self, short};
use crate::wait::{self, Spinner};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Its credentials stop working at once, and its role is deleted.

Examples:
  daypass release 5f0c
  daypass release 5f0c --no-wait")]
pub(crate) struct Args {
    #[command(flatten)]
    session: OneSession,
    /// Do not wait until the role is gone
    #[arg(long)]
    no_wait: bool,
}

pub(crate) async fn command(global: &Global, arguments: &Args, printer: &Printer) -> Outcome {
    let client = connection::open(global).await?.client;
    let id = arguments.session.get().resolve(&client).await?;
    let mut session = wait::surely(|call| {
        let (client, id) = (&client, &id);
        async move { client.end_session(id, None, &call).await }
    })
    .await?;
    if !arguments.no_wait {
        let spinner = Spinner::start(printer, "killing the role");
        session = wait::interruptible(
            async { Ok(wait::until(&client, &id, |session: &SessionView| session.status.is_resting()).await?) },
            || format!("the release goes on without you; look with `daypass status {}`", short(&id)),
        )
        .await?;
        drop(spinner);
    }
    match printer.format() {
        OutputFormat::Json => printer.json(&session)?,
        OutputFormat::Table => printer.data(show::ends_table(&[session], printer.width()))?,
    }
    Ok(ExitStatus::Ok)
}
