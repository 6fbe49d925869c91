//! `daypass tiers`: what can be asked for.

use daypass_api::TierView;

use crate::arguments::Global;
use crate::connection;
use crate::duration::human;
use crate::exit::ExitStatus;
use crate::failure::Outcome;
use crate::printer::{OutputFormat, Printer};
use crate::table::Table;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  daypass tiers
  daypass tiers --output json")]
pub(crate) struct Args {}

pub(crate) async fn command(global: &Global, printer: &Printer) -> Outcome {
    let list = connection::open(global).await?.client.tiers().await?;
    match printer.format() {
        OutputFormat::Json => printer.json(&list)?,
        OutputFormat::Table => printer.data(table(&list.tiers, printer.width()))?,
    }
    Ok(ExitStatus::Ok)
}

fn table(tiers: &[TierView], width: u16) -> String {
    let mut table = Table::new(["TIER", "DEFAULT", "MOST", "2ND FACTOR WITHIN", "INCIDENT", "WHAT FOR"], width);
    for tier in tiers {
        table.row([
            &tier.name,
            &human(tier.default_duration_seconds),
            &human(tier.max_duration_seconds),
            &human(tier.mfa_max_age_seconds),
            if tier.incident_required { "required" } else { "-" },
            &tier.description,
        ]);
    }
    table.render()
}
