//! `daypass policy check-…`: the custom policy checks of IAM Access Analyzer, decided here.

use daypass_policy::Request;
use daypass_policy::compare::{
    Access, Emptiness, Inclusion, UnknownReason, check_access_not_granted, check_no_new_access, check_no_public_access,
};
use serde::Serialize;

use super::input::{Input, read_policy, stdin_once};
use super::telling;
use crate::escape::escape;
use crate::exit::ExitStatus;
use crate::failure::{Failure, Outcome};
use crate::printer::{BAD, GOOD, OutputFormat, Printer};

/// The arguments of `check-no-new-access`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
As CheckNoNewAccess of IAM Access Analyzer, with a request that shows what is new.

Exits with 0 when nothing is, with 10 when something is, and with 11 when that is not decided.

Examples:
  daypass policy check-no-new-access new.json existing.json
  git show main:policy.json | daypass policy check-no-new-access policy.json - --output json")]
pub(crate) struct NoNewAccess {
    /// The updated policy; - is standard input
    #[arg(value_name = "NEW")]
    new: Input,
    /// The policy it is to replace
    #[arg(value_name = "EXISTING")]
    existing: Input,
}

/// The arguments of `check-access-not-granted`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
As CheckAccessNotGranted of IAM Access Analyzer: passes when the policy allows none of the actions
on any of the resources, whatever the conditions.

Exits with 0 when it passes, with 10 when something is granted, and with 11 when that is not decided.

Examples:
  daypass policy check-access-not-granted policy.json --action iam:PassRole,sts:AssumeRole
  daypass policy check-access-not-granted policy.json --action 's3:Delete*' --resource 'arn:aws:s3:::logs/*'
  daypass policy check-access-not-granted policy.json --resource arn:aws:s3:::secrets")]
pub(crate) struct AccessNotGranted {
    /// The policy; - is standard input
    #[arg(value_name = "FILE")]
    policy: Input,
    /// Actions that must not be granted, separated by commas; all when absent
    #[arg(long, value_name = "ACTION,…", value_delimiter = ',', required_unless_present = "resource")]
    action: Vec<String>,
    /// Resources on which they must not be; all when absent
    #[arg(long, value_name = "ARN,…", value_delimiter = ',')]
    resource: Vec<String>,
}

/// The arguments of `check-no-public-access`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
As CheckNoPublicAccess of IAM Access Analyzer: passes when the policy of a resource allows nothing to
strangers, who have none of the accounts, organisations, networks and ARNs it names.

Exits with 0 when it passes, with 10 when it is public, and with 11 when that is not decided.

Examples:
  daypass policy check-no-public-access bucket-policy.json
  aws s3api get-bucket-policy --bucket data --query Policy --output text \\
    | daypass policy check-no-public-access -")]
pub(crate) struct NoPublicAccess {
    /// The policy; - is standard input
    #[arg(value_name = "FILE")]
    policy: Input,
}

pub(crate) fn no_new_access(arguments: &NoNewAccess, printer: &Printer) -> Outcome {
    stdin_once([&arguments.new, &arguments.existing])?;
    let found = match check_no_new_access(&read_policy(&arguments.new)?, &read_policy(&arguments.existing)?) {
        Inclusion::Included => Found::Nothing,
        Inclusion::Witness(request) => Found::Request(request),
        Inclusion::Unknown(reason) => Found::Unknown(reason),
    };
    report(&found, "grants nothing new", "grants what the existing policy does not", printer)
}

pub(crate) fn access_not_granted(arguments: &AccessNotGranted, printer: &Printer) -> Outcome {
    let access = Access { actions: arguments.action.clone(), resources: arguments.resource.clone() };
    let found = check_access_not_granted(&read_policy(&arguments.policy)?, &[access]).into();
    report(&found, "grants none of this access", "grants some of this access", printer)
}

pub(crate) fn no_public_access(arguments: &NoPublicAccess, printer: &Printer) -> Outcome {
    let policy = read_policy(&arguments.policy)?;
    if policy.statements().iter().all(|statement| statement.principal().is_none()) {
        let name = arguments.policy.name();
        let failure = Failure::new(ExitStatus::Unreadable, format!("{name}: no principal is named"));
        return Err(failure.hint("only policies of resources, which say whom they are about, can be public"));
    }
    let found = check_no_public_access(&policy).into();
    report(&found, "grants strangers nothing", "grants strangers access", printer)
}

/// What a check was looking for.
enum Found {
    Nothing,
    Request(Box<Request>),
    Unknown(UnknownReason),
}

impl From<Emptiness> for Found {
    fn from(emptiness: Emptiness) -> Self {
        match emptiness {
            Emptiness::Empty => Self::Nothing,
            Emptiness::Witness(request) => Self::Request(request),
            Emptiness::Unknown(reason) => Self::Unknown(reason),
        }
    }
}

/// With the results that Access Analyzer's API has, and one more.
#[derive(Serialize)]
struct Report<'f> {
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    witness: Option<&'f Request>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'f UnknownReason>,
}

fn report(found: &Found, good: &str, bad: &str, printer: &Printer) -> Outcome {
    let (result, witness, reason, text, status) = match found {
        Found::Nothing => ("PASS", None, None, format!("{GOOD}pass{GOOD:#}: it {good}\n"), ExitStatus::Ok),
        Found::Request(request) => {
            let text = format!("{BAD}fail{BAD:#}: it {bad}, such as\n{}", telling::card(request));
            ("FAIL", Some(&**request), None, text, ExitStatus::GrantsMore)
        }
        Found::Unknown(reason) => {
            let text = format!("{BAD}unknown{BAD:#}: {}\n", escape(&reason.to_string()));
            ("UNKNOWN", None, Some(reason), text, ExitStatus::Unknown)
        }
    };
    match printer.format() {
        OutputFormat::Json => printer.json(&Report { result, witness, reason })?,
        OutputFormat::Table => printer.data(text)?,
    }
    Ok(status)
}
