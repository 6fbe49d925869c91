//! Which way to log in: what the person asks for and what the server offers, decided before anybody is bothered.

use std::path::PathBuf;

use daypass_api::{AwsOffer, EmergencyOffer, LoginOptions, Masked, OidcOffer};

use crate::escape::escape;
use crate::failure::Failure;
use crate::login::code::Browsing;

/// The arguments, in groups of which one can be chosen.
#[derive(Debug, clap::Args)]
pub(crate) struct WayArgs {
    #[command(flatten)]
    provider: ProviderArgs,
    #[command(flatten)]
    aws: AwsArgs,
    #[command(flatten)]
    emergency: EmergencyArgs,
    #[command(flatten)]
    development: DevelopmentArgs,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "With an identity provider")]
struct ProviderArgs {
    /// Log in on another device: a code to enter there is shown
    #[arg(long, conflicts_with_all = ["no_browser", "consent"])]
    device: bool,
    /// Do not open a browser; the address is printed in any case
    #[arg(long)]
    no_browser: bool,
    /// Which identity provider, where the server offers several
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// Be asked for consent again: some providers give nothing to renew a login with otherwise
    #[arg(long)]
    consent: bool,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "With an AWS identity")]
struct AwsArgs {
    /// Let AWS say who you are: with the keys in the environment, or of a profile
    #[arg(long, conflicts_with_all = ["device", "no_browser", "issuer", "consent"])]
    aws: bool,
    /// The profile in ~/.aws/credentials
    #[arg(long, value_name = "NAME", requires = "aws")]
    profile: Option<String>,
    /// Prove a second factor: the serial number or ARN of the MFA device
    #[arg(long, value_name = "ARN", requires = "aws")]
    mfa_serial: Option<String>,
    /// What the device shows now; without it you are asked
    #[arg(long, value_name = "CODE", requires = "mfa_serial")]
    mfa_code: Option<String>,
    /// What the server calls itself, where that is not its host
    #[arg(long, value_name = "NAME", requires = "aws")]
    server_id: Option<String>,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "In an incident")]
struct EmergencyArgs {
    /// Break the glass without an identity provider, with a key of `daypass emergency-key new`; everybody is alerted
    #[arg(long, value_name = "FILE", conflicts_with_all = ["aws", "device", "no_browser", "issuer", "consent"])]
    emergency_key: Option<PathBuf>,
    /// The words that you are asked to type otherwise
    #[arg(long, value_name = "WORDS", requires = "emergency_key")]
    confirm: Option<String>,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "On development servers")]
struct DevelopmentArgs {
    /// The sample user
    #[arg(long, short, value_name = "NAME")]
    #[arg(conflicts_with_all = ["emergency_key", "aws", "device", "no_browser", "issuer", "consent"])]
    user: Option<String>,
    /// A file whose first line is the password; without it DAYPASS_PASSWORD is read, else you are asked
    #[arg(long, value_name = "FILE", requires = "user")]
    password_file: Option<PathBuf>,
    /// The code that your authenticator app shows; without it you are asked
    #[arg(long, value_name = "CODE", requires = "user")]
    totp: Option<String>,
}

/// What the person asks for.
#[derive(Debug)]
pub(crate) enum Asked {
    /// Whatever is offered, or an identity provider if something was said about that.
    Provider {
        device: bool,
        issuer: Option<String>,
        browsing: Browsing,
        anything: bool,
    },
    Aws(Aws),
    Emergency(Emergency),
    Development(Password),
}

/// An AWS identity.
#[derive(Debug, Default)]
pub(crate) struct Aws {
    pub(crate) profile: Option<String>,
    pub(crate) server_id: Option<String>,
    pub(crate) mfa_serial: Option<String>,
    pub(crate) mfa_code: Option<Masked>,
}

/// An emergency key.
#[derive(Debug)]
pub(crate) struct Emergency {
    pub(crate) file: PathBuf,
    pub(crate) confirm: Option<String>,
}

/// A sample user.
#[derive(Debug, Default)]
pub(crate) struct Password {
    pub(crate) user: Option<String>,
    pub(crate) password_file: Option<PathBuf>,
    pub(crate) totp: Option<String>,
}

/// The way that is taken.
#[derive(Debug)]
pub(crate) enum Way {
    Browser(OidcOffer, Browsing),
    Device(OidcOffer),
    Aws(AwsOffer, Aws),
    Emergency(EmergencyOffer, Emergency),
    Development(Password),
}

impl WayArgs {
    /// What is asked for: clap has seen to it that it is one thing.
    pub(crate) fn resolve(self) -> Asked {
        let Self { provider, aws, emergency, development } = self;
        if let Some(file) = emergency.emergency_key {
            return Asked::Emergency(Emergency { file, confirm: emergency.confirm });
        }
        if let Some(user) = development.user {
            let DevelopmentArgs { password_file, totp, .. } = development;
            return Asked::Development(Password { user: Some(user), password_file, totp });
        }
        if aws.aws {
            let AwsArgs { profile, mfa_serial, mfa_code, server_id, .. } = aws;
            return Asked::Aws(Aws { profile, server_id, mfa_serial, mfa_code: mfa_code.map(Masked::new) });
        }
        let ProviderArgs { device, no_browser, issuer, consent } = provider;
        let anything = !device && !no_browser && !consent && issuer.is_none();
        Asked::Provider { device, issuer, browsing: Browsing { by_hand: no_browser, consent }, anything }
    }
}

