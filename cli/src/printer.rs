//! The only place that prints. Data goes to stdout and everything else to stderr, so that output can be piped, stored or
//! given to `eval` whatever else is said.

use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};

use anstream::stream::{AsLockedWrite, RawStream};
use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::escape::{escape_lines, is_active};
use crate::failure::Failure;

/// How data is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum OutputFormat {
    /// Tables and sentences, for people.
    Table,
    /// One JSON document with the API's field names, for programs.
    Json,
}

/// Whether to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Prints. Cheap to clone, so that concurrent work can share it.
#[derive(Clone)]
pub(crate) struct Printer {
    streams: Arc<Mutex<Streams>>,
    format: OutputFormat,
    quiet: bool,
    width: u16,
    /// Whether a spinner on stderr would be seen by a person.
    lively: bool,
}

struct Streams {
    data: Box<dyn Write + Send>,
    other: Box<dyn Write + Send>,
}

/// Weak text: labels and remarks.
pub(crate) const DIM: Style = Style::new().dimmed();
/// Strong text: headings.
pub(crate) const BOLD: Style = Style::new().bold();
/// What went well.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
/// What did not.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// What to do next.
pub(crate) const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// Lines of data that are printed together. What is waiting when it is dropped is lost: call [`Lines::flush`].
pub(crate) struct Lines<'p> {
    printer: &'p Printer,
    /// INVARIANT: whole lines, so that nobody ever sees half of one.
    waiting: String,
}

impl Lines<'_> {
    /// Add a JSON document on a line of its own.
    pub(crate) fn push_json(&mut self, json: &str) -> Result<(), Failure> {
        const ENOUGH: usize = 1 << 16;
        match json.contains(is_active) {
            true => self.waiting.push_str(&json_for_terminals(json)),
            false => self.waiting.push_str(json),
        }
        self.waiting.push('\n');
        if self.waiting.len() < ENOUGH { Ok(()) } else { self.flush() }
    }

    /// Print what is waiting.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let printed = self.printer.raw(&self.waiting);
        self.waiting.clear();
        printed
    }
}

impl Color {
    fn paint<S: RawStream + AsLockedWrite + Send + 'static>(self, stream: S) -> Box<dyn Write + Send> {
        let choice = match self {
            Self::Always => ColorChoice::AlwaysAnsi,
            Self::Never => ColorChoice::Never,
            Self::Auto => AutoStream::choice(&stream),
        };
        Box::new(AutoStream::new(stream, choice))
    }
}

impl Printer {
    /// Print to the process's own streams.
    pub(crate) fn new(format: OutputFormat, color: Color, quiet: bool) -> Self {
        let streams = Streams { data: color.paint(io::stdout()), other: color.paint(io::stderr()) };
        let lively = io::stderr().is_terminal() && !quiet;
        Self { streams: Arc::new(Mutex::new(streams)), format, quiet, width: terminal_width(), lively }
    }

    /// The format that was asked for.
    pub(crate) fn format(&self) -> OutputFormat {
        self.format
    }

    /// How many columns a table may take.
    pub(crate) fn width(&self) -> u16 {
        self.width
    }

    /// Whether a spinner makes sense.
    pub(crate) fn is_lively(&self) -> bool {
        self.lively
    }

    /// Print lines of data that a person reads. What came from elsewhere in them must have been escaped.
    pub(crate) fn data(&self, text: impl AsRef<str>) -> Result<(), Failure> {
        self.with(|streams| write_text(&mut streams.data, text.as_ref()))
    }

    /// Print bytes of data exactly as they are, for a program. They never hold terminal sequences that we made.
    pub(crate) fn raw(&self, text: &str) -> Result<(), Failure> {
        self.with(|streams| {
            streams.data.write_all(text.as_bytes())?;
            streams.data.flush()
        })
    }

    /// Print a JSON document. On a terminal it is as harmless as a table: JSON escapes C0 controls, we the rest.
    pub(crate) fn json(&self, document: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(document)?;
        self.raw(&format!("{}\n", json_for_terminals(&text)))
    }

    /// Print one JSON document on one line.
    pub(crate) fn json_line(&self, document: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string(document)?;
        self.raw(&format!("{}\n", json_for_terminals(&text)))
    }

    /// Print many lines of data, a system call for many of them.
    pub(crate) fn lines(&self) -> Lines<'_> {
        Lines { printer: self, waiting: String::new() }
    }

    /// Say something that is not data, unless asked to be quiet.
    pub(crate) fn note(&self, text: impl AsRef<str>) {
        if !self.quiet {
            self.say(text.as_ref());
        }
    }

    /// Say what a person has to know to go on, also when asked to be quiet.
    pub(crate) fn tell(&self, text: impl AsRef<str>) {
        self.say(text.as_ref());
    }

    /// Suggest what to do next, unless asked to be quiet.
    pub(crate) fn hint(&self, text: impl AsRef<str>) {
        self.note(format!("{HINT}hint:{HINT:#} {}", text.as_ref()));
    }

    /// Say something that must be heard although it is not data.
    pub(crate) fn warn(&self, text: impl AsRef<str>) {
        self.say(&format!("{BAD}warning:{BAD:#} {}", text.as_ref()));
    }

    /// Report why the command failed: the error, a blank line, the hint.
    pub(crate) fn failure(&self, failure: &Failure) {
        self.say(&format!("{BAD}error:{BAD:#} {}", escape_lines(&failure.message)));
        if let Some(hint) = &failure.hint {
            self.say(&format!("\n{HINT}hint:{HINT:#} {}", escape_lines(hint)));
        }
    }

    fn say(&self, text: &str) {
        // When stderr is closed there is nobody to tell.
        let _ = self.with(|streams| write_text(&mut streams.other, text));
    }

    fn with(&self, write: impl FnOnce(&mut Streams) -> io::Result<()>) -> Result<(), Failure> {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(write(&mut streams)?)
    }
}

fn write_text(stream: &mut dyn Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        stream.write_all(b"\n")?;
    }
    stream.flush()
}

/// C1 controls and bidirectional characters are legal inside JSON strings; written as `\uXXXX` they mean the same to a
/// program and nothing to a terminal.
fn json_for_terminals(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for letter in json.chars() {
        if letter != '\n' && is_active(letter) {
            // All of them are in the basic plane, so that four digits suffice.
            text.push_str(&format!("\\u{:04x}", u32::from(letter)));
        } else {
            text.push(letter);
        }
    }
    text
}

fn terminal_width() -> u16 {
    let columns = terminal_size::terminal_size().map(|(terminal_size::Width(columns), _)| columns);
    let told = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    // Without a terminal lines are as long as they need to be: whatever reads them does not want them folded.
    columns.or(told).map_or(u16::MAX, |columns| columns.max(40))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_means_the_same_and_drives_no_terminal() {
        let text = "esc \u{1b}[2J, c1 \u{9b}, bidi \u{202e}, ünïcode";
        let printed = json_for_terminals(&serde_json::to_string(text).unwrap());
        assert!(!printed.chars().any(is_active), "{printed:?}");
        assert_eq!(serde_json::from_str::<String>(&printed).unwrap(), text);
    }
}
