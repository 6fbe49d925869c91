//! `daypass capacity`: how full the accounts are, and when they are full if people go on as they do.

use daypass_api::{CapacityReport, CapacityView, RolesView};
use jiff::Timestamp;

use crate::arguments::Global;
use crate::connection;
use crate::duration::human;
use crate::exit::ExitStatus;
use crate::failure::Outcome;
use crate::local;
use crate::printer::{OutputFormat, Printer};
use crate::table::Table;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The fullest account comes first. FREE is what is left for everyday sessions: the account's quota of roles less those in
use, whoever made them, and those kept for incidents. FULL IN is when nothing is left if people go on asking as they did
in the last 24 hours; `never` when sessions end as fast as new ones come. A higher quota is asked of AWS: Service
Quotas, IAM, \"Roles per account\".

Examples:
  daypass capacity
  daypass capacity --output json | jq '.accounts[] | select(.roles.free < 50)'")]
pub(crate) struct Args {}

pub(crate) async fn command(global: &Global, printer: &Printer) -> Outcome {
    let report = connection::open(global).await?.client.capacity().await?;
    match printer.format() {
        OutputFormat::Json => printer.json(&report)?,
        OutputFormat::Table => printer.data(table(&report, local::now(), printer.width()))?,
    }
    for account in &report.accounts {
        if let Some(trouble) = &account.trouble {
            printer.warn(format!("account {} does not tell: {trouble}", account.account));
        }
    }
    Ok(ExitStatus::Ok)
}

fn table(report: &CapacityReport, now: Timestamp, width: u16) -> String {
    let mut accounts: Vec<&CapacityView> = report.accounts.iter().collect();
    // Who does not tell comes first: it may be anything.
    accounts.sort_by_key(|account| account.roles.as_ref().map(|roles| roles.free));
    let headings = ["ACCOUNT", "SESSIONS", "ROLES", "QUOTA", "RESERVED", "FREE", "LAST 24 H", "MEAN", "FULL IN"];
    let mut table = (1..9).fold(Table::new(headings, width), Table::right);
    for account in accounts {
        let (id, sessions) = (&account.account, account.sessions.to_string());
        let Some(roles) = &account.roles else {
            table.row([id, &sessions, "?", "?", "?", "?", "?", "?", "?"]);
            continue;
        };
        let numbers =
            [roles.used, roles.quota, roles.reserved, roles.free, roles.granted].map(|count| count.to_string());
        let [used, quota, reserved, free, granted] = &numbers;
        let mean = roles.mean_duration_seconds.map_or_else(|| "-".to_owned(), human);
        table.row([id, &sessions, used, quota, reserved, free, granted, &mean, &full_in(roles, now)]);
    }
    table.render()
}

fn full_in(roles: &RolesView, now: Timestamp) -> String {
    match roles.full_at {
        None => "never".to_owned(),
        Some(_) if roles.free == 0 => "full".to_owned(),
        Some(at) => human(at.duration_since(now).as_secs()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(id: &str, used: u32, full_at: Option<&str>) -> CapacityView {
        let roles = RolesView {
            used,
            quota: 1000,
            reserved: 20,
            free: 980_u32.saturating_sub(used),
            granted: 240,
            mean_duration_seconds: Some(4 * 3600),
            full_at: full_at.map(|at| at.parse().unwrap()),
        };
        CapacityView { account: id.to_owned(), sessions: 40, roles: Some(roles), trouble: None }
    }

    #[test]
    fn the_fullest_account_comes_first_and_who_does_not_tell_before_all() {
        let silent = CapacityView {
            account: "777788889999".to_owned(),
            sessions: 3,
            roles: None,
            trouble: Some("AWS is throttling".to_owned()),
        };
        let report = CapacityReport {
            window_seconds: 86_400,
            accounts: vec![
                account("111122223333", 100, None),
                account("444455556666", 950, Some("2026-11-21T15:00:00Z")),
                account("222233334444", 990, Some("2026-11-21T12:00:00Z")),
                silent,
            ],
        };
        let now = "2026-11-21T12:00:00Z".parse().unwrap();
        let shown = anstream::adapter::strip_str(&table(&report, now, 120)).to_string();
        insta::assert_snapshot!(shown, @"
        ACCOUNT       SESSIONS  ROLES  QUOTA  RESERVED  FREE  LAST 24 H  MEAN  FULL IN
        777788889999         3      ?      ?         ?     ?          ?     ?        ?
        222233334444        40    990   1000        20     0        240   4 h     full
        444455556666        40    950   1000        20    30        240   4 h      3 h
        111122223333        40    100   1000        20   880        240   4 h    never
        ");
    }
}
