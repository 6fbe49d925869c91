//! The transcript: what was expected, whether it held, what was seen, and how long it took.

use std::time::{Duration, Instant};

use daypass_api::{AwsAnswer, ClientError, ProblemCode};
use serde::Serialize;

use super::verdict;
use crate::duration::measured;
use crate::escape::escape;
use crate::failure::{Failure, Outcome, chain};
use crate::printer::{BAD, BOLD, DIM, GOOD, Printer};

/// How wide a step's sentence is, so that times stand below each other.
const SENTENCE: usize = 74;

/// How wide a line of detail is at most.
const DETAIL: usize = 86;

/// Writes the transcript and counts.
pub(crate) struct Recorder {
    printer: Printer,
    as_json: bool,
    story: &'static str,
    held: usize,
    stated: usize,
    /// When the step before ended.
    last: Instant,
}

/// A step as a JSON line.
#[derive(Serialize)]
struct Step<'a> {
    story: &'a str,
    step: &'a str,
    ok: bool,
    detail: &'a str,
}

impl Recorder {
    pub(crate) fn new(printer: Printer, as_json: bool) -> Self {
        Self { printer, as_json, story: "", held: 0, stated: 0, last: Instant::now() }
    }

    /// Begin a story.
    pub(crate) fn story(&mut self, name: &'static str, title: &str) -> Result<(), Failure> {
        self.story = name;
        self.tell(&format!("\n{BOLD}{title}{BOLD:#}"))
    }

    /// Say something that is no step; only people get to read it.
    pub(crate) fn tell(&mut self, text: &str) -> Result<(), Failure> {
        if !self.as_json {
            self.printer.data(text)?;
        }
        self.last = Instant::now();
        Ok(())
    }

    /// State an expectation, whether it held, and what was seen.
    pub(crate) fn expect(&mut self, step: &str, ok: bool, detail: &str) -> Result<(), Failure> {
        let took = self.last.elapsed();
        self.stated += 1;
        self.held += usize::from(ok);
        if self.as_json {
            self.printer.json_line(&Step { story: self.story, step, ok, detail })?;
        } else {
            self.printer.data(line(step, ok, detail, took))?;
        }
        self.last = Instant::now();
        Ok(())
    }

    /// Expect that the server refuses in this way.
    pub(crate) fn expect_refusal<T>(
        &mut self,
        step: &str,
        code: ProblemCode,
        answer: Result<T, ClientError>,
    ) -> Result<(), Failure> {
        match answer {
            Ok(_) => self.expect(step, false, "it was not refused"),
            Err(error) => {
                let ok = error.problem().is_some_and(|problem| problem.code == code);
                self.expect(step, ok, &told(&error))
            }
        }
    }

    /// Expect that AWS lets a call through, or does not.
    pub(crate) fn expect_aws(&mut self, step: &str, allowed: bool, answer: &AwsAnswer) -> Result<(), Failure> {
        self.expect(step, answer.allowed == allowed, &answer.message)
    }

    /// A story that could not go on is an expectation that did not hold.
    pub(crate) fn unless_broken<T>(&mut self, played: Result<T, Failure>) -> Result<Option<T>, Failure> {
        match played {
            Ok(value) => Ok(Some(value)),
            Err(failure) if failure.reader_left => Err(failure),
            Err(failure) => {
                self.expect("the story goes on", false, &failure.message)?;
                Ok(None)
            }
        }
    }

    /// Close the transcript.
    pub(crate) fn summary(&mut self, took: Duration) -> Outcome {
        let (held, stated) = (self.held, self.stated);
        let status = verdict(held, stated);
        let style = if held == stated { GOOD } else { BAD };
        self.tell(&format!("\n{style}{held} of {stated} expectations held{style:#} in {:.1} s", took.as_secs_f64()))?;
        Ok(status)
    }
}

fn line(step: &str, ok: bool, detail: &str, took: Duration) -> String {
    let mark = if ok { format!("{GOOD}✓{GOOD:#}") } else { format!("{BAD}✗{BAD:#}") };
    let step = escape(step);
    let mut line = format!("  {mark} {step:<SENTENCE$} {DIM}{:>7}{DIM:#}\n", measured(took));
    for part in detail.lines().flat_map(|part| folded(&escape(part))) {
        line.push_str(&format!("      {DIM}{part}{DIM:#}\n"));
    }
    line
}

/// A line cut between words, so that its parts stand below each other.
fn folded(line: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for word in line.split(' ') {
        match parts.last_mut() {
            Some(part) if part.chars().count() + 1 + word.chars().count() <= DETAIL => {
                part.push(' ');
                part.push_str(word);
            }
            _ => parts.push(word.to_owned()),
        }
    }
    parts
}

/// What the server said, and what it said would help.
fn told(error: &ClientError) -> String {
    match error.problem() {
        Some(problem) => match &problem.hint {
            Some(hint) => format!("{problem}; {hint}"),
            None => problem.to_string(),
        },
        None => chain(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_did_not_hold_is_seen_without_colours_too() {
        let line = line("it rains", false, "it \u{1b}[2Jdoes not", Duration::from_millis(3));
        let plain = anstream::adapter::strip_str(&line).to_string();
        let sentence = format!("{:<SENTENCE$}", "it rains");
        assert_eq!(plain, format!("  ✗ {sentence}    3 ms\n      it \\u{{1b}}[2Jdoes not\n"));
    }

    #[test]
    fn long_details_are_folded_between_words() {
        let parts = folded(&"word ".repeat(50));
        assert!(parts.len() > 1 && parts.iter().all(|part| part.chars().count() <= DETAIL), "{parts:?}");
        assert_eq!(folded(""), [""]);
    }

    #[test]
    fn only_a_play_without_a_failed_step_succeeds() {
        use crate::exit::ExitStatus;
        assert_eq!(verdict(21, 21), ExitStatus::Ok);
        assert_eq!(verdict(20, 21), ExitStatus::NotAsExpected);
    }
}
