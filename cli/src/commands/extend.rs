//! `daypass extend`: move a session's end.

use daypass_api::SessionView;

use crate::arguments::{Global, HowLong, OneSession};
use crate::connection;
use crate::exit::ExitStatus;
use crate::failure::{Failure, Outcome};
use crate::printer::{OutputFormat, Printer};
use crate::session_ref::SessionRef;
use crate::show::{self, short};
use crate::wait::{self, Spinner};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The tier's limit counts for the whole life of a session, extensions included.

Examples:
  daypass extend 5f0c --hours 1
  daypass extend 5f0c --duration 30m")]
pub(crate) struct Args {
    #[command(flatten)]
    session: OneSession,
    #[command(flatten)]
    pub(crate) how_long: HowLong,
}

/// Which session, and by how much.
#[derive(Debug)]
pub(crate) struct Settings {
    session: SessionRef,
    seconds: i64,
}

pub(crate) fn resolve(arguments: &Args) -> Result<Settings, Failure> {
    let seconds = arguments.how_long.seconds();
    let seconds = seconds.ok_or_else(|| Failure::usage("by how much? give `--hours N` or `--duration 30m`"))?;
    Ok(Settings { session: arguments.session.get(), seconds })
}

pub(crate) async fn command(global: &Global, settings: Settings, printer: &Printer) -> Outcome {
    let client = connection::open(global).await?.client;
    let id = settings.session.resolve(&client).await?;
    wait::surely(|call| {
        let (client, id) = (&client, &id);
        async move { client.extend(id, settings.seconds, &call).await }
    })
    .await?;
    let spinner = Spinner::start(printer, "writing the new end to AWS");
    let written = |session: &SessionView| session.extension.is_none() && session.status.is_resting();
    let session = wait::interruptible(async { Ok(wait::until(&client, &id, written).await?) }, || {
        format!("the extension goes on without you; look with `daypass status {}`", short(&id))
    })
    .await?;
    drop(spinner);
    match printer.format() {
        OutputFormat::Json => printer.json(&session)?,
        OutputFormat::Table => printer.data(show::details(&session))?,
    }
    Ok(ExitStatus::Ok)
}
