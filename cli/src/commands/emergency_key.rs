//! `daypass emergency-key`: prepare for the day on which no identity provider answers.

use std::path::PathBuf;

use daypass_embedded::entropy::SystemEntropy;
use daypass_vending::ids::{DeploymentId, UserId};
use serde::Serialize;

use crate::exit::ExitStatus;
use crate::failure::Outcome;
use crate::login::emergency::KeyFile;
use crate::printer::{OutputFormat, Printer};
use crate::private_file;

/// The commands.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Make a key, and print what the server's configuration needs of it
    New(Args),
}

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The key goes into FILE, which only you can read; keep it where you find it in an incident, and
where nobody else does. What is printed goes into the server's configuration; it is no secret. With
the key, `daypass login --emergency-key FILE` breaks the glass without an identity provider, and
alerts everybody. To take a key back, take its lines out again.

Examples:
  daypass emergency-key new --user olga --deployment acme --out olga.key")]
pub(crate) struct Args {
    /// Whose key it is: the name by which the server knows them
    #[arg(long, value_name = "NAME")]
    user: UserId,
    /// The deployment it is for, as `deployment` in the server's configuration; the key is good for no other
    #[arg(long, value_name = "NAME")]
    deployment: DeploymentId,
    /// Where to put it; a file that is there stays as it is
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Serialize)]
struct Public<'a> {
    user: &'a str,
    public_key: &'a str,
}

pub(crate) fn command(command: Command, printer: &Printer) -> Outcome {
    let Command::New(Args { user, deployment, out }) = command;
    let (key, public_key) = KeyFile::make(user, deployment, &SystemEntropy);
    private_file::create(&out, &(serde_json::to_string_pretty(&key)? + "\n"))?;
    let user = key.user.as_str();
    match printer.format() {
        OutputFormat::Json => printer.json(&Public { user, public_key: &public_key })?,
        OutputFormat::Table => printer.data(format!(
            "[[emergency_keys]]\nuser = \"{user}\"\ngroups = [\"on-call\"]\npublic_key = \"{public_key}\"\n"
        ))?,
    }
    printer.note(format!("The key is in `{}`. Put the lines above into the server's configuration.", out.display()));
    Ok(ExitStatus::Ok)
}
