//! The program where no AWS is needed: what it says and how it ends.
#![expect(clippy::unwrap_used, reason = "this whole program is test code")]

use std::process::{Command, Output, Stdio};

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_daypass-teardown"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn without_a_terminal_and_without_force_nothing_is_even_looked_at() {
    let ended = run(&["--deployment", "blue", "--endpoint-url", "http://127.0.0.1:9"]);
    assert_eq!(ended.status.code(), Some(2));
    assert!(text(&ended.stderr).contains("no terminal to ask at"), "{}", text(&ended.stderr));
    assert_eq!(text(&ended.stdout), "");
}

#[test]
fn a_wrong_command_line_ends_with_two_and_help_with_nought() {
    for wrong in [&[][..], &["--deployment", "no*pe"], &["--deployment", "blue", "--keep-audit", "--delete-audit"]] {
        assert_eq!(run(wrong).status.code(), Some(2), "{wrong:?}");
    }
    let help = run(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    assert!(text(&help.stdout).contains("Exit codes:"));
}

#[test]
fn without_a_region_or_without_aws_everything_stays_and_stderr_says_why() {
    let nowhere = run(&["--deployment", "blue", "--force"]);
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(text(&nowhere.stderr).contains("no AWS region is set"), "{}", text(&nowhere.stderr));
}
