//! `daypass policy expand` and `policy shrink`: from wildcards to actions and back.

use std::io::BufRead as _;

use daypass_policy::PolicyDocument;
use daypass_policy::catalogue::{Cut, KnownAction, catalogue};
use serde::Serialize;

use super::input::{Input, Source};
use crate::escape::escape;
use crate::exit::ExitStatus;
use crate::failure::{Failure, Outcome};
use crate::printer::{OutputFormat, Printer};
use crate::table::Table;

/// The arguments of `expand`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exits with 0, or with 5 when a pattern stands for no action that AWS has.

Examples:
  daypass policy expand 's3:Get*Acl' 'sqs:*Message'
  daypass policy expand --details 'dynamodb:*Item'
  daypass policy expand --but 'iam:*' 'organizations:*' | wc -l
  jq -r '.Statement[].Action[]' policy.json | daypass policy expand -")]
pub(crate) struct ExpandArgs {
    /// Actions with wildcards; - reads them from standard input, one a line
    #[arg(value_name = "PATTERN", required = true)]
    patterns: Vec<String>,
    /// All actions but these, as in `NotAction`
    #[arg(long)]
    but: bool,
    /// Also show access level, resource types and condition keys
    #[arg(long)]
    details: bool,
}

/// The arguments of `shrink`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The result stands for exactly the actions given, among all that AWS has now. Like every wildcard it
may also fit actions that AWS adds later: where the list fits, keep the list.

Examples:
  daypass policy shrink s3:GetObject s3:GetObjectAcl s3:GetObjectVersion
  daypass policy expand 'ec2:Describe*' | daypass policy shrink -
  daypass policy shrink --policy policy.json > shorter.json")]
pub(crate) struct ShrinkArgs {
    /// Actions, with wildcards or without; - reads them from standard input, one a line
    #[arg(value_name = "ACTION", required_unless_present = "policy")]
    actions: Vec<String>,
    /// Print this policy with shorter lists of actions, all else being the same; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "actions")]
    policy: Option<Input>,
    /// Cut names anywhere, not only between words, for the fewest characters
    #[arg(long)]
    anywhere: bool,
}

pub(crate) fn expand(arguments: &ExpandArgs, printer: &Printer) -> Outcome {
    let patterns = gather(&arguments.patterns)?;
    let texts = || patterns.iter().map(String::as_str);
    let actions = if arguments.but { catalogue().expand_except(texts()) } else { catalogue().expand(texts()) };
    match (printer.format(), arguments.details) {
        (OutputFormat::Json, false) => {
            printer.json(&actions.iter().map(|action| action.name()).collect::<Vec<_>>())?;
        }
        (OutputFormat::Json, true) => {
            printer.json(&actions.iter().map(|action| Details::new(action)).collect::<Vec<_>>())?;
        }
        (OutputFormat::Table, false) => {
            printer.raw(&actions.iter().map(|action| format!("{}\n", action.name())).collect::<String>())?;
        }
        (OutputFormat::Table, true) => printer.data(table(&actions, printer.width()))?,
    }
    let unknown: Vec<&str> = texts().filter(|pattern| catalogue().expand([*pattern]).is_empty()).collect();
    unknown.iter().for_each(|pattern| printer.warn(nothing(pattern)));
    Ok(if unknown.is_empty() { ExitStatus::Ok } else { ExitStatus::NotFound })
}

pub(crate) fn shrink(arguments: &ShrinkArgs, printer: &Printer) -> Outcome {
    let cut = if arguments.anywhere { Cut::Anywhere } else { Cut::Words };
    if let Some(file) = &arguments.policy {
        return shrink_policy(&Source::read(file)?.policy()?, cut, printer);
    }
    let actions = gather(&arguments.actions)?;
    let shrunk = catalogue().shrink_patterns(&actions, cut);
    match printer.format() {
        OutputFormat::Json => printer.json(&shrunk)?,
        OutputFormat::Table => {
            printer.data(shrunk.iter().map(|pattern| format!("{}\n", escape(pattern))).collect::<String>())?
        }
    }
    let length = |patterns: &[String]| patterns.iter().map(String::len).sum::<usize>();
    printer.note(format!(
        "{} patterns with {} characters became {} with {}",
        actions.len(),
        length(&actions),
        shrunk.len(),
        length(&shrunk)
    ));
    Ok(ExitStatus::Ok)
}

fn shrink_policy(policy: &PolicyDocument, cut: Cut, printer: &Printer) -> Outcome {
    let shrunk = catalogue().shrink_document(policy, cut);
    printer.json(&shrunk)?;
    printer.note(format!("{} characters became {}, white space not counted", policy.size(), shrunk.size()));
    Ok(ExitStatus::Ok)
}

/// The words of the command line, and of standard input where it says `-`.
fn gather(words: &[String]) -> Result<Vec<String>, Failure> {
    let mut all = Vec::new();
    for word in words {
        if word != "-" {
            all.push(word.clone());
            continue;
        }
        for line in Input::Stdin.open()?.lines() {
            let line = line.map_err(|error| Input::Stdin.unreadable(&error))?;
            all.extend(Some(line.trim()).filter(|line| !line.is_empty()).map(str::to_owned));
        }
    }
    Ok(all)
}

fn nothing(pattern: &str) -> String {
    let nearest = catalogue().nearest_action(pattern);
    let nearest = nearest.map(|action| format!("; did you mean `{}`?", action.name())).unwrap_or_default();
    format!("no action of AWS fits `{}`{nearest}", escape(pattern))
}

fn table(actions: &[&KnownAction], width: u16) -> String {
    let mut table = Table::new(["ACTION", "LEVEL", "RESOURCE TYPES", "CONDITION KEYS"], width);
    for action in actions {
        let Details { access_level, resource_types, condition_keys, .. } = Details::new(action);
        let types: Vec<String> = resource_types.iter().map(ToString::to_string).collect();
        table.row([action.name(), access_level, &types.join(" "), &condition_keys.join(" ")]);
    }
    table.render()
}

/// What the catalogue knows about an action.
#[derive(Serialize)]
pub(crate) struct Details {
    action: &'static str,
    pub(crate) access_level: &'static str,
    pub(crate) resource_types: Vec<Taken>,
    /// Its own and those of its resource types, without the global ones.
    pub(crate) condition_keys: Vec<&'static str>,
    pub(crate) supports_rcp: bool,
}

/// A resource type that an action takes.
#[derive(Serialize)]
pub(crate) struct Taken {
    pub(crate) name: &'static str,
    /// Whether every request for the action names one.
    pub(crate) required: bool,
    pub(crate) arns: Vec<&'static str>,
}

impl Details {
    pub(crate) fn new(action: &KnownAction) -> Self {
        let taken = action.resource_types().iter().map(|used| Taken {
            name: used.resource_type().name(),
            required: used.is_required(),
            arns: used.resource_type().arns().to_vec(),
        });
        let mut condition_keys: Vec<_> = action.keys().map(|key| key.name()).collect();
        condition_keys.sort_unstable();
        condition_keys.dedup();
        Self {
            action: action.name(),
            access_level: action.access_level().name(),
            resource_types: taken.collect(),
            condition_keys,
            supports_rcp: action.service().supports_rcp(),
        }
    }
}

/// With a star when it is required, as AWS' pages have it.
impl std::fmt::Display for Taken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.name, if self.required { "*" } else { "" })
    }
}
