//! `daypass request`: ask for access, wait until it is there, and say or do what comes next.

use daypass_api::{Client, NewSession, SessionStatus, SessionView};
use daypass_vending::ids::{Reason, UserId};

use super::creds::{self, Delivery, WhereTo};
use crate::arguments::{Global, Wanted};
use crate::connection::{self, Connection};
use crate::credentials::Format;
use crate::exit::ExitStatus;
use crate::failure::{Failure, Outcome};
use crate::printer::{OutputFormat, Printer};
use crate::show::{self, short};
use crate::wait::{self, Spinner};

/// How often a request that waits for people is looked at: often enough for them, and well within everybody's allowance.
const LOOK_EVERY: std::time::Duration = std::time::Duration::from_secs(3);

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The session's clock starts when its role is made, not when you ask.

Examples:
  daypass request --project acme-web --account 111122223333 --tier read-only \\
          --reason 'look at the failing nightly job'
  daypass request --project acme-web --account 111122223333 --tier developer --duration 90m \\
          --reason 'fix the failing nightly job'
  daypass request --project acme-web --account 111122223333 --tier break-glass \\
          --incident INC-4711 --reason 'the site is down'

In one command, access in this shell:
  eval \"$(daypass request --project acme-web --account 111122223333 --tier read-only \\
          --reason 'look at the failing nightly job' --creds env)\"")]
pub(crate) struct Args {
    #[command(flatten)]
    wanted: Wanted,
    /// Why: 10 to 500 characters, for whoever looks at it later
    #[arg(long, value_name = "TEXT")]
    reason: Reason,
    /// The earlier tool asked who you are; you are who you logged in as, and this can only agree.
    #[arg(long, hide = true, value_name = "NAME")]
    user_id: Option<UserId>,
    /// Do not wait until the role works, nor until somebody approves
    #[arg(long)]
    no_wait: bool,
    /// Wait until the role works, which is the default
    #[arg(long, conflicts_with = "no_wait")]
    wait: bool,
    /// Print credentials in this form, and nothing else on stdout
    #[arg(long, value_enum, value_name = "FORMAT", conflicts_with = "no_wait")]
    #[arg(visible_alias = "format", alias = "output-format")]
    creds: Option<Format>,
    #[command(flatten)]
    where_to: WhereTo,
}

/// What is asked for, and what comes then.
#[derive(Debug)]
pub(crate) struct Settings {
    new: NewSession,
    user: Option<UserId>,
    then: Then,
}

#[derive(Debug)]
enum Then {
    Leave,
    Wait,
    Deliver(Delivery),
}

pub(crate) fn resolve(arguments: Args) -> Result<Settings, Failure> {
    let duration_seconds = arguments.wanted.how_long.seconds();
    let Wanted { project, account, tier, incident, delivery, how_long: _ } = arguments.wanted;
    let new = NewSession {
        project_id: project.into(),
        account_id: account.into(),
        permission_tier: tier.into(),
        duration_seconds,
        reason: arguments.reason.into(),
        incident_id: incident.map(String::from),
        delivery,
    };
    let then = match arguments.creds {
        Some(format) => Then::Deliver(arguments.where_to.deliver(format)?),
        None if arguments.no_wait && !arguments.wait => Then::Leave,
        None => Then::Wait,
    };
    Ok(Settings { new, user: arguments.user_id, then })
}

pub(crate) async fn command(global: &Global, settings: Settings, printer: &Printer) -> Outcome {
    let Connection { client, login, .. } = connection::open(global).await?;
    if let Some(user) = settings.user.filter(|user| user.as_str() != login.user) {
        return Err(Failure::usage(format!("you are logged in as {}, not as {user}", login.user))
            .hint("leave `--user-id` out: who you are is proved by your login"));
    }
    let session = wait::surely(|call| {
        let (client, new) = (&client, &settings.new);
        async move { client.request_session(new, &call).await }
    })
    .await?;
    let id = session.session_id.clone();
    if matches!(settings.then, Then::Leave) {
        return report(&session, printer);
    }
    let rest = wait::interruptible(
        async {
            let session = at_rest(&client, session, printer).await?;
            match &settings.then {
                Then::Deliver(delivery) if session.status == SessionStatus::Active => {
                    creds::deliver(&client, &session, delivery, printer).await
                }
                Then::Deliver(_) => Err(no_access(&session)),
                Then::Leave | Then::Wait => report(&session, printer),
            }
        },
        || format!("session {} goes on without you; look with `daypass status {}`", short(&id), short(&id)),
    );
    rest.await
}

/// Wait for those who have to approve. They may take hours; whoever stops waiting loses nothing.
async fn approved(client: &Client, session: SessionView, printer: &Printer) -> Result<SessionView, Failure> {
    let Some(approval) = session.approval.as_ref().filter(|_| session.status == SessionStatus::PendingApproval) else {
        return Ok(session);
    };
    let (id, group) = (&session.session_id, approval.approvers.as_deref().unwrap_or("the approvers"));
    let group = crate::escape::escape(group).into_owned();
    printer.note(format!("Session {} waits for {} of {group} to approve it:", short(id), approval.needed));
    printer.note(format!("  daypass approve {}", short(id)));
    let spinner = Spinner::start(printer, format!("waiting for {group}"));
    loop {
        let session = client.session(id, 0).await.map_err(|error| {
            connection::explain(&error).hint(format!("it goes on waiting; look with `daypass status {}`", short(id)))
        })?;
        if session.status != SessionStatus::PendingApproval {
            return Ok(session);
        }
        if let Some(approval) = &session.approval {
            spinner.text(format!("waiting for {group}: {} of {} approved", approval.given, approval.needed));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn at_rest(client: &Client, session: SessionView, printer: &Printer) -> Result<SessionView, Failure> {
    let session = approved(client, session, printer).await?;
    if session.status.is_resting() {
        return Ok(session);
    }
    let id = &session.session_id;
    printer.note(format!("Session {} is allowed; making its role.", short(id)));
    let spinner = Spinner::start(printer, "provisioning");
    let rested = wait::until(client, id, |session| session.status.is_resting()).await.map_err(|error| {
        connection::explain(&error).hint(format!("the session goes on; look with `daypass status {}`", short(id)))
    });
    drop(spinner);
    rested
}

/// Print the session; what to do next depends on what became of it.
fn report(session: &SessionView, printer: &Printer) -> Outcome {
    match printer.format() {
        OutputFormat::Json => printer.json(session)?,
        OutputFormat::Table => printer.data(show::details(session))?,
    }
    let id = short(&session.session_id);
    match session.status {
        SessionStatus::Active => printer.hint(format!("get credentials with: eval \"$(daypass creds {id})\"")),
        SessionStatus::Requested | SessionStatus::Approved | SessionStatus::Provisioning => {
            printer.hint(format!("its role is being made; look with `daypass status {id}`"));
        }
        SessionStatus::PendingApproval => {
            printer.hint(format!("it waits for approval with `daypass approve {id}`; look with `daypass status {id}`"));
        }
        _ => return Err(no_access(session)),
    }
    Ok(ExitStatus::Ok)
}

fn no_access(session: &SessionView) -> Failure {
    let why = session.failure.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    let status = match session.status {
        SessionStatus::Refused | SessionStatus::Denied => ExitStatus::Refused,
        SessionStatus::Failed => ExitStatus::Failure,
        _ => ExitStatus::Conflict,
    };
    let is = if session.status == SessionStatus::Failed { "" } else { "is " };
    Failure::new(status, format!("session {} {is}{}{why}", short(&session.session_id), session.status))
        .hint(format!("`daypass status {}` has the details", short(&session.session_id)))
}
