//! `cargo xtask test`: static checks, then suites, and all failures in one go.

pub(crate) mod build;
mod report;
mod run;
mod tally;

use std::time::Instant;

use anyhow::Result;
use clap::Args;
use clap::builder::PossibleValuesParser;

use self::build::Built;
use self::tally::Tally;
use crate::Verdict;
use crate::emulators::Emulators;
use crate::identity_providers::IdentityProviders;
use crate::process::Workspace;
use crate::suites::{Runs, SUITES, Suite};

#[derive(Args)]
#[command(after_help = suites_help())]
pub(crate) struct Arguments {
    /// Run this suite alone; can be given several times.
    #[arg(long = "suite", value_name = "NAME", hide_possible_values = true)]
    #[arg(value_parser = PossibleValuesParser::new(SUITES.iter().map(|suite| suite.name)))]
    suites: Vec<String>,
}

/// Run what was asked for, in the order of the table, and go on after a failure so that all of them are seen.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<Verdict> {
    let chosen = |suite: &&Suite| arguments.suites.is_empty() || arguments.suites.iter().any(|name| name == suite.name);
    let mut built = None;
    let mut tallies = Vec::new();
    for suite in SUITES.iter().filter(chosen) {
        report::heading(suite.name);
        let started = Instant::now();
        let mut tally = run_suite(workspace, suite, &mut built)?;
        tally.require_tests();
        tallies.push((suite.name, tally, started.elapsed()));
    }
    print!("{}", report::summary(&tallies));
    Ok(if tallies.iter().all(|(_, tally, _)| tally.failed == 0) { Verdict::Good } else { Verdict::Bad })
}

fn run_suite(workspace: &Workspace, suite: &Suite, built: &mut Option<Built>) -> Result<Tally> {
    match &suite.runs {
        Runs::Checks(checks) => run::checks(workspace, checks),
        Runs::Programs { select, doc_examples } => {
            if built.is_none() {
                *built = build::build(workspace)?;
            }
            let Some(built) = built.as_ref() else {
                return Ok(Tally::of_failure("the workspace does not build"));
            };
            let mut tally = run::programs(workspace, built, *select, &[])?;
            if *doc_examples {
                tally.add(run::doc_examples(workspace)?);
            }
            Ok(tally)
        }
        Runs::Emulated { programs } => {
            let start = || Emulators::start(workspace);
            on_request(workspace, programs, "the emulators do not run", start, |running| &running.environment)
        }
        Runs::Identified { programs } => {
            let install = || IdentityProviders::installed(workspace);
            on_request(workspace, programs, "the identity providers are not there", install, |there| &there.environment)
        }
    }
}

/// Test programs that are built on request only, beside something that has to be there while they run.
fn on_request<T>(
    workspace: &Workspace,
    programs: &[&str],
    trouble: &str,
    prepare: impl FnOnce() -> Result<T>,
    environment: impl FnOnce(&T) -> &[(&'static str, String)],
) -> Result<Tally> {
    let Some(built) = build::build_programs(workspace, programs)? else {
        return Ok(Tally::of_failure("the workspace does not build"));
    };
    match prepare() {
        Ok(there) => run::programs(workspace, &built, |_| true, environment(&there)),
        Err(error) => {
            report::trouble(error);
            Ok(Tally::of_failure(trouble))
        }
    }
}

fn suites_help() -> String {
    let mut help = String::from("Suites:\n");
    for suite in SUITES {
        help.push_str(&format!("  {:<14} {}\n", suite.name, suite.about));
    }
    help
}
