//! `daypass policy diff`: what a new version of a policy adds and takes away, in requests.

use daypass_policy::Request;
use daypass_policy::catalogue::{Cut, catalogue};
use daypass_policy::compare::{Difference, Differences, Rest, differences};
use serde::Serialize;

use super::input::{Input, read_policy, stdin_once};
use super::telling;
use crate::escape::escape;
use crate::exit::ExitStatus;
use crate::failure::Outcome;
use crate::printer::{BAD, BOLD, GOOD, OutputFormat, Printer};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
What differs is grouped by action, each group with a request that only one of the versions allows.
That nothing else differs is proved; where it is not, the end of the list says so.

Exits with 0 when nothing is added, with 10 when something is, and with 11 when that is not decided.

Examples:
  daypass policy diff old.json new.json
  git show main:policy.json | daypass policy diff - policy.json --output json")]
pub(crate) struct Args {
    /// The version that was; - is standard input
    #[arg(value_name = "OLD")]
    old: Input,
    /// The version that is to be
    #[arg(value_name = "NEW")]
    new: Input,
    /// At most so many groups each way
    #[arg(long, value_name = "N", default_value = "50")]
    limit: usize,
}

pub(crate) fn command(arguments: &Args, printer: &Printer) -> Outcome {
    stdin_once([&arguments.old, &arguments.new])?;
    let (old, new) = (read_policy(&arguments.old)?, read_policy(&arguments.new)?);
    let added = differences(&new, &old, arguments.limit);
    let removed = differences(&old, &new, arguments.limit);
    match printer.format() {
        OutputFormat::Json => printer.json(&Both { added: Side::new(&added), removed: Side::new(&removed) })?,
        OutputFormat::Table => {
            let equal = [&added, &removed].iter().all(|side| is_nothing(side) && side.rest == Rest::Nothing);
            let nothing = format!("{GOOD}equivalent{GOOD:#}: both versions allow the same\n");
            let differing = || side_text(&added, "adds", '+') + &side_text(&removed, "takes away", '-');
            printer.data(if equal { nothing } else { differing() })?;
        }
    }
    Ok(match (is_nothing(&added), &added.rest) {
        (false, _) | (_, Rest::Limit) => ExitStatus::GrantsMore,
        (true, Rest::Nothing) => ExitStatus::Ok,
        (true, Rest::Unknown(_)) => ExitStatus::Unknown,
    })
}

fn is_nothing(side: &Differences) -> bool {
    side.found.is_empty() && side.future.is_none()
}

fn side_text(side: &Differences, verb: &str, sign: char) -> String {
    let mut text = match (is_nothing(side), &side.rest) {
        (true, Rest::Nothing) => return format!("{BOLD}The new version {verb} nothing{BOLD:#}\n"),
        (true, Rest::Unknown(reason)) => {
            let reason = reason.to_string();
            return format!("{BOLD}What the new version {verb} is not decided{BOLD:#}: {}\n", escape(&reason));
        }
        _ => format!("{BOLD}The new version {verb}{BOLD:#}\n"),
    };
    let style = if sign == '+' { BAD } else { GOOD };
    for difference in &side.found {
        text.push_str(&format!("{style}{sign} {}{style:#}\n", actions(difference)));
        text.push_str(&format!("    {}\n", telling::in_a_line(&difference.witness)));
    }
    if let Some(request) = &side.future {
        text.push_str(&format!("{style}{sign} actions that AWS does not have{style:#}\n"));
        text.push_str(&format!("    {}\n", telling::in_a_line(request)));
    }
    match &side.rest {
        Rest::Nothing => {}
        Rest::Limit => text.push_str("  and perhaps more: the search ends here, see `--limit`\n"),
        Rest::Unknown(reason) => {
            text.push_str(&format!("  and perhaps more, which is not decided: {}\n", escape(&reason.to_string())));
        }
    }
    text
}

/// The actions by patterns, if few of these suffice, else the first of them.
fn actions(difference: &Difference) -> String {
    const FEW: usize = 3;
    let actions = &difference.actions;
    let patterns = catalogue().shrink(actions.iter().copied(), Cut::Words);
    match (patterns.len(), actions.len()) {
        (_, 1) => patterns.join(", "),
        (0..=FEW, many) => format!("{} ({many} actions)", patterns.join(", ")),
        (_, many) => {
            let first: Vec<&str> = actions.iter().take(FEW).map(|action| action.name()).collect();
            format!("{} and {} more actions", first.join(", "), many - first.len())
        }
    }
}

#[derive(Serialize)]
struct Both<'d> {
    added: Side<'d>,
    removed: Side<'d>,
}

#[derive(Serialize)]
struct Side<'d> {
    found: Vec<Group<'d>>,
    /// A request for an action that AWS does not have yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    future: Option<&'d Request>,
    /// `complete`, `limit` or `unknown`.
    rest: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Serialize)]
struct Group<'d> {
    actions: Vec<&'static str>,
    witness: &'d Request,
}

impl<'d> Side<'d> {
    fn new(side: &'d Differences) -> Self {
        let group = |difference: &'d Difference| Group {
            actions: difference.actions.iter().map(|action| action.name()).collect(),
            witness: &difference.witness,
        };
        let (rest, reason) = match &side.rest {
            Rest::Nothing => ("complete", None),
            Rest::Limit => ("limit", None),
            Rest::Unknown(reason) => ("unknown", Some(reason.to_string())),
        };
        Self { found: side.found.iter().map(group).collect(), future: side.future.as_deref(), rest, reason }
    }
}
