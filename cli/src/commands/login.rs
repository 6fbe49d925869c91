//! `daypass login`: prove who you are, in a way that the server offers, and remember the proof.

pub(crate) mod ways;

use std::path::Path;

use daypass_api::{Client, ClientError, EmergencyOffer, Login as DevelopmentLogin, Masked, WhoAmI};
use daypass_embedded::clock::SystemClock;
use daypass_embedded::entropy::SystemEntropy;
use daypass_vending::identity::Method;

use crate::arguments::Global;
use crate::connection;
use crate::escape::escape;
use crate::exit::ExitStatus;
use crate::failure::{Failure, Outcome};
use crate::folders;
use crate::login::emergency::KeyFile;
use crate::login::{Oidc, Proved, Provider, Web, aws, code, device};
use crate::logins::{Login, Logins};
use crate::printer::Printer;
use crate::private_file;
use crate::prompt;
use crate::server_url::ServerUrl;
use crate::show::time;
use crate::wait;
use ways::{Asked, Emergency, Password, Way, choose};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The server says how one can log in. Without options the first of these is taken that it offers:
an identity provider in a browser on this machine, an AWS identity, or, on development servers, a
sample user.

With an identity provider the login renews itself for as long as the provider allows. Tokens are
kept in a file that only you can read: $XDG_STATE_HOME/daypass/logins.json. They never travel
unencrypted to another machine.

Without a second factor you are logged in, but most rules will not let you have access. With an
identity provider, log in there with your second factor; with AWS, give --mfa-serial; on
development servers, give --totp.

Examples:
  daypass login --server https://daypass.example.com
  daypass login --device                         on a machine without a browser
  daypass login --aws --profile work --mfa-serial arn:aws:iam::111122223333:mfa/carla
  daypass login --emergency-key olga.key         in an incident, when no identity provider answers
  daypass login --user carla --totp \"$(daypass dev totp carla)\"")]
pub(crate) struct Args {
    #[command(flatten)]
    asked: ways::WayArgs,
}

/// All that is needed to log in, but for what the server and the person are yet to be asked.
pub(crate) struct Settings {
    server: ServerUrl,
    asked: Asked,
}

pub(crate) fn resolve(arguments: Args, global: &Global) -> Result<Settings, Failure> {
    Ok(Settings { server: connection::server(global)?, asked: arguments.asked.resolve() })
}

pub(crate) async fn command(settings: Settings, printer: &Printer) -> Outcome {
    let Settings { server, asked } = settings;
    let client = Client::new(server.as_str())?;
    let options = client.login_options().await?;
    let way = choose(asked, &options)?;
    let proving = prove(way, &client, &server, printer);
    let proved = wait::interruptible(proving, || "nothing was remembered; `daypass login` starts again".to_owned());
    remember(&client, &server, proved.await?, printer).await
}

async fn prove(way: Way, client: &Client, server: &ServerUrl, printer: &Printer) -> Result<Proved, Failure> {
    match way {
        Way::Browser(offer, browsing) => {
            with_provider(&offer, printer, async |oidc| code::log_in(oidc, browsing).await).await
        }
        Way::Device(offer) => with_provider(&offer, printer, async |oidc| device::log_in(oidc).await).await,
        Way::Aws(offer, asked) => {
            let asked = with_code(asked).await?;
            let signed = aws::sign(&asked, &offer, server, &SystemClock).await?;
            let answer = client.log_in_with_aws(&signed).await.map_err(|error| not_accepted(&error, SIGNATURE))?;
            Ok(Proved { token: answer.token, expires_at: answer.expires_at, renewal: None })
        }
        Way::Emergency(offer, emergency) => break_in(&offer, emergency, printer).await,
        Way::Development(password) => development(client, server, password).await,
    }
}