/// The way to take.
///
/// # Errors
/// When the server does not offer what is asked for; says what it offers.
pub(crate) fn choose(asked: Asked, options: &LoginOptions) -> Result<Way, Failure> {
    match asked {
        Asked::Provider { device, issuer, browsing, anything } => match find(options, issuer.as_deref()) {
            Some(offer) if device => Ok(Way::Device(offer)),
            Some(offer) => Ok(Way::Browser(offer, browsing)),
            None if anything => anything_else(options),
            None => Err(not_offered("this identity provider", options)),
        },
        Asked::Aws(aws) => {
            let offer = options.aws.clone();
            offer.map(|offer| Way::Aws(offer, aws)).ok_or_else(|| not_offered("AWS identities", options))
        }
        Asked::Emergency(emergency) => {
            let offer = options.emergency.clone();
            offer.map(|offer| Way::Emergency(offer, emergency)).ok_or_else(|| not_offered("emergency keys", options))
        }
        Asked::Development(password) if options.development => Ok(Way::Development(password)),
        Asked::Development(_) => Err(not_offered("sample users", options)),
    }
}

fn find(options: &LoginOptions, issuer: Option<&str>) -> Option<OidcOffer> {
    options.oidc.iter().find(|offer| issuer.is_none_or(|issuer| offer.issuer == issuer)).cloned()
}

fn anything_else(options: &LoginOptions) -> Result<Way, Failure> {
    match &options.aws {
        Some(offer) => Ok(Way::Aws(offer.clone(), Aws::default())),
        None if options.development => Ok(Way::Development(Password::default())),
        None => Err(not_offered("people's logins", options)),
    }
}

fn not_offered(what: &str, options: &LoginOptions) -> Failure {
    let mut ways: Vec<String> =
        options.oidc.iter().map(|offer| format!("`daypass login --issuer {}`", escape(&offer.issuer))).collect();
    ways.extend(options.aws.iter().map(|_| "`daypass login --aws`".to_owned()));
    ways.extend(options.emergency.iter().map(|_| "`daypass login --emergency-key FILE`".to_owned()));
    if options.development {
        ways.push("`daypass login --user NAME`".to_owned());
    }
    let failure = Failure::usage(format!("the server does not take {what}"));
    match ways.as_slice() {
        [] => failure.hint("it takes tokens of workloads only"),
        ways => failure.hint(format!("what it takes: {}", ways.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use daypass_api::BearerKind;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: WayArgs,
    }

    fn options(issuers: &[&str], aws: bool, emergency: bool, development: bool) -> LoginOptions {
        let offer = |issuer: &&str| OidcOffer {
            issuer: (*issuer).to_owned(),
            client_id: "daypass-cli".to_owned(),
            scopes: vec!["openid".to_owned()],
            token: BearerKind::Id,
            audience: None,
        };
        let sts = || AwsOffer {
            server_id: "daypass.example.com".to_owned(),
            sts_url: "https://sts.eu-central-1.amazonaws.com/".to_owned(),
            region: "eu-central-1".to_owned(),
            gate_role_arn: None,
        };
        LoginOptions {
            deployment: "acme".to_owned(),
            oidc: issuers.iter().map(offer).collect(),
            aws: aws.then(sts),
            emergency: emergency.then(|| EmergencyOffer { audience: "acme".to_owned() }),
            development,
        }
    }

    fn way(line: &str, options: &LoginOptions) -> String {
        let line = Line::try_parse_from(format!("login {line}").split_whitespace()).unwrap();
        match choose(line.args.resolve(), options) {
            Ok(Way::Browser(offer, browsing)) => format!("browser {} {}", offer.issuer, browsing.by_hand),
            Ok(Way::Device(offer)) => format!("device {}", offer.issuer),
            Ok(Way::Aws(_, aws)) => format!("aws {}", aws.profile.unwrap_or_default()),
            Ok(Way::Emergency(..)) => "emergency".to_owned(),
            Ok(Way::Development(password)) => format!("development {}", password.user.unwrap_or_default()),
            Err(failure) => format!("no: {}", failure.hint.unwrap_or_default()),
        }
    }

    #[test]
    fn the_servers_first_offer_is_taken_unless_something_else_is_asked_for() {
        let all = options(&["https://a.example.com", "https://b.example.com"], true, true, true);
        for (line, taken) in [
            ("", "browser https://a.example.com false"),
            ("--no-browser", "browser https://a.example.com true"),
            ("--issuer https://b.example.com", "browser https://b.example.com false"),
            ("--device --issuer https://b.example.com", "device https://b.example.com"),
            ("--aws --profile work", "aws work"),
            ("--emergency-key olga.key", "emergency"),
            ("--user carla", "development carla"),
        ] {
            assert_eq!(way(line, &all), taken, "{line}");
        }
        assert_eq!(way("", &options(&[], true, true, true)), "aws ");
        assert_eq!(way("", &options(&[], false, true, true)), "development ");
    }

    #[test]
    fn what_is_not_offered_is_not_replaced_by_something_else() {
        let some = options(&["https://a.example.com"], false, true, false);
        for line in ["--issuer https://b.example.com", "--aws", "--user carla"] {
            let told = way(line, &some);
            assert!(told.contains("--issuer https://a.example.com`, `daypass login --emergency-key"), "{line}: {told}");
        }
        assert!(way("--device", &options(&[], true, false, true)).contains("--aws"));
        // Nobody breaks the glass by default.
        assert!(way("", &options(&[], false, true, false)).starts_with("no: "));
    }

    #[test]
    fn one_way_is_asked_for_at_a_time() {
        for line in [
            "--aws --device",
            "--aws --user carla",
            "--user carla --emergency-key f",
            "--device --no-browser",
            "--mfa-serial arn",
            "--aws --mfa-code 123456",
            "--totp 123456",
            "--confirm words",
        ] {
            assert!(Line::try_parse_from(format!("login {line}").split_whitespace()).is_err(), "{line}");
        }
    }
}
