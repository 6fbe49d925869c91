//! `daypass approve` and `daypass deny`: decide on somebody's request, after seeing all of it.

use daypass_api::{Approve, Client, SessionQuery, SessionStatus, SessionView};
use daypass_vending::ids::{Comment, Reason};

use super::list::collect;
use crate::arguments::{Global, OneSession};
use crate::connection;
use crate::exit::ExitStatus;
use crate::failure::{Failure, Outcome};
use crate::printer::{OutputFormat, Printer};
use crate::prompt;
use crate::session_ref::SessionRef;
use crate::show::{self, short};
use crate::wait;

/// The arguments of `approve`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Shows the whole request and asks. What is approved is exactly what was shown: a request that is
another one by then is refused with exit code 8. Nobody approves their own request.

Examples:
  daypass list --pending
  daypass approve 5f0c
  daypass approve 5f0c --comment 'as discussed' --yes")]
pub(crate) struct Args {
    #[command(flatten)]
    session: OneSession,
    /// What you have to say to it, for the requester and the trail
    #[arg(long, value_name = "TEXT")]
    comment: Option<Comment>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

/// The arguments of `deny`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Who asked takes a request back with `daypass release`.

Examples:
  daypass deny 5f0c --reason 'use the developer tier for this'")]
pub(crate) struct DenyArgs {
    #[command(flatten)]
    session: OneSession,
    /// Why: 10 to 500 characters, for the requester and the trail
    #[arg(long, value_name = "TEXT")]
    reason: Reason,
}

pub(crate) async fn command(global: &Global, arguments: &Args, printer: &Printer) -> Outcome {
    let client = connection::open(global).await?.client;
    let id = waiting(&client, &arguments.session.get()).await?;
    let seen = client.session(&id, 0).await?;
    let Some(approval) = &seen.approval else {
        return Err(Failure::new(ExitStatus::Conflict, format!("session {} needs nobody's approval", short(&id))));
    };
    if !arguments.yes {
        ask(&seen, printer).await?;
    }
    let approve = Approve {
        request_hash: approval.request_hash.clone(),
        comment: arguments.comment.as_ref().map(|comment| comment.as_str().to_owned()),
    };
    let session = wait::surely(|call| {
        let (client, id, approve) = (&client, &id, &approve);
        async move { client.approve(id, approve, &call).await }
    })
    .await?;
    report(&session, printer)
}

pub(crate) async fn deny(global: &Global, arguments: &DenyArgs, printer: &Printer) -> Outcome {
    let client = connection::open(global).await?.client;
    let id = waiting(&client, &arguments.session.get()).await?;
    let session = client.deny(&id, arguments.reason.as_str()).await?;
    report(&session, printer)
}

/// The id of the request that is meant: one of those that wait and that this person may see.
async fn waiting(client: &Client, session: &SessionRef) -> Result<String, Failure> {
    let SessionRef::Beginning(beginning) = session else { return session.resolve(client).await };
    let query = SessionQuery { status: Some("pending_approval".to_owned()), ..SessionQuery::default() };
    let found = collect(client, &query, usize::MAX).await?.sessions;
    SessionRef::among(beginning, found.into_iter().map(|session| session.session_id))
}

/// Show the whole request, and ask.
async fn ask(seen: &SessionView, printer: &Printer) -> Result<(), Failure> {
    printer.note(show::details(seen));
    let (user, tier) = (crate::escape::escape(&seen.user_id), &seen.permission_tier);
    let question = format!("Approve {tier} in account {} for {user}? [y/N] ", seen.account_id);
    match prompt::confirmed(question).await? {
        Some(true) => Ok(()),
        Some(false) => Err(Failure::plain("nothing was approved")),
        None => Err(Failure::usage("there is nobody to ask").hint("add `--yes` if you have seen the request")),
    }
}

fn report(session: &SessionView, printer: &Printer) -> Outcome {
    match printer.format() {
        OutputFormat::Json => printer.json(session)?,
        OutputFormat::Table => printer.data(show::details(session))?,
    }
    if session.status == SessionStatus::PendingApproval
        && let Some(approval) = &session.approval
    {
        printer.hint(format!("{} of {} approvals; others have to approve it too", approval.given, approval.needed));
    }
    Ok(ExitStatus::Ok)
}
