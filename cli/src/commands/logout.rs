//! `daypass logout`: forget a login, here and at the identity provider.

use crate::arguments::Global;
use crate::connection;
use crate::escape::escape;
use crate::exit::ExitStatus;
use crate::failure::Outcome;
use crate::folders;
use crate::login::renewal::Revoked;
use crate::logins::Logins;
use crate::printer::Printer;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Where an identity provider renews the login, it is told to forget it, too, if it can. The last
token counts until it ends.
Your sessions live on; `daypass release` gives one back.

Examples:
  daypass logout
  daypass logout --server https://daypass.example.com")]
pub(crate) struct Args {}

pub(crate) async fn command(global: &Global, printer: &Printer) -> Outcome {
    let server = connection::server(global)?;
    // First here, which cannot fail for reasons that lie elsewhere.
    let Some(login) = Logins::forget(&folders::logins()?, &server)? else {
        printer.note(format!("You were not logged in to {server}."));
        return Ok(ExitStatus::Ok);
    };
    printer.note(format!("Logged out of {server}."));
    if let Some(renewal) = login.renewal {
        let issuer = escape(&renewal.issuer).into_owned();
        match renewal.revoke().await {
            Revoked::Yes => printer.note(format!("{issuer} renews the login no more.")),
            Revoked::NotOffered => {
                printer.note(format!("{issuer} cannot be told to forget the login; it was forgotten here."))
            }
            Revoked::No(why) => printer
                .warn(format!("{issuer} was not told to forget the login: {}; it was forgotten here", escape(&why))),
        }
    }
    Ok(ExitStatus::Ok)
}
