//! `daypass whoami`: who the server takes us for, and how it knows.

use daypass_api::WhoAmI;
use daypass_embedded::clock::SystemClock;
use daypass_vending::ports::Clock;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::arguments::Global;
use crate::connection::{self, Connection};
use crate::exit::ExitStatus;
use crate::failure::Outcome;
use crate::printer::{OutputFormat, Printer};
use crate::show::time;
use crate::table::Card;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Asks the server whether it still accepts the login; exits with 3 when it does not.

Examples:
  daypass whoami
  daypass whoami --output json")]
pub(crate) struct Args {}

#[derive(Serialize)]
struct Me<'a> {
    server: &'a str,
    #[serde(flatten)]
    known: &'a WhoAmI,
    second_factor: bool,
    renews_itself: bool,
}

pub(crate) async fn command(global: &Global, printer: &Printer) -> Outcome {
    let Connection { client, server, login } = connection::open(global).await?;
    let known = &client.who_am_i().await?;
    let second_factor = known.mfa_at.is_some();
    let me = Me { server: server.as_str(), known, second_factor, renews_itself: login.renewal.is_some() };
    match printer.format() {
        OutputFormat::Json => printer.json(&me)?,
        OutputFormat::Table => printer.data(card(&me, SystemClock.now()))?,
    }
    Ok(ExitStatus::Ok)
}

fn card(me: &Me<'_>, now: Timestamp) -> String {
    let known = me.known;
    let mut card = Card::default();
    card.line("user", &known.user_id);
    card.line("server", me.server);
    card.line("proved by", how(known));
    let groups = if known.groups.is_empty() { "none".to_owned() } else { known.groups.join(", ") };
    card.line("groups", groups);
    card.line("second factor", known.mfa_at.map_or("not shown".to_owned(), |at| format!("shown {}", ago(at, now))));
    let renews = if me.renews_itself { ", and renews itself" } else { "" };
    card.line("login ends", format!("{}{renews}", time(known.expires_at)));
    card.render()
}

fn how(known: &WhoAmI) -> String {
    let issuer = &known.issuer;
    match known.method.as_str() {
        "token" => format!("a token of {issuer}"),
        "aws-signature" => format!("AWS, as {issuer}"),
        "emergency-key" => "AN EMERGENCY KEY".to_owned(),
        other => format!("{other} of {issuer}"),
    }
}

/// How long ago, to the minute: rules count in hours.
fn ago(at: Timestamp, now: Timestamp) -> String {
    match now.duration_since(at).max(SignedDuration::ZERO).as_mins() {
        0 => "just now".to_owned(),
        minutes @ 1..60 => format!("{minutes} min ago"),
        minutes => format!("{} h {} min ago", minutes / 60, minutes % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_factor_has_an_age() {
        let at = Timestamp::from_second(1_800_000_000).unwrap();
        for (seconds, says) in [(-5, "just now"), (59, "just now"), (61, "1 min ago"), (7300, "2 h 1 min ago")] {
            let now = at.checked_add(SignedDuration::from_secs(seconds)).unwrap();
            assert_eq!(ago(at, now), says);
        }
    }
}
