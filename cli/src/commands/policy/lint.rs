//! `daypass policy lint`: what policies say but cannot mean, or mean but should not.

use std::collections::BTreeMap;

use daypass_policy::lint::{CHECKS, Finding, Severity, lint};
use daypass_policy::{PolicyDocument, PolicyKind};
use serde::Serialize;

use super::input::{Input, Source, stdin_once};
use super::sarif;
use crate::escape::escape;
use crate::exit::ExitStatus;
use crate::failure::Outcome;
use crate::printer::{BAD, BOLD, DIM, GOOD, HINT, OutputFormat, Printer};
use crate::table::Table;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Without --kind, a policy that names principals is taken for a resource-based policy, or for a trust
policy if it names no resource and is about sts: actions only; all others for identity-based ones.

Severities, from the least: suggestion, warning, security-warning, error.
Exits with 0 when no finding is as severe as --fail-on says, else with 12.

Examples:
  daypass policy lint policies/*.json
  daypass policy lint --kind scp --fail-on suggestion guardrails.json
  daypass policy lint --sarif policies/*.json > policies.sarif
  daypass policy lint --list")]
pub(crate) struct Args {
    /// The policies; - is standard input
    #[arg(value_name = "FILE", required_unless_present = "list")]
    files: Vec<Input>,
    /// What they are used for: identity, trust, resource, boundary, session, scp, rcp or endpoint
    #[arg(long, value_name = "KIND", value_enum, hide_possible_values = true)]
    kind: Option<Kind>,
    /// The least severity that makes the command fail, or never
    #[arg(long, value_name = "SEVERITY", value_enum, default_value = "security-warning", hide_possible_values = true)]
    fail_on: FailOn,
    /// Print SARIF 2.1.0, for code scanning
    #[arg(long)]
    sarif: bool,
    /// List all checks
    #[arg(long, conflicts_with_all = ["files", "kind", "sarif"])]
    list: bool,
}

/// What a policy is used for.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Kind {
    Identity,
    Trust,
    Resource,
    Boundary,
    Session,
    Scp,
    Rcp,
    Endpoint,
}

/// From which severity on the command fails.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum FailOn {
    Suggestion,
    Warning,
    SecurityWarning,
    Error,
    Never,
}

/// A file with what was found in it.
pub(crate) struct Linted {
    pub(crate) source: Source,
    pub(crate) findings: Vec<Finding>,
}

pub(crate) fn command(arguments: &Args, printer: &Printer) -> Outcome {
    if arguments.list {
        return list(printer);
    }
    stdin_once(&arguments.files)?;
    let lint = |input: &Input| {
        let source = Source::read(input)?;
        let kind = arguments.kind.map_or_else(|| guess(&source.text), PolicyKind::from);
        Ok(Linted { findings: lint(&source.text, kind), source })
    };
    let linted: Vec<Linted> = arguments.files.iter().map(lint).collect::<Result<_, crate::failure::Failure>>()?;
    match (arguments.sarif, printer.format()) {
        (true, _) => printer.json(&sarif::log(&linted))?,
        (false, OutputFormat::Json) => printer.json(&linted.iter().flat_map(Shown::all).collect::<Vec<_>>())?,
        (false, OutputFormat::Table) => {
            let text: String = linted.iter().map(text).collect();
            if !text.is_empty() {
                printer.data(text)?;
            }
            printer.note(summary(&linted));
        }
    }
    let fails = |finding: &Finding| arguments.fail_on.least().is_some_and(|least| finding.check.severity >= least);
    let has_failed = linted.iter().flat_map(|linted| &linted.findings).any(fails);
    Ok(if has_failed { ExitStatus::Findings } else { ExitStatus::Ok })
}

fn guess(text: &str) -> PolicyKind {
    PolicyDocument::parse(text).map_or(PolicyKind::Identity, |document| PolicyKind::guess(&document))
}

/// `policy.json:3:14: error[unknown-action]: …`, and what to do about it.
fn text(linted: &Linted) -> String {
    let name = escape(&linted.source.name);
    let line = |finding: &Finding| {
        let style = match finding.check.severity {
            Severity::Error | Severity::SecurityWarning => BAD,
            Severity::Warning => HINT,
            Severity::Suggestion => DIM,
        };
        let Finding { check, line, column, message, fix, .. } = finding;
        let (severity, code) = (check.severity, check.code);
        format!(
            "{BOLD}{name}:{line}:{column}:{BOLD:#} {style}{severity}[{code}]{style:#}: {}\n  {HINT}fix:{HINT:#} {}\n",
            escape(message),
            escape(fix)
        )
    };
    linted.findings.iter().map(line).collect()
}

fn summary(linted: &[Linted]) -> String {
    let mut counts: BTreeMap<_, usize> = BTreeMap::new();
    for finding in linted.iter().flat_map(|linted| &linted.findings) {
        *counts.entry(std::cmp::Reverse(finding.check.severity)).or_default() += 1;
    }
    let files = counted(linted.len(), "policy", "policies");
    if counts.is_empty() {
        return format!("{GOOD}nothing found{GOOD:#} in {files}");
    }
    let counts = counts.into_iter().map(|(std::cmp::Reverse(severity), count)| {
        let word = severity.as_str().replace('-', " ");
        counted(count, &word, &format!("{word}s"))
    });
    format!("{} in {files}", counts.collect::<Vec<_>>().join(", "))
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn list(printer: &Printer) -> Outcome {
    #[derive(Serialize)]
    struct Listed {
        check: &'static str,
        severity: Severity,
        about: &'static str,
        page: &'static str,
    }
    match printer.format() {
        OutputFormat::Json => {
            let listed = CHECKS.iter().map(|check| Listed {
                check: check.code,
                severity: check.severity,
                about: check.about,
                page: check.page,
            });
            printer.json(&listed.collect::<Vec<_>>())?;
        }
        OutputFormat::Table => {
            let mut table = Table::new(["CHECK", "SEVERITY", "ABOUT"], printer.width());
            for check in CHECKS {
                table.row([check.code, check.severity.as_str(), check.about]);
            }
            printer.data(table.render())?;
        }
    }
    Ok(ExitStatus::Ok)
}

/// A finding for programs.
#[derive(Serialize)]
struct Shown<'l> {
    file: &'l str,
    line: usize,
    column: usize,
    pointer: &'l str,
    check: &'static str,
    severity: Severity,
    message: &'l str,
    fix: &'l str,
    page: &'static str,
}

impl<'l> Shown<'l> {
    fn all(linted: &'l Linted) -> impl Iterator<Item = Shown<'l>> {
        linted.findings.iter().map(|finding| Shown {
            file: &linted.source.name,
            line: finding.line,
            column: finding.column,
            pointer: &finding.pointer,
            check: finding.check.code,
            severity: finding.check.severity,
            message: &finding.message,
            fix: &finding.fix,
            page: finding.check.page,
        })
    }
}

impl FailOn {
    fn least(self) -> Option<Severity> {
        match self {
            Self::Suggestion => Some(Severity::Suggestion),
            Self::Warning => Some(Severity::Warning),
            Self::SecurityWarning => Some(Severity::SecurityWarning),
            Self::Error => Some(Severity::Error),
            Self::Never => None,
        }
    }
}

impl From<Kind> for PolicyKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Identity => Self::Identity,
            Kind::Trust => Self::Trust,
            Kind::Resource => Self::Resource,
            Kind::Boundary => Self::Boundary,
            Kind::Session => Self::Session,
            Kind::Scp => Self::Scp,
            Kind::Rcp => Self::Rcp,
            Kind::Endpoint => Self::Endpoint,
        }
    }
}
