//! `daypass creds`: credentials of a session, in the form that a shell or an AWS tool takes.

use std::path::PathBuf;

use daypass_api::{Client, CredentialsView, EntryView, Masked, SessionView};
use daypass_embedded::clock::SystemClock;

use crate::arguments::{Global, OneSession};
use crate::aws_profile::{self, Profile};
use crate::commands::login::{self, ways};
use crate::connection;
use crate::credentials::{Format, Keys};
use crate::exit::ExitStatus;
use crate::failure::{Failure, Outcome};
use crate::folders;
use crate::login::aws;
use crate::printer::{OutputFormat, Printer};
use crate::private_file;
use crate::session_ref::SessionRef;
use crate::show::{short, time};
use crate::wait::{self, Spinner};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Credentials live for an hour at most and never longer than the session; run it again for new ones.
What is printed on stdout is exactly what has to be evaluated; anything else goes to stderr.

Examples:
  eval \"$(daypass creds 5f0c)\"                                       sh, bash, zsh
  daypass creds 5f0c --format fish | source                          fish
  daypass creds 5f0c --format powershell | Out-String | iex          PowerShell
  daypass creds 5f0c --format aws-config --profile pass --write      ~/.aws/credentials
  daypass creds 5f0c --mfa-serial arn:aws:iam::111122223333:mfa/carla    one that you enter yourself

In ~/.aws/config, for credentials that renew themselves, with the whole id:
  credential_process = daypass creds 5f0c6a52-… --format credential-process")]
pub(crate) struct Args {
    #[command(flatten)]
    session: OneSession,
    /// The form
    #[arg(long, short, value_enum, value_name = "FORMAT", alias = "output-format")]
    format: Option<Format>,
    /// Put them into the AWS credentials file instead of printing them (with --format aws-config)
    #[arg(long)]
    write: bool,
    #[command(flatten)]
    where_to: WhereTo,
}

/// What credentials do not know themselves.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct WhereTo {
    /// The profile's name in an AWS file
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub(crate) profile: String,
    /// The region that goes with them; AWS_REGION or AWS_DEFAULT_REGION when absent, else us-east-1
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    #[command(flatten)]
    own: Own,
}

/// The person's own AWS identity.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "For sessions with --delivery direct")]
struct Own {
    /// Your MFA device: its serial number or ARN
    #[arg(long, value_name = "ARN")]
    mfa_serial: Option<String>,
    /// What the device shows now; without it you are asked
    #[arg(long, value_name = "CODE", requires = "mfa_serial")]
    mfa_code: Option<String>,
    /// The profile in ~/.aws/credentials that has your own keys
    #[arg(long, value_name = "NAME")]
    source_profile: Option<String>,
}

/// Where credentials go, and how.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    format: Format,
    profile: Profile,
    region: String,
    /// The file to write; stdout when absent.
    file: Option<PathBuf>,
    own: Own,
}

/// Which credentials, and where they go.
#[derive(Debug)]
pub(crate) struct Settings {
    session: SessionRef,
    delivery: Delivery,
}

pub(crate) fn resolve(arguments: Args, printer: &Printer) -> Result<Settings, Failure> {
    let format = match (arguments.format, printer.format()) {
        (Some(format), _) => format,
        (None, _) if arguments.write => Format::AwsConfig,
        (None, OutputFormat::Json) => Format::Json,
        (None, OutputFormat::Table) => Format::Env,
    };
    if arguments.write && format != Format::AwsConfig {
        return Err(Failure::usage("only `--format aws-config` can be written to a file"));
    }
    let file = if arguments.write { Some(folders::aws_credentials()?) } else { None };
    let delivery = Delivery { file, ..arguments.where_to.deliver(format)? };
    Ok(Settings { session: arguments.session.get(), delivery })
}

pub(crate) async fn command(global: &Global, settings: Settings, printer: &Printer) -> Outcome {
    let client = connection::open(global).await?.client;
    let id = settings.session.resolve(&client).await?;
    let session = client.session(&id, 0).await?;
    deliver(&client, &session, &settings.delivery, printer).await
}

/// Get credentials of a session and hand them over.
pub(crate) async fn deliver(client: &Client, session: &SessionView, delivery: &Delivery, printer: &Printer) -> Outcome {
    if let Some(file) = &delivery.file {
        // Before anything is issued that then has no place to go.
        aws_profile::check(&private_file::read(file)?.unwrap_or_default(), &delivery.profile).map_err(foreign)?;
    }
    let credentials = obtain(client, session, delivery, printer).await?;
    let keys = keys(&credentials, &delivery.region)?;
    match &delivery.file {
        Some(file) => {
            private_file::update(file, |content| {
                aws_profile::put(content.unwrap_or_default(), &delivery.profile, &keys).map_err(foreign)
            })?;
            printer.note(format!("Wrote profile `{}` to `{}`.", delivery.profile, file.display()));
        }
        None => printer.raw(&keys.render(delivery.format, delivery.profile.as_str()))?,
    }
    printer.note(format!(
        "Credentials of session {} work until {}.",
        short(&session.session_id),
        time(credentials.expires_at)
    ));
    Ok(ExitStatus::Ok)
}

impl WhereTo {
    /// Print in this form.
    pub(crate) fn deliver(&self, format: Format) -> Result<Delivery, Failure> {
        let told = || ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().find_map(|name| std::env::var(name).ok());
        let region = self.region.clone().or_else(told).filter(|region| !region.is_empty());
        Ok(Delivery {
            format,
            profile: self.profile.parse().map_err(Failure::usage)?,
            region: region.unwrap_or_else(|| "us-east-1".to_owned()),
            file: None,
            own: self.own.clone(),
        })
    }
}

async fn obtain(
    client: &Client,
    session: &SessionView,
    delivery: &Delivery,
    printer: &Printer,
) -> Result<CredentialsView, Failure> {
    let (spinner, id) = (Spinner::start(printer, "waiting for credentials"), &session.session_id);
    match session.delivery {
        daypass_api::Delivery::Brokered => Ok(wait::credentials(client, id).await?),
        daypass_api::Delivery::Direct => {
            let entry = wait::entry(client, id).await?;
            // A code may have to be asked for.
            drop(spinner);
            enter(client, &entry, &delivery.own).await
        }
    }
}

/// Get credentials from AWS oneself. No secret of it passes the server.
async fn enter(client: &Client, entry: &EntryView, own: &Own) -> Result<CredentialsView, Failure> {
    let offer = client.login_options().await?.aws;
    let offer = offer.ok_or_else(|| Failure::plain("this server does not say where AWS STS is"))?;
    let Own { mfa_serial, mfa_code, source_profile } = own.clone();
    let mfa_code = mfa_code.map(Masked::new);
    let asked = ways::Aws { profile: source_profile, server_id: None, mfa_serial, mfa_code };
    let asked = login::with_code(asked).await?;
    aws::enter(&asked, &offer, entry, &SystemClock).await
}

fn foreign(profile: aws_profile::Foreign) -> Failure {
    Failure::from(profile).hint("name another one with `--profile NAME`")
}

fn keys(credentials: &CredentialsView, region: &str) -> Result<Keys, Failure> {
    let CredentialsView { access_key_id, secret_access_key, session_token, expires_at, .. } = credentials;
    Ok(Keys::new(access_key_id, secret_access_key, session_token, region, *expires_at)?)
}
