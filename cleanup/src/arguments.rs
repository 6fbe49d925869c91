//! The command line.

use std::path::PathBuf;

use clap::Parser;
use daypass_aws::deployment::PendingDays;
use daypass_vending::ids::{AccountId, DeploymentId};
use jiff::SignedDuration;

use crate::exit::ExitStatus;
use crate::plan::Audit;
use crate::print::{Color, OutputFormat};

/// Remove a deployment of Daypass from AWS: all of it, and nothing else.
///
/// Finds what carries the tag `DaypassDeployment=ID` in the account and region of your credentials, shows what goes in which
/// order and what stays, asks, and then: stops what could begin new sessions, ends every session in every account and sees
/// that its role is gone, and removes the rest, each thing looked at again just before it is touched. Names never decide:
/// something that is only called like the deployment is not found, not shown, and not touched.
///
/// The trail is kept unless you say --delete-audit: its tables, and the KMS keys that decrypt and verify them. KMS keys are
/// never deleted at once, but given a date.
///
/// It can be stopped at any time, by Ctrl-C as by pulling the plug: run it again and it goes on.
#[derive(Debug, Parser)]
#[command(name = "daypass-teardown", version, max_term_width = 100, after_help = AFTER_HELP, after_long_help = after_long_help())]
pub(crate) struct Arguments {
    /// The deployment, as its tag says
    #[arg(long, value_name = "ID")]
    pub(crate) deployment: DeploymentId,
    /// The region it is in; AWS' own variables and files count when absent
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// Where AWS answers, for emulators and proxies; AWS_ENDPOINT_URL and its relatives count when absent
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,
    /// Show what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask
    #[arg(long)]
    pub(crate) force: bool,
    /// Keep the trail, and what it takes to read and verify it (this is so when nothing is said)
    #[arg(long, conflicts_with = "delete_audit")]
    pub(crate) keep_audit: bool,
    /// Delete the trail, too
    #[arg(long)]
    pub(crate) delete_audit: bool,
    /// A further account to look for roles of sessions in; those on record and your own are looked into anyway
    #[arg(long = "account", value_name = "ACCOUNT", help_heading = "Sessions")]
    pub(crate) accounts: Vec<AccountId>,
    /// An account that cannot be entered any more, such as a closed one: what is in it is given up
    #[arg(long = "skip-account", value_name = "ACCOUNT", help_heading = "Sessions")]
    pub(crate) skipped_accounts: Vec<AccountId>,
    /// The role by which other accounts are entered, with its path if it has one
    #[arg(long, value_name = "NAME", default_value = "daypass-vendor", help_heading = "Sessions")]
    pub(crate) vendor_role: String,
    /// A file with the external id that role asks for
    #[arg(long, value_name = "FILE", help_heading = "Sessions")]
    pub(crate) vendor_external_id_file: Option<PathBuf>,
    /// Enter other accounts as the deployment's own role of this name, such as `daypass-ID-cleanup`; its trust is changed to
    /// you alone for that, and it goes with the rest
    #[arg(long, value_name = "ROLE", help_heading = "Sessions")]
    pub(crate) enter_as: Option<String>,
    /// How long IAM may take to tell everybody of a denial, in seconds; roles go only after that
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u16).range(..=600))]
    #[arg(help_heading = "Sessions")]
    pub(crate) consistency_window: u16,
    /// Find sessions by their roles alone, where the records cannot be read; name every account with --account
    #[arg(long, help_heading = "Sessions")]
    pub(crate) without_records: bool,
    /// How many days KMS keys wait for their deletion, 7 to 30
    #[arg(long, value_name = "DAYS", default_value = "7", value_parser = pending_days)]
    pub(crate) key_days: PendingDays,
    /// How to print data: table (for people) or json (for programs)
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "table", hide_possible_values = true)]
    pub(crate) output: OutputFormat,
    /// When to use colours: auto (on a terminal, unless NO_COLOR is set), always or never
    #[arg(long, value_name = "WHEN", value_enum, default_value = "auto", hide_possible_values = true)]
    pub(crate) color: Color,
}

impl Arguments {
    /// What becomes of the trail.
    pub(crate) fn audit(&self) -> Audit {
        if self.delete_audit { Audit::Delete } else { Audit::Keep }
    }

    /// How old a denial must be before its role goes.
    pub(crate) fn window(&self) -> SignedDuration {
        SignedDuration::from_secs(self.consistency_window.into())
    }
}

const AFTER_HELP: &str = "\
Examples:
  daypass-teardown --deployment staging --dry-run
  daypass-teardown --deployment staging --vendor-external-id-file external-id --enter-as daypass-staging-cleanup
  daypass-teardown --deployment staging --vendor-role OrganizationAccountAccessRole --delete-audit --force";

fn after_long_help() -> String {
    format!(
        "{AFTER_HELP}\n\n\
Who may run it: somebody who may delete all of it in the hub account, and may enter the accounts that have sessions. The\n\
vendor role lets in the deployment's own roles only: --enter-as becomes one of them, or name another role that lets you in.\n\n\
Servers that run elsewhere than in Lambda are not stopped by this: stop them first.\n\n\
What stays in member accounts (vendor role, gate role, boundaries) belongs to the member module: remove it with Terraform\n\
or with the StackSet. Nobody but them may change a boundary, and so this cannot either.\n\n\
Exit codes:\n{}",
        ExitStatus::table()
    )
}

fn pending_days(text: &str) -> Result<PendingDays, String> {
    let days = text.parse().ok().and_then(PendingDays::new);
    days.ok_or_else(|| "KMS takes 7 to 30 days".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent_and_its_help_teaches() {
        Arguments::command().debug_assert();
        let help = Arguments::command().render_long_help().to_string();
        for taught in ["DaypassDeployment=ID", "--dry-run", "Exit codes:", "run it again", "Examples:"] {
            assert!(help.contains(taught), "{taught}");
        }
    }

    #[test]
    fn keeping_and_deleting_the_trail_exclude_each_other_and_keeping_is_the_default() {
        let parse =
            |more: &[&str]| Arguments::try_parse_from(["daypass-teardown", "--deployment", "x1"].iter().chain(more));
        assert_eq!(parse(&[]).unwrap().audit(), Audit::Keep);
        assert_eq!(parse(&["--keep-audit"]).unwrap().audit(), Audit::Keep);
        assert_eq!(parse(&["--delete-audit"]).unwrap().audit(), Audit::Delete);
        assert!(parse(&["--delete-audit", "--keep-audit"]).is_err());
        assert!(parse(&["--key-days", "6"]).is_err());
        assert!(Arguments::try_parse_from(["daypass-teardown", "--deployment", "x*"]).is_err());
    }
}
