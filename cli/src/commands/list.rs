//! `daypass list`: sessions, newest first.

use daypass_api::{Client, SessionPage, SessionQuery, SessionStatus};
use daypass_vending::ids::{AccountId, ProjectId, TierName, UserId};

use crate::arguments::{Global, HowMany};
use crate::connection;
use crate::exit::ExitStatus;
use crate::failure::{Failure, Outcome};
use crate::printer::{OutputFormat, Printer};
use crate::show;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
You see your own sessions, and those of others if the rules let you.

Examples:
  daypass list
  daypass list --status active,provisioning
  daypass list --pending
  daypass list --user carla --project acme-web --all-pages --output json")]
pub(crate) struct Args {
    /// Of this person
    #[arg(long, value_name = "NAME", alias = "user-id")]
    user: Option<UserId>,
    /// In these states, separated by commas
    #[arg(long, value_name = "STATUS", value_delimiter = ',', value_parser = parse_status)]
    status: Vec<SessionStatus>,
    /// Requests that wait for approval: your own, and those you may decide on
    #[arg(long, conflicts_with = "status")]
    pending: bool,
    /// For this project
    #[arg(long, value_name = "ID", alias = "project-id")]
    project: Option<ProjectId>,
    /// In this account
    #[arg(long, value_name = "ID")]
    account: Option<AccountId>,
    /// At this tier
    #[arg(long, value_name = "NAME", alias = "permission-tier")]
    tier: Option<TierName>,
    #[command(flatten)]
    how_many: HowMany,
}

/// Which sessions, and how many of them.
#[derive(Debug)]
pub(crate) struct Settings {
    query: SessionQuery,
    limit: usize,
}

pub(crate) fn resolve(arguments: Args) -> Settings {
    let HowMany { limit, all_pages } = arguments.how_many;
    let pending = arguments.pending.then_some(SessionStatus::PendingApproval);
    let states: Vec<&str> = arguments.status.iter().chain(&pending).map(|status| status.as_str()).collect();
    let query = SessionQuery {
        user: arguments.user.map(String::from),
        status: (!states.is_empty()).then(|| states.join(",")),
        project: arguments.project.map(String::from),
        account: arguments.account.map(String::from),
        tier: arguments.tier.map(String::from),
        ..SessionQuery::default()
    };
    Settings { query, limit: if all_pages { usize::MAX } else { usize::try_from(limit).unwrap_or(usize::MAX) } }
}

pub(crate) async fn command(global: &Global, settings: &Settings, printer: &Printer) -> Outcome {
    let page = collect(&connection::open(global).await?.client, &settings.query, settings.limit).await?;
    if printer.format() == OutputFormat::Json {
        printer.json(&page)?;
        return Ok(ExitStatus::Ok);
    }
    if page.sessions.is_empty() {
        printer.note("No sessions.");
    } else {
        printer.data(show::list(&page.sessions, printer.width()))?;
    }
    if page.next_cursor.is_some() {
        printer.hint("there are more; `--all-pages` shows them all");
    }
    Ok(ExitStatus::Ok)
}

/// Up to `limit` sessions from as many pages as it takes.
pub(crate) async fn collect(client: &Client, query: &SessionQuery, limit: usize) -> Result<SessionPage, Failure> {
    const PAGE: usize = 200;
    let mut query = query.clone();
    let mut all = SessionPage { sessions: vec![], next_cursor: None };
    loop {
        let wanted = limit.saturating_sub(all.sessions.len()).min(PAGE);
        query.limit = Some(u32::try_from(wanted)?);
        let page = client.sessions(&query).await?;
        all.sessions.extend(page.sessions);
        all.next_cursor.clone_from(&page.next_cursor);
        query.cursor = page.next_cursor;
        if query.cursor.is_none() || all.sessions.len() >= limit {
            return Ok(all);
        }
    }
}

fn parse_status(text: &str) -> Result<SessionStatus, String> {
    let name = text.to_ascii_lowercase().replace('-', "_");
    SessionStatus::ALL.iter().copied().find(|status| status.as_str() == name).ok_or_else(|| {
        let names: Vec<&str> = SessionStatus::ALL.iter().map(|status| status.as_str()).collect();
        format!("it must be one of {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_understood_however_it_is_written() {
        assert_eq!(parse_status("ACTIVE"), Ok(SessionStatus::Active));
        assert_eq!(parse_status("pending-approval"), Ok(SessionStatus::PendingApproval));
        assert!(parse_status("alive").is_err_and(|rule| rule.contains("pending_approval")));
    }
}
