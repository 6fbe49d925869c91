//! `daypass review`: what came of emergencies.

use daypass_api::{Client, ReviewQuery, SessionPage};
use daypass_vending::ids::Findings;

use crate::arguments::{Global, OneSession};
use crate::connection;
use crate::exit::ExitStatus;
use crate::failure::{Failure, Outcome};
use crate::printer::{OutputFormat, Printer};
use crate::session_ref::SessionRef;
use crate::show;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List the emergencies that wait for a review: your own, and those you may review
    List(ListArgs),
    /// Say what came of somebody else's emergency
    Close(CloseArgs),
}

/// The arguments of `review list`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
An open review keeps its holder from breaking the glass again.

Examples:
  daypass review list
  daypass review list --output json")]
pub(crate) struct ListArgs {}

/// The arguments of `review close`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Nobody closes the review of their own session. The findings stand in the session's trail.

Examples:
  daypass review close 5f0c --findings 'INC-4711: disk full; quota raised, alarm added'")]
pub(crate) struct CloseArgs {
    #[command(flatten)]
    session: OneSession,
    /// What came of it: 10 to 2000 characters
    #[arg(long, value_name = "TEXT")]
    findings: Findings,
}

pub(crate) async fn command(global: &Global, command: Command, printer: &Printer) -> Outcome {
    let client = connection::open(global).await?.client;
    match command {
        Command::List(_) => list(&client, printer).await,
        Command::Close(arguments) => close(&client, &arguments, printer).await,
    }
}

async fn list(client: &Client, printer: &Printer) -> Outcome {
    let page = open(client).await?;
    match printer.format() {
        OutputFormat::Json => printer.json(&page)?,
        OutputFormat::Table if page.sessions.is_empty() => printer.note("No open reviews."),
        OutputFormat::Table => printer.data(show::list(&page.sessions, printer.width()))?,
    }
    Ok(ExitStatus::Ok)
}

async fn close(client: &Client, arguments: &CloseArgs, printer: &Printer) -> Outcome {
    let session = arguments.session.get();
    let id = match &session {
        SessionRef::Whole(id) => id.to_string(),
        SessionRef::Beginning(beginning) => {
            SessionRef::among(beginning, open(client).await?.sessions.into_iter().map(|session| session.session_id))?
        }
    };
    let session = client.close_review(&id, arguments.findings.as_str()).await?;
    match printer.format() {
        OutputFormat::Json => printer.json(&session)?,
        OutputFormat::Table => printer.data(show::details(&session))?,
    }
    Ok(ExitStatus::Ok)
}

/// All open reviews that this person may know of.
async fn open(client: &Client) -> Result<SessionPage, Failure> {
    let (mut query, mut all) = (ReviewQuery { limit: Some(200), ..ReviewQuery::default() }, Vec::new());
    loop {
        let page = client.reviews(&query).await?;
        all.extend(page.sessions);
        query.cursor = page.next_cursor;
        if query.cursor.is_none() {
            return Ok(SessionPage { sessions: all, next_cursor: None });
        }
    }
}
