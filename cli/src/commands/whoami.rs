//! `daypass whoami`: who the server takes us for.

use daypass_api::SessionQuery;
use jiff::Timestamp;
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
    user_id: &'a str,
    second_factor: bool,
    expires_at: Timestamp,
}

pub(crate) async fn command(global: &Global, printer: &Printer) -> Outcome {
    let Connection { client, server, login } = connection::open(global).await?;
    // Any call that everybody may make tells whether the token still counts.
    client.sessions(&SessionQuery { limit: Some(1), ..SessionQuery::default() }).await?;
    let me = Me {
        server: server.as_str(),
        user_id: &login.user,
        second_factor: login.second_factor,
        expires_at: login.expires_at,
    };
    match printer.format() {
        OutputFormat::Json => printer.json(&me)?,
        OutputFormat::Table => {
            let mut card = Card::default();
            card.line("user", me.user_id);
            card.line("server", me.server);
            card.line("second factor", if me.second_factor { "shown at login" } else { "not shown" });
            card.line("login ends", time(me.expires_at));
            printer.data(card.render())?;
        }
    }
    Ok(ExitStatus::Ok)
}