/// Talk to the identity provider that the server trusts.
async fn with_provider(
    offer: &daypass_api::OidcOffer,
    printer: &Printer,
    log_in: impl AsyncFnOnce(&Oidc<'_>) -> Result<Proved, Failure>,
) -> Result<Proved, Failure> {
    let web = Web::new()?;
    let provider = Provider::discover(&web, &offer.issuer).await?;
    let (clock, entropy) = (&SystemClock, &SystemEntropy);
    log_in(&Oidc { web: &web, provider: &provider, offer, clock, entropy, printer }).await
}

/// Ask for the code of the device where it was not given.
pub(crate) async fn with_code(asked: ways::Aws) -> Result<aws::Asked, Failure> {
    let ways::Aws { profile, server_id, mfa_serial, mfa_code } = asked;
    let mfa = match (mfa_serial, mfa_code) {
        (Some(serial), Some(code)) => Some((serial, code)),
        (Some(serial), None) => {
            let question = format!("Code of {}: ", escape(&serial));
            let code = prompt::line(question).await?.filter(|code| !code.is_empty());
            let code = code
                .ok_or_else(|| Failure::usage("there is no code of the device").hint("give it in `--mfa-code CODE`"))?;
            Some((serial, Masked::new(code)))
        }
        (None, _) => None,
    };
    Ok(aws::Asked { profile, server_id, mfa })
}

/// What has to be typed to use an emergency key.
const WORDS: &str = "everybody is alerted";

async fn break_in(offer: &EmergencyOffer, emergency: Emergency, printer: &Printer) -> Result<Proved, Failure> {
    let Emergency { file, confirm } = emergency;
    let key = KeyFile::parse(content_of(&file)?.reveal())?;
    if private_file::is_exposed(&file) {
        return Err(Failure::plain(format!(
            "`{}` can be read by others; whoever read it can break the glass",
            file.display()
        ))
        .hint("have the key taken out of the server's configuration, and make another one"));
    }
    if key.deployment.as_str() != offer.audience {
        let message =
            format!("the key is for `{}`, and this server calls itself `{}`", key.deployment, escape(&offer.audience));
        return Err(Failure::plain(message).hint("is this the right server, and the right key?"));
    }
    printer.warn(format!(
        "an emergency key is for incidents in which no identity provider answers.\n\
         Everything done with it at `{}`, as {}, is alerted at once, louder than usual, and reviewed.",
        key.deployment, key.user
    ));
    let typed = match confirm {
        Some(words) => Some(words),
        None => prompt::line(format!("To go on, type `{WORDS}`: ")).await?,
    };
    match typed.as_deref() {
        Some(WORDS) => key.sign(&SystemClock, &SystemEntropy),
        Some(_) => Err(Failure::plain(format!("that is not `{WORDS}`; nothing was done"))),
        None => {
            Err(Failure::usage("there is no terminal to confirm this at").hint(format!("give `--confirm '{WORDS}'`")))
        }
    }
}

async fn development(client: &Client, server: &ServerUrl, asked: Password) -> Result<Proved, Failure> {
    let user = match asked.user {
        Some(user) => user,
        None => {
            let user = prompt::line(format!("Sample user on {server}: ")).await?.filter(|user| !user.is_empty());
            user.ok_or_else(|| {
                Failure::usage("this is a development server: who do you want to be?")
                    .hint("name a sample user with `--user NAME`; `daypass dev` prints them")
            })?
        }
    };
    let password = match (&asked.password_file, std::env::var("DAYPASS_PASSWORD")) {
        (Some(path), _) => first_line(&content_of(path)?),
        (None, Ok(password)) => Masked::new(password),
        (None, Err(_)) => {
            let question = format!("Password of {} on {server}: ", escape(&user));
            prompt::secret(question, "give it in `DAYPASS_PASSWORD` or with `--password-file FILE`").await?
        }
    };
    let totp = match asked.totp {
        Some(code) => Some(code),
        None => prompt::line("Code of your authenticator app (empty for none): ".to_owned()).await?,
    };
    let totp = totp.filter(|code| !code.is_empty()).map(Masked::new);
    let login = DevelopmentLogin { user, password, totp };
    let answer = client.log_in(&login).await.map_err(|error| not_accepted(&error, PASSWORD))?;
    Ok(Proved { token: answer.token, expires_at: answer.expires_at, renewal: None })
}

/// Ask the server who it takes us for now, and remember that.
async fn remember(client: &Client, server: &ServerUrl, proved: Proved, printer: &Printer) -> Outcome {
    let Proved { token, expires_at, renewal } = proved;
    let known = client.clone().with_token(token.reveal()).who_am_i().await;
    let known = known.map_err(|error| not_accepted(&error, TOKEN))?;
    let WhoAmI { user_id, mfa_at, method, .. } = known;
    let renews = if renewal.is_some() { ", and renews itself" } else { "" };
    printer.note(format!("Logged in to {server} as {} until {}{renews}.", escape(&user_id), time(expires_at)));
    let second_factor = mfa_at.is_some();
    // An emergency key stands for itself.
    if !second_factor && method != Method::EmergencyKey.as_str() {
        printer
            .warn("no second factor was shown: most rules will refuse you; `daypass login --help` says how to show it");
    }
    let login = Login { user: user_id, token, expires_at, second_factor, renewal };
    Logins::remember(&folders::logins()?, server, login)?;
    Ok(ExitStatus::Ok)
}

/// What was not accepted, and what to do about it.
type NotAccepted = (&'static str, &'static str);

const PASSWORD: NotAccepted = (
    "the server does not accept this user, password and code",
    "a code works once and for half a minute: wait for the next one and try again",
);
const SIGNATURE: NotAccepted = (
    "the server does not accept this AWS identity",
    "is the account one of those it trusts, and this machine's clock right? The server's log has the reason",
);
const TOKEN: NotAccepted = (
    "you have proved who you are, but the server does not accept it",
    "its configuration may name another issuer or audience; the server's log has the reason",
);

/// Here, "unauthenticated" does not mean that one should log in.
fn not_accepted(error: &ClientError, (message, hint): NotAccepted) -> Failure {
    let mut failure = connection::explain(error);
    if failure.status == ExitStatus::NotLoggedIn {
        failure.message = message.to_owned();
        failure.hint = Some(hint.to_owned());
    }
    failure
}

fn content_of(path: &Path) -> Result<Masked, Failure> {
    let content = private_file::read(path)?;
    content.map(Masked::new).ok_or_else(|| Failure::usage(format!("there is no file `{}`", path.display())))
}

fn first_line(content: &Masked) -> Masked {
    Masked::new(content.reveal().lines().next().unwrap_or_default())
}
