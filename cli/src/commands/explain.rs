//! `daypass explain`: what would become of a request.

use daypass_api::{ExplainRequest, Explanation};
use daypass_vending::ids::{Reason, UserId};

use crate::arguments::{Global, Wanted};
use crate::connection;
use crate::duration::human;
use crate::exit::ExitStatus;
use crate::failure::Outcome;
use crate::printer::{BAD, GOOD, OutputFormat, Printer};
use crate::table::Card;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Judges as `daypass request` would be judged at this moment, for yourself, and asks for nothing. The
question is on the trail.

Exits with 0 when it would be granted, be it after approvals, and with 4 when it would be refused.

Examples:
  daypass explain --project acme-web --account 111122223333 --tier developer --hours 8
  daypass explain --project acme-web --account 111122223333 --tier admin --output json")]
pub(crate) struct Args {
    #[command(flatten)]
    wanted: Wanted,
    /// Taken and not sent, so that the arguments of `request` can stay as they are.
    #[arg(long, hide = true, value_name = "TEXT")]
    reason: Option<Reason>,
    /// Likewise.
    #[arg(long, hide = true, value_name = "NAME")]
    user_id: Option<UserId>,
}

pub(crate) async fn command(global: &Global, arguments: Args, printer: &Printer) -> Outcome {
    let Args { wanted, reason: _, user_id: _ } = arguments;
    let request = ExplainRequest {
        duration_seconds: wanted.how_long.seconds(),
        project_id: wanted.project.into(),
        account_id: wanted.account.into(),
        permission_tier: wanted.tier.into(),
        incident_id: wanted.incident.map(String::from),
        delivery: wanted.delivery,
    };
    let explanation = connection::open(global).await?.client.explain(&request).await?;
    match printer.format() {
        OutputFormat::Json => printer.json(&explanation)?,
        OutputFormat::Table => printer.data(text(&explanation))?,
    }
    Ok(if explanation.granted { ExitStatus::Ok } else { ExitStatus::Refused })
}

fn text(explanation: &Explanation) -> String {
    let Explanation { granted, duration_seconds, policy, rules_hash, approvals, approvers, max_seconds, needed } =
        explanation;
    let verdict = match (granted, approvals) {
        (false, _) => format!("{BAD}It would be refused{BAD:#}\n"),
        (true, 0) => format!("{GOOD}It would be granted{GOOD:#}\n"),
        (true, _) => format!("{GOOD}It would be granted once it is approved{GOOD:#}\n"),
    };
    let mut card = Card::default();
    for need in needed {
        card.line("needed", need);
    }
    card.optional("allowed by", policy.as_ref());
    if let Some(approvers) = approvers {
        card.line("approvals", format!("{approvals}, of group {approvers}"));
    }
    card.line("for", human(*duration_seconds));
    card.optional("at most", max_seconds.map(human));
    card.line("rules", rules_hash.get(..12).unwrap_or(rules_hash));
    verdict + &card.render()
}
