//! `daypass audit`: the trail, and whether it is whole.

mod copy;
pub(crate) mod export;
mod ocsf;

use std::path::PathBuf;

use copy::Copy;
use daypass_api::{ActorView, AuditPage, AuditQuery, Client, EventView, OutcomeView};

use crate::arguments::{Global, HowMany};
use crate::connection;
use crate::escape::escape;
use crate::exit::ExitStatus;
use crate::failure::{Failure, Outcome};
use crate::printer::{BAD, GOOD, OutputFormat, Printer};
use crate::session_ref::SessionRef;
use crate::table::{Card, Table};

/// `daypass audit …`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Show the trail in the order it was written
    List(ListArgs),
    /// Show everything that is on record about one session
    Show(ShowArgs),
    /// Recompute every hash and signature of the trail
    Verify(VerifyArgs),
    /// Write the trail as JSON lines, for a file or another system; can go on where it stopped
    Export(export::Args),
}

/// The arguments of `list`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  daypass audit list --session 5f0c
  daypass audit list --chain person:carla
  daypass audit list --all-pages --output json")]
pub(crate) struct ListArgs {
    /// The events of one session
    #[arg(long, value_name = "ID", conflicts_with = "chain")]
    session: Option<SessionRef>,
    /// The events of one chain: session:UUID, person:NAME or system
    #[arg(long, value_name = "CHAIN")]
    chain: Option<String>,
    #[command(flatten)]
    how_many: HowMany,
}

/// The arguments of `show`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Every event of the session's chain with all its details: who, from where, how that was known, why
it was allowed, by which rules.

Examples:
  daypass audit show 5f0c
  daypass audit show 5f0c --output json")]
pub(crate) struct ShowArgs {
    /// The session: its id, or enough of its beginning
    #[arg(value_name = "SESSION")]
    session: SessionRef,
}

/// The arguments of `verify`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each session's events form a hash chain; signed checkpoints over all chains show when a whole one
is missing. Whoever holds an earlier export has a witness that nobody at the server can edit:
`--against` also looks whether every event of it is still on record, unchanged.
Exits with 9 when something was edited, removed or reordered.

Examples:
  daypass audit verify
  daypass audit verify --against trail.jsonl
  daypass audit verify --file trail.jsonl         recomputes an export's hashes, without a server")]
