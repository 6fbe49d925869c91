//! `daypass dev`: the whole of Daypass on this machine, and `daypass dev totp`: a sample user's authenticator app.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use daypass_embedded::aws::Throttle;
use daypass_embedded::issuer::SampleLogin;
use daypass_embedded::logging::{self, LogFormat};
use daypass_entitlements::LiveRules;
use daypass_http::local::{LocalError, LocalOptions, LocalServer, Storage};
use jiff::SignedDuration;
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

use super::rules;
use crate::duration;
use crate::exit::ExitStatus;
use crate::failure::{Failure, Outcome};
use crate::folders;
use crate::local::{SampleUser, SampleUsers};
use crate::printer::{BOLD, OutputFormat, Printer};
use crate::server_url::ServerUrl;
use crate::table::Table;
use crate::wait;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
The server, its reconciler, an issuer of sample users and a simulated AWS account run until Ctrl-C,
which finishes what is under way. Everything is kept in the data directory, so that the next start
goes on where this one ended.

For one machine only: it listens on loopback, and the sample users' passwords are in the data
directory.

Examples:
  daypass dev
  daypass dev --port 9000 --data-dir /tmp/daypass
  daypass dev --log 2> daypass.log
  daypass dev --consistency-delay 4s --throttle 20     # as slow as the real one
  daypass dev --rules ours.cedar --log                 # kill -HUP has the rules read anew
  daypass login --user carla --totp \"$(daypass dev totp carla)\""
)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// The port on 127.0.0.1; 0 is a free one
    #[arg(long, value_name = "PORT", default_value = "8420")]
    port: u16,
    /// Where everything is kept; $XDG_STATE_HOME/daypass/dev when absent
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// Write the server's log to stderr, a JSON object for each line; DAYPASS_LOG says how much
    #[arg(long)]
    log: bool,
    /// Let the simulated IAM take so long to tell everybody about a change, up to 60s; AWS takes some seconds
    #[arg(long, value_name = "TIME", value_parser = delay, default_value = "0s")]
    consistency_delay: SignedDuration,
    /// Let the simulated IAM take only so many writes a second in each account, as AWS does
    #[arg(long, value_name = "WRITES", value_parser = clap::value_parser!(u32).range(1..))]
    throttle: Option<u32>,
    /// Decide by the rules in this file instead of the shipped ones; SIGHUP has them read anew
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
}

/// `daypass dev …`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Show the current code of a sample user, as their authenticator app would
    Totp(TotpArgs),
}

/// The arguments of `totp`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each code counts once; asked again within half a minute, it shows the next one, which counts already.

Examples:
  daypass dev totp carla
  daypass login --user carla --totp \"$(daypass dev totp carla)\"")]
pub(crate) struct TotpArgs {
    /// The sample user
    user: String,
    /// The data directory of `daypass dev`
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
}

/// All that is needed to run.
#[derive(Debug)]
struct Settings {
    listen: SocketAddr,
    data_dir: PathBuf,
    log: bool,
    consistency_delay: SignedDuration,
    throttle: Option<Throttle>,
    rules: Option<PathBuf>,
}

pub(crate) async fn command(arguments: Args, printer: &Printer) -> Outcome {
    match arguments.command {
        Some(Command::Totp(arguments)) => totp(arguments, printer),
        None => run(resolve(arguments)?, printer).await,
    }
}

fn resolve(arguments: Args) -> Result<Settings, Failure> {
    Ok(Settings {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, arguments.port)),
        data_dir: data_dir(arguments.data_dir)?,
        log: arguments.log,
        consistency_delay: arguments.consistency_delay,
        throttle: arguments.throttle.map(|per_second| Throttle { burst: per_second, per_second }),
        rules: arguments.rules,
    })
}

/// How long IAM may take in the simulation: longer than any that was seen in AWS.
const LONGEST_DELAY: SignedDuration = SignedDuration::from_secs(60);

fn delay(text: &str) -> Result<SignedDuration, String> {
    let delay = duration::parse(text)?;
    if delay <= LONGEST_DELAY { Ok(delay) } else { Err("at most 60s".to_owned()) }
}

