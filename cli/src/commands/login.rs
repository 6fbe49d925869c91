//! `daypass login`: prove who you are, and remember the proof.

use std::path::PathBuf;

use daypass_api::{Client, Login as Proof, Masked};

use crate::arguments::Global;
use crate::connection;
use crate::escape::escape;
use crate::exit::ExitStatus;
use crate::failure::{Failure, Outcome};
use crate::folders;
use crate::logins::{Login, Logins};
use crate::printer::Printer;
use crate::private_file;
use crate::prompt;
use crate::server_url::ServerUrl;
use crate::show::time;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Without a second factor you are logged in, but most rules will not let you have access.
The token is kept in a file that only you can read: $XDG_STATE_HOME/daypass/logins.json.
It never travels unencrypted to another machine.

Examples:
  daypass login --user carla                     asks for the password and the code
  daypass login --user carla --totp 123456
  DAYPASS_PASSWORD=… daypass login --user carla --totp \"$(daypass dev totp carla)\"
  daypass login --server https://daypass.example.com --user carla --password-file ~/.daypass")]
pub(crate) struct Args {
    /// Who you are
    #[arg(long, short, value_name = "NAME")]
    user: String,
    /// A file whose first line is the password; without it DAYPASS_PASSWORD is read, else you are asked
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// The code that your authenticator app shows; without it you are asked
    #[arg(long, value_name = "CODE")]
    totp: Option<String>,
}

/// All that is needed to log in.
pub(crate) struct Settings {
    server: ServerUrl,
    proof: Proof,
}

pub(crate) async fn resolve(arguments: Args, global: &Global) -> Result<Settings, Failure> {
    let server = connection::server(global)?;
    let password = match (&arguments.password_file, std::env::var("DAYPASS_PASSWORD")) {
        (Some(path), _) => from_file(path)?,
        (None, Ok(password)) => Masked::new(password),
        (None, Err(_)) => {
            let question = format!("Password of {} on {server}: ", escape(&arguments.user));
            prompt::secret(question, "give it in `DAYPASS_PASSWORD` or with `--password-file FILE`").await?
        }
    };
    let totp = match arguments.totp {
        Some(code) => Some(code),
        None => prompt::line("Code of your authenticator app (empty for none): ".to_owned()).await?,
    };
    let totp = totp.filter(|code| !code.is_empty()).map(Masked::new);
    Ok(Settings { server, proof: Proof { user: arguments.user, password, totp } })
}

pub(crate) async fn command(settings: Settings, printer: &Printer) -> Outcome {
    let Settings { server, proof } = settings;
    let answer = Client::new(server.as_str())?.log_in(&proof).await.map_err(|error| wrong_proof(&error))?;
    let second_factor = proof.totp.is_some();
    let login = Login { user: proof.user, token: answer.token, expires_at: answer.expires_at, second_factor };
    printer.note(format!("Logged in to {server} as {} until {}.", escape(&login.user), time(login.expires_at)));
    if !second_factor {
        printer.warn("without a second factor most rules will refuse you; log in again with `--totp CODE`");
    }
    Logins::remember(&folders::logins()?, &server, login)?;
    Ok(ExitStatus::Ok)
}

/// Here, "unauthenticated" does not mean that one should log in.
fn wrong_proof(error: &daypass_api::ClientError) -> Failure {
    let mut failure = connection::explain(error);
    if failure.status == ExitStatus::NotLoggedIn {
        failure.message = "the server does not accept this user, password and code".to_owned();
        failure.hint = Some("a code works once and for half a minute: wait for the next one and try again".to_owned());
    }
    failure
}

fn from_file(path: &std::path::Path) -> Result<Masked, Failure> {
    let content = private_file::read(path)?;
    let content = content.ok_or_else(|| Failure::usage(format!("there is no file `{}`", path.display())))?;
    let content = Masked::new(content);
    Ok(Masked::new(content.reveal().lines().next().unwrap_or_default()))
}
