//! What a person sees who types it wrong, is not logged in, or has no server: stdout, stderr and exit code.

use std::io::Read as _;
use std::process::Stdio;

use crate::support::{Home, PROGRAM, daypass, restrict, transcript};

const TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.not-to-be-seen.signature";

/// A home in which somebody is logged in to a server that is not there.
fn logged_in() -> Home {
    Home::logged_in("http://127.0.0.1:1", TOKEN)
}

#[test]
fn who_is_not_logged_in_is_told_how_to() {
    insta::assert_snapshot!(transcript(&mut Home::new().daypass("list")), @r"
    exit code: 3
    --- stdout
    --- stderr
    error: you are not logged in to http://127.0.0.1:8420

    hint: log in with `daypass login`
    ");
}

#[test]
fn a_server_that_is_not_there_is_named_and_the_token_is_not() {
    let shown = transcript(&mut logged_in().daypass("whoami"));
    assert!(!shown.contains("not-to-be-seen"), "{shown}");
    assert!(shown.starts_with("exit code: 7\n--- stdout\n--- stderr\nerror: the server cannot be reached"), "{shown}");
    assert!(shown.contains("http://127.0.0.1:1/v1/whoami") && shown.contains("\n\nhint: is it running?"), "{shown}");
}

#[test]
fn no_token_is_sent_unencrypted_to_another_machine() {
    let shown = transcript(&mut Home::new().daypass("--server http://daypass.example.com list"));
    assert!(shown.starts_with("exit code: 2\n"), "{shown}");
    assert!(shown.contains("a token must not travel unencrypted"), "{shown}");
}

#[test]
fn logins_that_others_can_read_are_not_used() {
    let home = logged_in();
    restrict(&home.path(".local/state/daypass/logins.json"), 0o644);
    let shown = transcript(&mut home.daypass("whoami"));
    assert!(shown.starts_with("exit code: 1\n") && shown.contains("can be read by others"), "{shown}");
}

#[test]
fn what_cannot_be_right_is_refused_before_anything_is_asked() {
    let request = "request --account 111122223333 --tier read-only --reason long-enough-reason --project";
    let hostile = r#"x-*"]},{"Effect":"Allow","Action":"*","Resource":["*"#;
    for (line, last, says) in [
        (request, hostile, "project id must be"),
        ("status", "5f0", "at least the first 4 characters"),
        ("revoke --all --reason", "short", "reason must be 10 to 500 characters"),
        ("revoke --reason", "a reason that is long enough", "required arguments were not provided"),
        ("revoke --user carla", "--all", "cannot be used with"),
        ("list --status", "alive", "pending_approval"),
        ("creds 5f0c --write --format", "env", "only `--format aws-config` can be written"),
        ("extend", "5f0c", "by how much?"),
        ("no-such-command", "", "unrecognized subcommand"),
    ] {
        let shown = transcript(Home::new().daypass(line).args((!last.is_empty()).then_some(last)));
        assert!(shown.starts_with("exit code: 2\n--- stdout\n--- stderr\nerror:"), "{line} {last}: {shown}");
        assert!(shown.contains(says), "{line} {last}: {shown}");
    }
}

#[test]
fn colours_are_for_terminals_unless_asked_for() {
    let coloured = |arguments: &[&str], variable: Option<(&str, &str)>| {
        transcript(Home::new().daypass("list").args(arguments).envs(variable)).contains('\u{1b}')
    };
    assert!(!coloured(&[], None));
    assert!(!coloured(&["--color", "never"], None));
    assert!(coloured(&["--color", "always"], None));
    assert!(!coloured(&[], Some(("NO_COLOR", "1"))));
}

#[test]
fn every_shell_gets_its_completions() {
    for (shell, word) in
        [("bash", "complete"), ("zsh", "#compdef"), ("fish", "complete -c daypass"), ("powershell", "Register")]
    {
        let output = daypass().args(["completions", shell]).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{shell}");
        assert!(String::from_utf8(output.stdout).unwrap().contains(word), "{shell}");
    }
}

#[test]
fn a_reader_that_leaves_early_is_no_failure() {
    let mut child = std::process::Command::new(PROGRAM)
        .args(["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!((child.wait().unwrap().code(), stderr.as_str()), (Some(0), ""));
}
