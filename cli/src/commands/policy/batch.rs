//! Many cases, one JSON object a line: read one at a time, answered in their order, counted at the end.

use std::collections::BTreeMap;
use std::io::BufRead as _;
use std::panic::catch_unwind;
use std::time::{Duration, Instant};

use daypass_policy::cases::{CaseError, CaseId};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use super::input::Input;
use crate::escape::escape;
use crate::exit::ExitStatus;
use crate::failure::Outcome;
use crate::printer::Printer;

/// The answer to one line.
#[derive(Debug)]
pub(crate) struct Answered {
    /// The JSON to print.
    pub(crate) json: String,
    /// What came out, in a few words for the summary.
    pub(crate) result: &'static str,
    /// What should have, when the case says so and something else came out.
    pub(crate) mismatch: Option<String>,
    /// Whether the case said what should come out.
    pub(crate) was_expected: bool,
}

/// How lines are answered. A plain function: a case knows nothing of the one before.
pub(crate) struct Kind {
    /// Answer a case.
    pub(crate) answer: fn(&str) -> Result<Answered, CaseError>,
    /// What is printed about a case that cannot be read.
    pub(crate) unreadable: fn(&Unreadable<'_>) -> Result<String, serde_json::Error>,
}

/// A case that cannot be read.
#[derive(Debug, Serialize)]
pub(crate) struct Unreadable<'e> {
    pub(crate) id: &'e CaseId,
    /// From 1.
    pub(crate) line: usize,
    pub(crate) error: &'e str,
}

/// How many lines about single cases the summary has.
const SHOWN: usize = 5;

/// Answer every line of `input`.
pub(crate) fn run(input: &Input, kind: &Kind, printer: &Printer) -> Outcome {
    let started = Instant::now();
    let mut reader = input.open()?;
    let mut lines = printer.lines();
    let mut tally = Tally::default();
    let progress = Progress::start(input, printer);
    let mut bytes = Vec::new();
    for number in 1.. {
        bytes.clear();
        if reader.read_until(b'\n', &mut bytes).map_err(|error| input.unreadable(&error))? == 0 {
            break;
        }
        progress.add(number, bytes.len());
        if bytes.trim_ascii().is_empty() {
            continue;
        }
        let json = match answer(&bytes, kind) {
            Ok(answered) => tally.add(answered),
            Err(error) => {
                let unreadable = Unreadable { id: &error.id, line: number, error: &error.reason };
                tally.add_unreadable(&unreadable);
                (kind.unreadable)(&unreadable)?
            }
        };
        lines.push_json(&json)?;
        // Whoever writes a line and waits for its answer gets it.
        if reader.buffer().is_empty() {
            lines.flush()?;
        }
    }
    lines.flush()?;
    drop(progress);
    tally.report(started.elapsed(), printer);
    Ok(tally.status())
}

/// A defect of ours must not take the answers of all other cases with it.
fn answer(bytes: &[u8], kind: &Kind) -> Result<Answered, CaseError> {
    let error = |id: CaseId, reason: &str| CaseError { id, reason: reason.to_owned() };
    let Ok(line) = std::str::from_utf8(bytes) else { return Err(error(CaseId::none(), "not UTF-8")) };
    let line = line.strip_prefix('\u{feff}').unwrap_or(line).trim();
    let answer = kind.answer;
    catch_unwind(|| answer(line))
        .unwrap_or_else(|_| Err(error(CaseId::of(line), "an internal error of this program; please report the case")))
}

/// What came out so far.
#[derive(Default)]
struct Tally {
    by_result: BTreeMap<&'static str, usize>,
    expected: usize,
    mismatches: usize,
    unreadable: usize,
    remarks: Vec<String>,
}

impl Tally {
    fn add(&mut self, answered: Answered) -> String {
        *self.by_result.entry(answered.result).or_default() += 1;
        self.expected += usize::from(answered.was_expected);
        if let Some(mismatch) = answered.mismatch {
            self.mismatches += 1;
            self.remark(self.mismatches, mismatch);
        }
        answered.json
    }

    fn add_unreadable(&mut self, unreadable: &Unreadable<'_>) {
        self.unreadable += 1;
        let Unreadable { id, line, error } = unreadable;
        self.remark(self.unreadable, format!("line {line}, id {id}: {error}"));
    }

    fn remark(&mut self, how_many: usize, remark: String) {
        if how_many <= SHOWN {
            self.remarks.push(remark);
        }
    }

    fn status(&self) -> ExitStatus {
        match (self.unreadable, self.mismatches) {
            (0, 0) => ExitStatus::Ok,
            (0, _) => ExitStatus::NotAsExpected,
            _ => ExitStatus::Unreadable,
        }
    }

    fn report(&self, took: Duration, printer: &Printer) {
        for remark in &self.remarks {
            printer.warn(escape(remark));
        }
        let cases = self.by_result.values().sum::<usize>() + self.unreadable;
        let results = self.by_result.iter().map(|(result, count)| format!("{count} {result}"));
        let unreadable = (self.unreadable > 0).then(|| format!("{} unreadable", self.unreadable));
        let results: Vec<String> = results.chain(unreadable).collect();
        let mut summary = format!("{cases} cases in {}: {}", human(took), results.join(", "));
        if self.expected > 0 {
            summary.push_str(&format!("; {} of {} as expected", self.expected - self.mismatches, self.expected));
        }
        printer.note(summary);
    }
}

fn human(took: Duration) -> String {
    match took.as_millis() {
        millis @ 0..10_000 => format!("{millis} ms"),
        millis => format!("{} s", millis / 1000),
    }
}

/// How far it has come, for people who watch.
struct Progress {
    bar: ProgressBar,
}

impl Progress {
    fn start(input: &Input, printer: &Printer) -> Self {
        let is_shown = printer.is_lively();
        let target = if is_shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(input.size(), target);
        let template = match input.size() {
            Some(_) => "{bar:40.cyan} {bytes} of {total_bytes}, {msg} cases, {eta} left",
            None => "{spinner:.cyan} {msg} cases ({elapsed})",
        };
        // The templates are constants, and the default is no worse than none.
        bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { bar }
    }

    fn add(&self, line: usize, bytes: usize) {
        // Drawing is slow, and so is asking the clock whether to.
        const EVERY: usize = 128;
        if !self.bar.is_hidden() {
            self.bar.inc(u64::try_from(bytes).unwrap_or(u64::MAX));
            if line.is_multiple_of(EVERY) {
                self.bar.set_message(line.to_string());
            }
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
