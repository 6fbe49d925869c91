//! What `--help` says, for every command: it is how people learn Daypass, so each change of it is reviewed.

use crate::support::daypass;

/// Every command there is.
const COMMANDS: &[&str] = &[
    "audit list",
    "audit verify",
    "capacity",
    "completions",
    "creds",
    "demo",
    "dev",
    "dev totp",
    "emergency-key new",
    "explain",
    "extend",
    "list",
    "login",
    "logout",
    "policy catalogue",
    "policy check",
    "policy check-access-not-granted",
    "policy check-no-new-access",
    "policy check-no-public-access",
    "policy compare",
    "policy diff",
    "policy expand",
    "policy explain",
    "policy lint",
    "policy shrink",
    "policy simulate",
    "release",
    "request",
    "revoke",
    "rules",
    "rules check",
    "rules show",
    "rules test",
    "status",
    "tiers",
    "whoami",
    "policy",
];

fn help(command: &str) -> String {
    let output = daypass().args(command.split_whitespace()).arg("--help").output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{command}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn help_of_the_whole() {
    insta::assert_snapshot!("help", help(""));
}

#[test]
fn help_of_each_command() {
    for command in COMMANDS {
        insta::assert_snapshot!(format!("help {command}").replace(' ', "-"), help(command));
    }
}

#[test]
fn every_command_that_does_something_has_examples() {
    for command in COMMANDS.iter().filter(|command| !["policy", "rules"].contains(*command)) {
        assert!(help(command).contains("Examples:"), "{command}");
    }
}

#[test]
fn no_line_of_help_is_wider_than_a_wide_terminal() {
    for command in COMMANDS {
        for line in help(command).lines() {
            assert!(line.chars().count() <= 100, "{command}: {line}");
        }
    }
}
