//! `daypass revoke`: the kill switch. It shows each session as its death is verified, and ends with what was seen when.

use std::sync::Arc;

use daypass_api::{Client, ClientError, Revocation, Revoked, SessionQuery, SessionStatus, SessionView};
use daypass_vending::ids::{AccountId, ProjectId, Reason, TierName, UserId};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::list::collect;
use crate::arguments::Global;
use crate::connection;
use crate::escape::escape;
use crate::exit::ExitStatus;
use crate::failure::{Failure, Outcome};
use crate::printer::{GOOD, OutputFormat, Printer};
use crate::prompt;
use crate::session_ref::SessionRef;
use crate::show::{self, short};
use crate::wait::{self, Spinner};

/// How many sessions are watched at the same time; the server kills them at its own pace.
const AT_ONCE: usize = 16;

/// The states of sessions that a revocation ends.
const LIVE: &str = "pending_approval,approved,provisioning,active";

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Credentials that are already in somebody's hands stop working at once: a Deny is put on the role
before anything else.
The table at the end says what was verified, in milliseconds since the order:
  DENIED        the Deny stands on the role: live credentials are dead
  TRUST CLOSED  nobody gets new credentials of the role
  REFUSAL SEEN  credentials issued before were tried and refused (-: there was nothing to try)
  ROLE GONE     AWS does not know the role any more

Examples:
  daypass revoke 5f0c --reason 'the laptop was stolen'
  daypass revoke --user carla --reason 'the contract has ended'
  daypass revoke --project acme-web --tier developer --reason 'freeze for the release'
  daypass revoke --all --yes --reason 'suspected compromise'")]
pub(crate) struct Args {
    /// One session: its id, or at least the first 4 characters of it
    #[arg(value_name = "ID", conflicts_with_all = ["user", "account", "tier", "all"])]
    #[arg(required_unless_present_any = ["session_id", "user", "project", "account", "tier", "all"])]
    id: Option<SessionRef>,
    #[arg(long, hide = true, value_name = "ID", conflicts_with_all = ["id", "user", "account", "tier", "all"])]
    session_id: Option<SessionRef>,
    /// Every session of this person
    #[arg(long, value_name = "NAME", alias = "user-id")]
    user: Option<UserId>,
    /// Every session for this project
    #[arg(long, value_name = "ID", alias = "project-id")]
    project: Option<ProjectId>,
    /// Every session in this account
    #[arg(long, value_name = "ID")]
    account: Option<AccountId>,
    /// Every session at this tier
    #[arg(long, value_name = "NAME", alias = "permission-tier")]
    tier: Option<TierName>,
    /// Every session there is
    #[arg(long, conflicts_with_all = ["user", "project", "account", "tier"])]
    all: bool,
    /// Why: 10 to 500 characters, for the trail; only your own session needs none
    #[arg(long, value_name = "TEXT", required_unless_present_any = ["id", "session_id"])]
    reason: Option<Reason>,
    /// Do not ask before ending every session there is
    #[arg(long)]
    yes: bool,
    /// Do not wait until they are verified dead
    #[arg(long)]
    no_wait: bool,
}

/// What to end.
#[derive(Debug)]
pub(crate) struct Settings {
    what: What,
    sure: bool,
    wait: bool,
}

#[derive(Debug)]
enum What {
    /// One session, which must be of the project if one is given.
    One { session: SessionRef, project: Option<ProjectId>, reason: Option<Reason> },
    /// Every session that matches.
    Matching(Revocation),
}

pub(crate) fn resolve(arguments: Args) -> Result<Settings, Failure> {
    let Args { id, session_id, user, project, account, tier, all, reason, yes, no_wait } = arguments;
    let what = match (id.or(session_id), reason) {
        (Some(session), reason) => What::One { session, project, reason },
        (None, Some(reason)) => What::Matching(Revocation {
            user: user.map(String::from),
            project: project.map(String::from),
            tier: tier.map(String::from),
            account: account.map(String::from),
            all,
            reason: reason.into(),
        }),
        (None, None) => return Err(Failure::usage("ending the sessions of others needs a `--reason`")),
    };
    Ok(Settings { what, sure: yes, wait: !no_wait })
}