pub(crate) struct VerifyArgs {
    /// An earlier export, every event of which must still be on record
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    against: Option<PathBuf>,
    /// Verify this export instead of a server's trail
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

pub(crate) async fn list(global: &Global, arguments: &ListArgs, printer: &Printer) -> Outcome {
    let client = connection::open(global).await?.client;
    let session = match &arguments.session {
        Some(session) => Some(session.resolve(&client).await?),
        None => None,
    };
    let query = AuditQuery { chain: arguments.chain.clone(), session, ..AuditQuery::default() };
    let page = collect(&client, query, arguments.how_many).await?;
    match printer.format() {
        OutputFormat::Json => printer.json(&page)?,
        OutputFormat::Table if page.events.is_empty() => printer.note("No events."),
        OutputFormat::Table => printer.data(table(&page.events, printer.width()))?,
    }
    if page.next_cursor.is_some() {
        printer.hint("there are more; `--all-pages` shows them all");
    }
    Ok(ExitStatus::Ok)
}

pub(crate) async fn show(global: &Global, arguments: &ShowArgs, printer: &Printer) -> Outcome {
    let client = connection::open(global).await?.client;
    let session = arguments.session.resolve(&client).await?;
    let query = AuditQuery { session: Some(session), ..AuditQuery::default() };
    let page = collect(&client, query, HowMany { limit: u32::MAX, all_pages: true }).await?;
    match printer.format() {
        OutputFormat::Json => printer.json(&page)?,
        OutputFormat::Table => {
            let cards: Vec<String> = page.events.iter().map(card).collect();
            printer.data(cards.join("\n"))?;
        }
    }
    Ok(ExitStatus::Ok)
}

pub(crate) async fn verify(global: &Global, arguments: &VerifyArgs, printer: &Printer) -> Outcome {
    let report = match (&arguments.file, &arguments.against) {
        (Some(file), _) => Copy::read(file)?.verify(),
        (None, against) => {
            let copy = against.as_deref().map(Copy::read).transpose()?;
            let client = connection::open(global).await?.client;
            let mut report = client.verify_audit().await?;
            if let Some(copy) = copy {
                report.findings.extend(copy.verify().findings);
                report.findings.extend(copy.missing_from(&client).await?);
                report.intact = report.findings.is_empty();
            }
            report
        }
    };
    match printer.format() {
        OutputFormat::Json => printer.json(&report)?,
        OutputFormat::Table => {
            let read = format!("{} events in {} chains", report.events, report.chains);
            let checkpoint = match report.checkpoint {
                Some(number) => format!("signed checkpoint {number}"),
                None if arguments.file.is_some() => "no signature, since this is a copy".to_owned(),
                None => "no checkpoint yet".to_owned(),
            };
            let verdict = match report.intact {
                true => format!("{GOOD}intact{GOOD:#}: {read}, {checkpoint}\n"),
                false => format!("{BAD}tampered with{BAD:#}: {read}, {checkpoint}\n"),
            };
            let findings: String = report.findings.iter().map(|finding| format!("  {}\n", escape(finding))).collect();
            printer.data(verdict + &findings)?;
        }
    }
    Ok(if report.intact { ExitStatus::Ok } else { ExitStatus::NotAsExpected })
}

/// One event with all that is known of it.
fn card(event: &EventView) -> String {
    let mut card = Card::default();
    card.line("event", format!("{} {}", event.seq, event.action));
    card.line("at", event.at.to_string());
    card.line("who", who(&event.actor));
    if let ActorView::Person { address, .. } = &event.actor {
        card.line("from", address);
    }
    card.line("outcome", outcome(event.outcome));
    for (key, value) in &event.detail {
        card.line(escape(&key.replace('_', " ")).into_owned(), value);
    }
    card.line("hash", brief(&event.hash));
    card.render()
}

/// Events, a line each.
fn table(events: &[EventView], width: u16) -> String {
    let mut table = Table::new(["AT", "CHAIN", "SEQ", "WHO", "WHAT", "OUTCOME", "DETAIL"], width).right(2);
    for event in events {
        let detail: Vec<String> = event.detail.iter().map(|(key, value)| format!("{key}={}", brief(value))).collect();
        table.row([
            &event.at.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string(),
            &shortened(&event.chain),
            &event.seq.to_string(),
            &who(&event.actor),
            &event.action,
            outcome(event.outcome),
            &detail.join(" "),
        ]);
    }
    table.render()
}

/// One chain, short: when, who, what, outcome, and how each event is linked to the one before.
pub(crate) fn chain_table(events: &[EventView]) -> String {
    let mut table = Table::new(["SEQ", "AT", "WHO", "WHAT", "OUTCOME", "BEFORE", "HASH"], u16::MAX).right(0);
    for event in events {
        table.row([
            &event.seq.to_string(),
            &event.at.strftime("%H:%M:%S%.3f").to_string(),
            &who(&event.actor),
            &event.action,
            outcome(event.outcome),
            brief(&event.previous),
            brief(&event.hash),
        ]);
    }
    table.render()
}

async fn collect(client: &Client, mut query: AuditQuery, how_many: HowMany) -> Result<AuditPage, Failure> {
    const PAGE: usize = 200;
    let limit = if how_many.all_pages { usize::MAX } else { usize::try_from(how_many.limit).unwrap_or(usize::MAX) };
    let mut all = AuditPage { events: vec![], next_cursor: None, end_cursor: None };
    loop {
        query.limit = Some(u32::try_from(limit.saturating_sub(all.events.len()).min(PAGE))?);
        let page = client.audit(&query).await?;
        all.events.extend(page.events);
        all.next_cursor.clone_from(&page.next_cursor);
        all.end_cursor = page.end_cursor.or(all.end_cursor);
        query.cursor = page.next_cursor;
        if query.cursor.is_none() || all.events.len() >= limit {
            return Ok(all);
        }
    }
}

/// A whole hash says no more to a person than its beginning; `--output json` has the rest.
fn brief(value: &str) -> &str {
    let is_hash = value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    value.get(..12).filter(|_| is_hash).unwrap_or(value)
}

/// The chain of a session by the part of its id that people type.
fn shortened(chain: &str) -> String {
    match chain.strip_prefix("session:") {
        Some(id) => format!("session:{}", crate::show::short(id)),
        None => chain.to_owned(),
    }
}

fn who(actor: &ActorView) -> String {
    match actor {
        ActorView::Person { user_id, .. } => user_id.clone(),
        ActorView::Anonymous { address } => format!("somebody at {address}"),
        ActorView::Reconciler => "reconciler".to_owned(),
        ActorView::Broker => "broker".to_owned(),
    }
}

fn outcome(outcome: OutcomeView) -> &'static str {
    match outcome {
        OutcomeView::Done => "done",
        OutcomeView::Refused => "refused",
        OutcomeView::Failed => "failed",
    }
}
