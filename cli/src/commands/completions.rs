//! `daypass completions`: what a shell needs to complete our commands.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::arguments::Cli;
use crate::exit::ExitStatus;
use crate::failure::Outcome;
use crate::printer::Printer;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  daypass completions bash > ~/.local/share/bash-completion/completions/daypass
  daypass completions fish > ~/.config/fish/completions/daypass.fish")]
pub(crate) struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn command(arguments: &Args, printer: &Printer) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "daypass", &mut script);
    printer.raw(&String::from_utf8(script)?)?;
    Ok(ExitStatus::Ok)
}
