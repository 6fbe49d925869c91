//! `cargo xtask bench`: programs that measure a promise of ours, always in release mode.

mod instructions;
mod policy;
mod policy_report;

use anyhow::{Context as _, Result};
use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::Verdict;
use crate::emulators::Emulators;
use crate::process::Workspace;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Which benchmark; without a name they are listed.
    #[arg(value_parser = PossibleValuesParser::new(BENCHES.iter().map(|bench| bench.name)))]
    name: Option<String>,
    /// What the benchmark itself is told, its `--help` included.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

struct Bench {
    name: &'static str,
    about: &'static str,
    runs: Runs,
}

enum Runs {
    /// A program that measures and reports by itself.
    Program { package: &'static str, binary: &'static str },
    /// Likewise, beside running emulators of AWS.
    Emulated { package: &'static str, binary: &'static str },
    /// An example of a package, for what needs no program of its own.
    Example { package: &'static str, example: &'static str },
    /// More than one program.
    Task(fn(&Workspace, &[String]) -> Result<Verdict>),
}

const BENCHES: &[Bench] = &[
    Bench {
        name: "vend",
        about: "complete vends per second over HTTP, beside what SQLite commits bare",
        runs: Runs::Program { package: "daypass-tests", binary: "bench-vend" },
    },
    Bench {
        name: "aws",
        about: "vends, kills and the reconciler on emulated AWS, beside what the emulators do alone",
        runs: Runs::Emulated { package: "daypass-tests", binary: "bench-aws" },
    },
    Bench {
        name: "auth",
        about: "verified requests per second, and decisions with 1,000 rules, by the index and without",
        runs: Runs::Example { package: "daypass-http", example: "auth" },
    },
    Bench {
        name: "policy",
        about: "the policy core over its sample cases, beside a peer; or counted in instructions",
        runs: Runs::Task(policy::run),
    },
];

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<Verdict> {
    let Some(name) = &arguments.name else {
        for bench in BENCHES {
            println!("{:<8} {}", bench.name, bench.about);
        }
        return Ok(Verdict::Good);
    };
    let bench = BENCHES.iter().find(|bench| bench.name == name).context("no such benchmark")?;
    match bench.runs {
        Runs::Program { package, binary } => program(workspace, package, ["--bin", binary], &[], &arguments.arguments),
        Runs::Example { package, example } => {
            program(workspace, package, ["--example", example], &[], &arguments.arguments)
        }
        Runs::Emulated { package, binary } => {
            let emulators = Emulators::start(workspace)?;
            program(workspace, package, ["--bin", binary], &emulators.environment, &arguments.arguments)
        }
        Runs::Task(run) => run(workspace, &arguments.arguments),
    }
}

fn program(
    workspace: &Workspace,
    package: &str,
    which: [&str; 2],
    environment: &[(&'static str, String)],
    arguments: &[String],
) -> Result<Verdict> {
    let [kind, name] = which;
    let mut command = workspace.cargo(&["run", "--release", "--package", package, kind, name, "--"]);
    command.args(arguments).envs(environment.iter().map(|(name, value)| (name, value)));
    let status = command.status().context("cannot start cargo")?;
    Ok(if status.success() { Verdict::Good } else { Verdict::Bad })
}
