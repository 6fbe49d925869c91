//! The command line. Each command has its arguments in its own file; here is what they share, and the whole.

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Parser, Subcommand};
use daypass_api::Delivery;
use daypass_vending::ids::{AccountId, IncidentId, ProjectId, SessionId, TierName};
use jiff::SignedDuration;

use crate::commands::{
    approve, audit, capacity, completions, creds, dev, emergency_key, explain, extend, list, login, logout, policy,
    release, request, review, revoke, rules, status, tiers, whoami,
};
use crate::printer::{Color, OutputFormat};
use crate::server_url::ServerUrl;
use crate::session_ref::SessionRef;
use crate::{demo, duration};

/// AWS access by the hour.
///
/// Ask for access to an account; if the rules allow it, Daypass makes a role for this one session, hands over short
/// credentials, and makes sure that the role is dead when the session is over.
#[derive(Debug, Parser)]
#[command(name = "daypass", version, max_term_width = 100, after_help = AFTER_HELP, after_long_help = after_long_help())]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command understands.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// The server; the one of the last login when absent, else the one of `daypass dev`
    #[arg(long, global = true, value_name = "URL", env = "DAYPASS_SERVER", hide_env_values = true)]
    pub(crate) server: Option<ServerUrl>,
    /// How to print data
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        value_enum,
        default_value = "table",
        hide_possible_values = true
    )]
    #[arg(help = "How to print data: table (for people) or json (for programs)")]
    pub(crate) output: OutputFormat,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value = "auto", hide_possible_values = true)]
    #[arg(help = "When to use colours: auto (on a terminal, unless NO_COLOR is set), always or never")]
    pub(crate) color: Color,
    /// Print data, warnings and errors only
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// See Daypass work: stories on a real server, in seconds
    Demo(demo::Args),
    /// Run Daypass on this machine, with sample users and a simulated AWS account
    Dev(dev::Args),
    /// Prove who you are
    Login(Box<login::Args>),
    /// Forget the proof
    Logout(logout::Args),
    /// Show who you are to the server
    Whoami(whoami::Args),
    /// Show what can be asked for
    #[command(alias = "list-available-roles")]
    Tiers(tiers::Args),
    /// Ask for access
    #[command(alias = "request-role")]
    Request(Box<request::Args>),
    /// Say what would become of a request, and ask for nothing
    Explain(explain::Args),
    /// List sessions
    #[command(alias = "list-sessions")]
    List(list::Args),
    /// Show one session
    #[command(alias = "check-status")]
    Status(status::Args),
    /// Get credentials of a session
    Creds(creds::Args),
    /// Move the end of a session
    Extend(extend::Args),
    /// Give a session back
    Release(release::Args),
    /// Say yes to somebody's request
    Approve(approve::Args),
    /// Say no to somebody's request
    Deny(approve::DenyArgs),
    /// Look at emergencies afterwards, and say what came of them
    #[command(subcommand)]
    Review(review::Command),
    /// Kill sessions, and verify that they are dead
    #[command(alias = "revoke-session", visible_alias = "kill")]
    Revoke(revoke::Args),
    /// Decide, compare, lint and shorten IAM policies; ask what a session may do
    #[command(subcommand)]
    Policy(policy::Command),
    /// Check and test the rules that say who may have what
    #[command(subcommand)]
    Rules(rules::Command),
    /// Read and verify the trail
    #[command(subcommand)]
    Audit(audit::Command),
    /// Show how full the accounts are
    Capacity(capacity::Args),
    /// Prepare for the day on which no identity provider answers
    #[command(subcommand)]
    EmergencyKey(emergency_key::Command),
    /// Print completions for a shell
    Completions(completions::Args),
}

/// One session, named as an argument or the way the earlier tool did.
#[derive(Clone, Debug, Args)]
pub(crate) struct OneSession {
    /// The session: its id, or at least the first 4 characters of it
    #[arg(value_name = "ID", required_unless_present = "session_id")]
    id: Option<SessionRef>,
    #[arg(long, hide = true, value_name = "ID", conflicts_with = "id")]
    session_id: Option<SessionRef>,
}

