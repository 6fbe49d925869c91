#![doc = include_str!("../README.md")]

mod arguments;
mod aws_profile;
mod commands;
mod connection;
mod credentials;
mod demo;
mod duration;
mod escape;
mod exit;
mod failure;
mod folders;
mod local;
mod login;
mod logins;
mod printer;
mod private_file;
mod prompt;
mod server_url;
mod session_ref;
mod show;
mod table;
mod wait;

use std::process::ExitCode;

use clap::Parser as _;

pub use exit::ExitStatus;

use arguments::Cli;
use failure::Failure;
use printer::Printer;

/// Parse the command line, do what it says, report what went wrong, and tell the shell.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(refusal) => {
            // Help goes to stdout, complaints to stderr; when neither can be written nobody listens.
            let _ = refusal.print();
            return if refusal.use_stderr() { ExitStatus::Usage } else { ExitStatus::Ok }.into();
        }
    };
    let printer = Printer::new(cli.global.output, cli.global.color, cli.global.quiet);
    match run(cli, &printer) {
        Ok(status) => status.into(),
        Err(failure) if failure.reader_left => ExitStatus::Ok.into(),
        Err(failure) => {
            printer.failure(&failure);
            failure.status.into()
        }
    }
}

fn run(cli: Cli, printer: &Printer) -> failure::Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::plain(format!("cannot start: {error}")))?;
    runtime.block_on(commands::run(cli, printer))
}
