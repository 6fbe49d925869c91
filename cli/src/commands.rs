//! The commands, a file each.

pub(crate) mod approve;
pub(crate) mod audit;
pub(crate) mod capacity;
pub(crate) mod completions;
pub(crate) mod creds;
pub(crate) mod dev;
pub(crate) mod emergency_key;
pub(crate) mod explain;
pub(crate) mod extend;
pub(crate) mod list;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod policy;
pub(crate) mod release;
pub(crate) mod request;
pub(crate) mod review;
pub(crate) mod revoke;
pub(crate) mod rules;
pub(crate) mod status;
pub(crate) mod tiers;
pub(crate) mod whoami;

use crate::arguments::{Cli, Command};
use crate::demo;
use crate::failure::Outcome;
use crate::printer::Printer;

/// Do what the command line says.
pub(crate) async fn run(cli: Cli, printer: &Printer) -> Outcome {
    let Cli { global, command } = cli;
    match command {
        Command::Demo(arguments) => demo::command(&arguments, printer).await,
        Command::Dev(arguments) => dev::command(arguments, printer).await,
        Command::Login(arguments) => login::command(login::resolve(*arguments, &global)?, printer).await,
        Command::Logout(_) => logout::command(&global, printer).await,
        Command::Whoami(_) => whoami::command(&global, printer).await,
        Command::Tiers(_) => tiers::command(&global, printer).await,
        Command::Request(arguments) => request::command(&global, request::resolve(*arguments)?, printer).await,
        Command::Explain(arguments) => explain::command(&global, arguments, printer).await,
        Command::List(arguments) => list::command(&global, &list::resolve(arguments), printer).await,
        Command::Status(arguments) => status::command(&global, &arguments, printer).await,
        Command::Creds(arguments) => creds::command(&global, creds::resolve(arguments, printer)?, printer).await,
        Command::Extend(arguments) => extend::command(&global, extend::resolve(&arguments)?, printer).await,
        Command::Release(arguments) => release::command(&global, &arguments, printer).await,
        Command::Approve(arguments) => approve::command(&global, &arguments, printer).await,
        Command::Deny(arguments) => approve::deny(&global, &arguments, printer).await,
        Command::Review(command) => review::command(&global, command, printer).await,
        Command::Revoke(arguments) => revoke::command(&global, revoke::resolve(arguments)?, printer).await,
        Command::Policy(policy::Command::Check(arguments)) => policy::check::command(&global, arguments, printer).await,
        Command::Policy(policy::Command::Offline(command)) => policy::offline(command, printer),
        Command::Rules(command) => rules::command(&command, printer),
        Command::Audit(audit::Command::List(arguments)) => audit::list(&global, &arguments, printer).await,
        Command::Audit(audit::Command::Show(arguments)) => audit::show(&global, &arguments, printer).await,
        Command::Audit(audit::Command::Verify(arguments)) => audit::verify(&global, &arguments, printer).await,
        Command::Audit(audit::Command::Export(arguments)) => audit::export::command(&global, arguments, printer).await,
        Command::Capacity(_) => capacity::command(&global, printer).await,
        Command::EmergencyKey(command) => emergency_key::command(command, printer),
        Command::Completions(arguments) => completions::command(&arguments, printer),
    }
}