/// What access: the arguments of `request`, and of `explain`, which is about the same.
#[derive(Clone, Debug, Args)]
pub(crate) struct Wanted {
    /// Who the work is for
    #[arg(long, value_name = "ID", alias = "project-id")]
    pub(crate) project: ProjectId,
    /// The AWS account to enter
    #[arg(long, value_name = "ID")]
    pub(crate) account: AccountId,
    /// How much you need to do there; see `daypass tiers`
    #[arg(long, value_name = "NAME", alias = "permission-tier")]
    pub(crate) tier: TierName,
    /// The incident, where the tier demands one
    #[arg(long, value_name = "ID")]
    pub(crate) incident: Option<IncidentId>,
    /// Who enters the role: the broker, which hands you credentials, or you, as the IAM user you logged in as
    #[arg(long, value_name = "HOW", default_value = "brokered")]
    #[arg(value_parser = PossibleValuesParser::new(["brokered", "direct"]).try_map(Delivery::try_from))]
    pub(crate) delivery: Delivery,
    #[command(flatten)]
    pub(crate) how_long: HowLong,
}

/// How long.
#[derive(Clone, Debug, Args)]
#[group(multiple = false)]
pub(crate) struct HowLong {
    /// For how many hours
    #[arg(long, value_name = "N", alias = "duration-hours", value_parser = clap::value_parser!(i64).range(1..=36))]
    hours: Option<i64>,
    /// For how long, such as 90m or 1h30m
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    duration: Option<SignedDuration>,
}

/// Which part of a list.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct HowMany {
    /// At most so many
    #[arg(long, value_name = "N", default_value = "50", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,
    /// All there are, however many
    #[arg(long, conflicts_with = "limit")]
    pub(crate) all_pages: bool,
}

impl OneSession {
    /// The session that was named.
    pub(crate) fn get(&self) -> SessionRef {
        // One of the two is there: clap demands it. The nil id is no session's.
        let nil = || SessionRef::Whole(SessionId::from_random([0; 16]));
        self.id.clone().or_else(|| self.session_id.clone()).unwrap_or_else(nil)
    }
}

impl HowLong {
    /// The number of seconds that was asked for, if one was.
    pub(crate) fn seconds(&self) -> Option<i64> {
        self.hours.map(|hours| hours * 3600).or(self.duration.map(|duration| duration.as_secs()))
    }
}

const AFTER_HELP: &str = "\
Start here:
  daypass demo                        see it work
  daypass dev                         run it on this machine, then in another terminal:
  daypass login --user carla
  eval \"$(daypass request --project acme-web --account 111122223333 --tier read-only \\
          --reason 'look at the failing nightly job' --creds env)\"

`daypass --help` also has the exit codes; `daypass COMMAND --help` has examples.";

fn after_long_help() -> String {
    format!(
        "{AFTER_HELP}\n\nExit codes:\n{}\nThe names of the earlier tool work too: request-role, list-sessions, check-status, \
         revoke-session,\nlist-available-roles; and their options: --project-id, --user-id, --permission-tier,\n\
         --duration-hours, --session-id, --output-format.",
        crate::exit::ExitStatus::table()
    )
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_commands_of_the_earlier_tool_are_understood() {
        for line in [
            "daypass request-role --project-id acme-web --user-id carla --permission-tier read-only --account 111122223333 \
             --duration-hours 4 --reason long-enough-reason --output-format env",
            "daypass list-sessions --user-id carla --status active",
            "daypass check-status --project-id acme-web --session-id 5f0c6a52-0a51-4f0e-9d0a-6d1f6f2b8a11",
            "daypass revoke-session --project-id acme-web --session-id 5f0c6a52-0a51-4f0e-9d0a-6d1f6f2b8a11",
            "daypass list-available-roles",
        ] {
            Cli::try_parse_from(line.split_whitespace()).unwrap_or_else(|error| panic!("{line}: {error}"));
        }
    }

    #[test]
    fn hours_and_duration_exclude_each_other() {
        let parse = |how: &str| Cli::try_parse_from(format!("daypass extend 5f0c {how}").split_whitespace());
        assert!(parse("--hours 1 --duration 90m").is_err());
        assert!(parse("--hours 37").is_err() && parse("--hours 0").is_err() && parse("--duration 1.5h").is_err());
        let Command::Extend(extend) = parse("--duration 90m").unwrap().command else { panic!("not extend") };
        assert_eq!(extend.how_long.seconds(), Some(5400));
    }
}