pub(crate) async fn command(global: &Global, settings: Settings, printer: &Printer) -> Outcome {
    let client = connection::open(global).await?.client;
    let sessions = match settings.what {
        What::One { session, project, reason } => vec![end_one(&client, &session, project.as_ref(), reason).await?],
        What::Matching(revocation) => {
            if revocation.all && !settings.sure {
                ask(&client).await?;
            }
            end_matching(&client, &revocation).await?
        }
    };
    if sessions.is_empty() {
        printer.note("No live session matches; nothing had to be ended.");
    }
    let sessions = if settings.wait {
        let all_go_on =
            || "the revocations go on without you; look with `daypass list --status revoking,stuck`".to_owned();
        wait::interruptible(watch(&client, sessions, printer), all_go_on).await?
    } else {
        sessions
    };
    match printer.format() {
        OutputFormat::Json => printer.json(&Revoked { sessions: sessions.clone() })?,
        OutputFormat::Table if sessions.is_empty() => {}
        OutputFormat::Table => printer.data(show::ends_table(&sessions, printer.width()))?,
    }
    stuck(&sessions)
}

async fn end_one(
    client: &Client,
    session: &SessionRef,
    project: Option<&ProjectId>,
    reason: Option<Reason>,
) -> Result<SessionView, Failure> {
    let id = session.resolve(client).await?;
    if let Some(project) = project
        && client.session(&id, 0).await?.project_id != project.as_str()
    {
        return Err(Failure::new(ExitStatus::NotFound, "there is no such session in this project"));
    }
    let reason = reason.as_ref().map(Reason::as_str);
    let ended = wait::surely(|call| {
        let id = &id;
        async move { client.end_session(id, reason, &call).await }
    });
    Ok(ended.await?)
}

async fn end_matching(client: &Client, revocation: &Revocation) -> Result<Vec<SessionView>, Failure> {
    let revoked = wait::surely(|call| async move { client.revoke_many(revocation, &call).await });
    Ok(revoked.await?.sessions)
}

/// Everybody loses access: say how many that are, and ask.
async fn ask(client: &Client) -> Result<(), Failure> {
    let query = SessionQuery { status: Some(LIVE.to_owned()), ..SessionQuery::default() };
    let live = collect(client, &query, usize::MAX).await?.sessions.len();
    let question = format!("This ends every live session of everybody: {live} as far as you can see. Go on? [y/N] ");
    match prompt::confirmed(question).await? {
        Some(true) => Ok(()),
        Some(false) => Err(Failure::plain("nothing was ended")),
        None => Err(Failure::usage("`--all` ends every live session of everybody, and there is nobody to ask")
            .hint("add `--yes` if that is what you want")),
    }
}

/// Wait for each session's end, and say when it came.
async fn watch(client: &Client, sessions: Vec<SessionView>, printer: &Printer) -> Result<Vec<SessionView>, Failure> {
    let total = sessions.len();
    let spinner = Spinner::start(printer, progress(0, total));
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut watchers = JoinSet::new();
    for (place, session) in sessions.into_iter().enumerate() {
        let (client, turns) = (client.clone(), Arc::clone(&turns));
        watchers.spawn(async move {
            let _turn = turns.acquire_owned().await;
            (place, wait::until(&client, &session.session_id, |session| session.status.is_resting()).await)
        });
    }
    let mut ended: Vec<(usize, SessionView)> = Vec::with_capacity(total);
    while let Some(watched) = watchers.join_next().await {
        let (place, session): (usize, Result<SessionView, ClientError>) = watched?;
        let session = session?;
        spinner.suspend(|| printer.note(line(&session)));
        ended.push((place, session));
        spinner.text(progress(ended.len(), total));
    }
    ended.sort_by_key(|(place, _)| *place);
    Ok(ended.into_iter().map(|(_, session)| session).collect())
}

fn progress(done: usize, total: usize) -> String {
    format!("{done} of {total} verified")
}

fn line(session: &SessionView) -> String {
    let (id, user) = (short(&session.session_id), escape(&session.user_id));
    let took = session.end.as_ref().and_then(|end| Some(end.role_gone_at?.duration_since(end.started_at).as_millis()));
    match took {
        Some(took) => format!("{GOOD}✓{GOOD:#} {id} of {user}: {} after {took} ms", session.status),
        None => format!("  {id} of {user}: {}", session.status),
    }
}

/// A role that would not die is a failure, however many others did.
fn stuck(sessions: &[SessionView]) -> Outcome {
    let stuck = sessions.iter().filter(|session| session.status == SessionStatus::Stuck).count();
    if stuck == 0 {
        return Ok(ExitStatus::Ok);
    }
    Err(Failure::plain(format!("{stuck} of {} roles could not be killed yet; Daypass keeps trying", sessions.len()))
        .hint("`daypass list --status stuck` and `daypass status ID` say why"))
}