async fn run(settings: Settings, printer: &Printer) -> Outcome {
    if settings.log {
        let started = logging::init(LogFormat::Json);
        started.map_err(|error| Failure::usage(format!("cannot log: {error}")))?;
    }
    let storage = Storage::Files {
        database: settings.data_dir.join("daypass.sqlite"),
        key_file: settings.data_dir.join("daypass.keys"),
    };
    // In a task of its own, so that a Ctrl-C while the server starts is not lost.
    let stop = tokio::spawn(wait::asked_to_stop());
    let mut options = LocalOptions::development(settings.listen, storage)?;
    options.consistency_delay = settings.consistency_delay;
    options.throttle = settings.throttle;
    if let Some(path) = &settings.rules {
        options.rules = Arc::new(LiveRules::new(rules::taken(path)?));
    }
    // A denial counts once everybody has seen it.
    let seen_by_all = settings.consistency_delay + SignedDuration::from_secs(1);
    options.settings.consistency_window = options.settings.consistency_window.max(seen_by_all);
    let server = LocalServer::start(options).await.map_err(explain)?;
    let users = sample_users(&server).await?;
    users.keep(&settings.data_dir)?;
    announce(&Announcement { server: server.url(), data_dir: settings.data_dir, users: users.users }, printer)?;
    until_stopped(stop, &server, settings.rules.as_deref()).await?;
    printer.note("\nStopping: finishing what is under way.");
    server.stop().await;
    Ok(ExitStatus::Ok)
}

/// Wait for Ctrl-C, and read the rules anew whenever somebody says SIGHUP.
async fn until_stopped(
    mut stop: JoinHandle<io::Result<()>>,
    server: &LocalServer,
    rules: Option<&Path>,
) -> Result<(), Failure> {
    let mut hangup = signal(SignalKind::hangup())?;
    loop {
        tokio::select! {
            stopped = &mut stop => return Ok(stopped??),
            Some(()) = hangup.recv() => {
                if let Some(path) = rules {
                    server.reload(std::fs::read_to_string(path).map_err(|error| error.to_string())).await;
                }
            }
        }
    }
}

async fn sample_users(server: &LocalServer) -> Result<SampleUsers, Failure> {
    let issuer = server.issuer.as_ref().ok_or_else(|| Failure::plain("the server has no sample users"))?;
    let users = issuer.logins().await?.into_iter().map(|login| {
        let SampleLogin { person, password, totp_secret } = login;
        SampleUser::new(person.user.as_str(), &person.name, password.reveal(), totp_secret.reveal())
    });
    Ok(SampleUsers { users: users.collect() })
}

fn explain(error: LocalError) -> Failure {
    let in_use = matches!(&error, LocalError::Listen { source, .. } if source.kind() == ErrorKind::AddrInUse);
    let failure = Failure::from(error);
    if in_use { failure.hint("another `daypass dev` may be running; `--port 0` takes a free one") } else { failure }
}

/// What runs where, and who can log in.
#[derive(Serialize)]
struct Announcement {
    server: String,
    data_dir: PathBuf,
    users: Vec<SampleUser>,
}

fn announce(announcement: &Announcement, printer: &Printer) -> Result<(), Failure> {
    if printer.format() == OutputFormat::Json {
        return printer.json(announcement);
    }
    let Announcement { server, data_dir, users } = announcement;
    let mut table = Table::new(["USER", "PASSWORD", "WHO"], printer.width());
    for user in users {
        table.row([&user.user, user.password.reveal(), &user.name]);
    }
    let is_default = server.as_str() == ServerUrl::LOCAL;
    let at = if is_default { String::new() } else { format!("--server {server} ") };
    let from = if folders::development().is_ok_and(|folder| folder == *data_dir) {
        String::new()
    } else {
        format!(" --data-dir {}", data_dir.display())
    };
    printer.data(format!(
        "{BOLD}Daypass runs at {server}{BOLD:#}, its API is described at {server}/docs\n\
         Everything is kept in {}; Ctrl-C stops.\n\n{}\n\
         {BOLD}In another terminal:{BOLD:#}\n  \
         daypass login {at}--user carla --totp \"$(daypass dev totp carla{from})\"   # asks for the password\n  \
         eval \"$(daypass request --project acme-web --account 111122223333 --tier read-only \\\n          \
         --reason 'look at the failing nightly job' --creds env)\"\n  \
         daypass list\n",
        data_dir.display(),
        table.render()
    ))
}

fn totp(arguments: TotpArgs, printer: &Printer) -> Outcome {
    let folder = data_dir(arguments.data_dir)?;
    let now = u64::try_from(crate::local::now().as_second())?;
    printer.data(SampleUsers::next_code(&folder, &arguments.user, now)?)?;
    Ok(ExitStatus::Ok)
}

fn data_dir(named: Option<PathBuf>) -> Result<PathBuf, Failure> {
    named.map_or_else(folders::development, Ok)
}
