#![doc = include_str!("../README.md")]

mod arguments;
mod command;
pub mod estate;
mod exit;
#[cfg(test)]
mod fake;
mod on_aws;
pub mod plan;
mod print;
pub mod run;
#[cfg(test)]
mod samples;
pub mod sessions;
mod show;

use std::process::ExitCode;

use clap::Parser as _;

pub use exit::ExitStatus;

use arguments::Arguments;
use print::Printer;

/// Parse the command line, do what it says, and tell the shell.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(refusal) => {
            // Help goes to stdout, complaints to stderr; when neither can be written nobody listens.
            let _ = refusal.print();
            return if refusal.use_stderr() { ExitStatus::Usage } else { ExitStatus::NothingLeft }.into();
        }
    };
    let printer = Printer::new(arguments.color);
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(command::run(&arguments, &printer)).into(),
        Err(error) => {
            printer.fail(&format!("cannot start: {error}"), None);
            ExitStatus::Stayed.into()
        }
    }
}
