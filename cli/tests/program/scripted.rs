//! What happens at the edges of a conversation: hostile text, lost answers, Ctrl-C half way.

use std::io::Read as _;
use std::process::Stdio;

use crate::support::{Home, PROGRAM, Puppet, session, signal, transcript};

const REQUEST: &str = "request --project acme-web --account 111122223333 --tier read-only --reason long-enough-reason";

#[test]
fn text_from_the_server_cannot_drive_the_terminal() {
    let hostile = "\u{1b}]0;pwned\u{7}\u{9b}2J\r\u{202e}evil";
    let puppet = Puppet::start(move |_, _| {
        let mut session = session("active");
        for field in ["project_id", "user_id", "account_id", "permission_tier", "reason", "role_arn", "failure"] {
            session[field] = hostile.into();
        }
        let is_list = serde_json::json!({"sessions": [session]});
        Some(is_list.to_string())
    });
    for line in ["list", "list --color always", "list --output json"] {
        let shown = transcript(&mut Home::logged_in(&puppet.url, "token").daypass(line));
        assert!(shown.contains("evil"), "{line}: {shown}");
        let coloured = anstream::adapter::strip_str(&shown).to_string();
        for active in ['\u{7}', '\u{9b}', '\r', '\u{202e}'] {
            assert!(!coloured.contains(active), "{line}: {shown:?}");
        }
        assert!(!shown.contains("\u{1b}]"), "{line}: {shown:?}");
    }
}

#[test]
fn a_lost_answer_is_asked_for_again_with_the_same_key() {
    let puppet = Puppet::start(|_, number| (number > 0).then(|| session("active").to_string()));
    let shown = transcript(&mut Home::logged_in(&puppet.url, "token").daypass(REQUEST));
    assert!(shown.starts_with("exit code: 0"), "{shown}");
    let key = |head: String| {
        assert!(head.starts_with("POST /v1/sessions "), "{head}");
        head.lines().find(|line| line.starts_with("idempotency-key: ")).map(str::to_owned).unwrap()
    };
    let keys: Vec<String> = puppet.asked.try_iter().map(key).collect();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys.first(), keys.last());
}

#[test]
fn ctrl_c_while_waiting_says_what_goes_on() {
    let puppet = Puppet::start(|_, _| Some(session("provisioning").to_string()));
    let home = Home::logged_in(&puppet.url, "token");
    let mut child = std::process::Command::new(PROGRAM)
        .args(REQUEST.split_whitespace())
        .env_clear()
        .env("HOME", home.path(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The request, and two questions how far it is: from then on the program is surely waiting.
    for _ in 0..3 {
        puppet.asked.recv().unwrap();
    }
    signal("INT", &child);
    let (mut stdout, mut stderr) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    let code = child.wait().unwrap().code();
    insta::assert_snapshot!(format!("exit code: {}\n--- stdout\n{stdout}--- stderr\n{stderr}", code.unwrap()), @r"
    exit code: 130
    --- stdout
    --- stderr
    Session 5f0c6a52 is allowed; making its role.
    error: interrupted

    hint: session 5f0c6a52 goes on without you; look with `daypass status 5f0c6a52`
    ");
}

#[test]
fn a_session_that_failed_is_a_failure_and_gives_no_credentials() {
    let puppet = Puppet::start(|_, _| {
        let mut failed = session("failed");
        failed["failure"] = "AWS refused: MalformedPolicyDocument".into();
        Some(failed.to_string())
    });
    let home = Home::logged_in(&puppet.url, "token");
    insta::assert_snapshot!(transcript(home.daypass(REQUEST).args(["--creds", "env"])), @r"
    exit code: 1
    --- stdout
    --- stderr
    error: session 5f0c6a52 failed: AWS refused: MalformedPolicyDocument

    hint: `daypass status 5f0c6a52` has the details
    ");
}

#[test]
fn something_else_that_answers_is_not_taken_for_a_server() {
    let puppet = Puppet::start(|_, _| Some("<html>welcome</html>".to_owned()));
    let shown = transcript(&mut Home::logged_in(&puppet.url, "token").daypass("list"));
    assert!(shown.starts_with("exit code: 1\n--- stdout\n--- stderr\nerror: an unexpected answer"), "{shown}");
}
