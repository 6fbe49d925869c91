//! `daypass audit export`: the trail as JSON lines, at least once each event, going on where it stopped.

use std::path::{Path, PathBuf};
use std::time::Duration;

use daypass_api::{AuditQuery, Client, EventView};
use tokio::time::sleep;

use super::ocsf;
use crate::arguments::Global;
use crate::connection;
use crate::exit::ExitStatus;
use crate::failure::{Failure, Outcome};
use crate::printer::Printer;
use crate::private_file;
use crate::wait;

/// How long to wait for more at the end of the trail.
const PAUSE: Duration = Duration::from_secs(5);

/// How many events are fetched at a time.
const PAGE: u32 = 200;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Events appear some seconds after they happened, when none can come to stand before them any more.
An event may be written twice, after a break: its chain and place name it. Reading the trail is on
record as well.

Formats:
  jsonl   the events as `audit verify` can read them back
  ocsf    Open Cybersecurity Schema Framework 1.1: Authentication (3002), Authorize Session (3003)

Examples:
  daypass audit export > trail.jsonl
  daypass audit export --format ocsf --follow | siem-agent
  daypass audit export --cursor-file /var/lib/daypass/trail.cursor >> trail.jsonl")]
pub(crate) struct Args {
    /// How each event is written
    #[arg(long, value_enum, default_value_t = Format::Jsonl, value_name = "FORMAT")]
    format: Format,
    /// Only what was stored after this cursor, which an earlier export printed
    #[arg(long, value_name = "CURSOR", conflicts_with = "cursor_file")]
    after: Option<String>,
    /// Go on where the export with this file stopped, and remember here where this one does
    #[arg(long, value_name = "FILE")]
    cursor_file: Option<PathBuf>,
    /// Do not stop at the end: write what comes as it comes, until Ctrl-C
    #[arg(long)]
    follow: bool,
}

/// How an event is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// As the API tells it.
    Jsonl,
    /// As OCSF 1.1 tells it.
    Ocsf,
}

pub(crate) async fn command(global: &Global, arguments: Args, printer: &Printer) -> Outcome {
    let client = connection::open(global).await?.client;
    let mut cursor = match &arguments.cursor_file {
        Some(file) => remembered(file)?,
        None => arguments.after.clone(),
    };
    let mut export = Export { client, arguments: &arguments, printer, written: 0 };
    let done = tokio::select! {
        done = export.run(&mut cursor) => done,
        _ = wait::asked_to_stop() => Ok(()),
    };
    if let Err(failure) = done {
        let written = export.written;
        return Err(match &cursor {
            Some(cursor) if written > 0 => {
                failure.hint(format!("{written} events were written; go on with `--after {cursor}`"))
            }
            _ => failure,
        });
    }
    printer.note(format!("{} events.", export.written));
    if let (Some(cursor), None) = (&cursor, &arguments.cursor_file) {
        printer.hint(format!("what is stored from now on: `daypass audit export --after {cursor}`"));
    }
    Ok(ExitStatus::Ok)
}

struct Export<'a> {
    client: Client,
    arguments: &'a Args,
    printer: &'a Printer,
    written: u64,
}

impl Export<'_> {
    /// Write page after page. `cursor` always stands behind what was written: whatever interrupts, nothing is left out.
    async fn run(&mut self, cursor: &mut Option<String>) -> Result<(), Failure> {
        loop {
            let query =
                AuditQuery { cursor: cursor.clone(), settled: Some(true), limit: Some(PAGE), ..AuditQuery::default() };
            let page = self.client.audit(&query).await?;
            self.write(&page.events)?;
            if let Some(end) = page.end_cursor {
                if let Some(file) = &self.arguments.cursor_file {
                    private_file::write(file, &format!("{end}\n"))?;
                }
                *cursor = Some(end);
            }
            match (page.next_cursor, self.arguments.follow) {
                (Some(_), _) => {}
                (None, true) => sleep(PAUSE).await,
                (None, false) => return Ok(()),
            }
        }
    }

    fn write(&mut self, events: &[EventView]) -> Result<(), Failure> {
        for event in events {
            match self.arguments.format {
                Format::Jsonl => self.printer.json_line(event)?,
                Format::Ocsf => self.printer.json_line(&ocsf::event(event))?,
            }
            self.written += 1;
        }
        Ok(())
    }
}

fn remembered(file: &Path) -> Result<Option<String>, Failure> {
    let cursor = private_file::read(file)?.map(|cursor| cursor.trim().to_owned());
    Ok(cursor.filter(|cursor| !cursor.is_empty()))
}
