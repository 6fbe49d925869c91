//! `daypass` against `daypass dev`: the way of a contractor and of an administrator.

use std::collections::BTreeSet;
use std::fs;

use crate::support::{Dev, PROGRAM, mode, transcript};

/// Replace what differs from run to run.
fn filters() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "[session id]");
    settings.add_filter(r"\b[0-9a-f]{8}\b", "[session]");
    settings.add_filter(r"http://127\.0\.0\.1:\d+", "[server]");
    settings.add_filter(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "[time]");
    settings.add_filter(r" +\+\d+ ms", " +[n] ms");
    settings.add_filter(r" +(DENIED|TRUST CLOSED|REFUSAL SEEN|ROLE GONE)", "  $1");
    settings.add_filter(r"after \d+ ms", "after [n] ms");
    settings
}

#[test]
fn the_way_of_a_contractor() {
    let dev = Dev::start();
    let request = "request --project acme-web --account 111122223333 --tier read-only --reason";
    let mut story = String::new();
    let mut tell = |line: &str, last: Option<&str>| {
        story.push_str(&format!("$ daypass {line}{}\n", last.map(|last| format!(" '{last}'")).unwrap_or_default()));
        story.push_str(&transcript(dev.daypass(line).args(last)));
        story.push('\n');
    };
    dev.log_in("carla", false);
    tell(request, Some("look at the failing nightly job"));
    dev.log_in("carla", true);
    tell("whoami", None);
    tell(request, Some("look at the failing nightly job"));
    tell("list --status active", None);
    let id = dev.request();
    let id = id.get(..8).unwrap();
    let check = format!("policy check --session {id} s3:GetObject");
    tell(&format!("{check} arn:aws:s3:::acme-web-assets/index.html"), None);
    tell(&format!("{check} arn:aws:s3:::zeta-web-assets/index.html"), None);
    tell(&format!("{check} arn:aws:s3:::acme-web-assets/index.html --ip 203.0.113.9"), None);
    tell(&format!("extend {id} --hours 1 --quiet"), None);
    tell(&format!("release {id}"), None);
    tell(&format!("creds {id}"), None);
    tell("revoke --user carla --reason", Some("I am done for today"));
    tell("audit verify", None);
    tell("status 5f0c6a52-0a51-4f0e-9d0a-6d1f6f2b8a11", None);
    filters().bind(|| insta::assert_snapshot!(story));
}

#[test]
fn one_command_gives_a_shell_access() {
    let dev = Dev::start();
    dev.log_in("carla", true);
    let script = format!(
        "eval \"$({PROGRAM} request --project acme-web --account 111122223333 --tier read-only \\
           --reason 'look at the failing nightly job' --creds env)\"
         env | grep ^AWS_ | cut -d= -f1 | sort"
    );
    let output = std::process::Command::new("sh")
        .args(["-eu", "-c", &script])
        .env_clear()
        .env("HOME", dev.home.path(""))
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .output()
        .unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert_eq!(shown, "AWS_ACCESS_KEY_ID\nAWS_DEFAULT_REGION\nAWS_SECRET_ACCESS_KEY\nAWS_SESSION_TOKEN\n");
}

#[test]
fn written_credentials_are_private_and_leave_the_rest_alone() {
    let dev = Dev::start();
    dev.log_in("carla", true);
    let id = dev.request();
    let path = dev.home.path(".aws/credentials");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mine = "[default]\naws_access_key_id = AKIAMINE\n";
    fs::write(&path, mine).unwrap();

    let refused = transcript(&mut dev.daypass(&format!("creds {id} --write")));
    assert!(
        refused.starts_with("exit code: 1\n--- stdout\n--- stderr\nerror: the profile `default` exists"),
        "{refused}"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), mine);

    for _ in 0..2 {
        dev.daypass(&format!("creds {id} --write --profile pass")).assert().success().stdout("");
        let written = fs::read_to_string(&path).unwrap();
        assert!(written.starts_with(mine) && written.matches("[pass]").count() == 1, "{written}");
    }
    assert_eq!(mode(&path), 0o600);
    let issued = dev.daypass(&format!("status {id} --output json")).output().unwrap().stdout;
    let issued: serde_json::Value = serde_json::from_slice(&issued).unwrap();
    assert_eq!(issued["credentials_issued"], 2, "nothing was issued for the profile that was refused");
}

#[test]
fn the_way_of_an_administrator() {
    let dev = Dev::start();
    dev.log_in("carla", true);
    let id = dev.request();
    dev.request();
    dev.log_in("ada", true);
    let mut story = String::new();
    for line in [
        "revoke --all --reason a-laptop-was-stolen",
        "revoke --all --yes --quiet --reason a-laptop-was-stolen",
        "revoke --all --yes --reason a-laptop-was-stolen",
        "list --status active,revoking",
        "list --user carla",
        "audit verify --output json",
    ] {
        story.push_str(&format!("$ daypass {line}\n{}\n", transcript(&mut dev.daypass(line))));
    }
    let mut settings = filters();
    settings.add_filter(r#""(chains|events)": \d+"#, r#""$1": "[n]""#);
    // The first checkpoint comes when the reconciler does.
    settings.add_filter(r#"\n  "checkpoint": \d+,"#, "");
    settings.bind(|| insta::assert_snapshot!(story));
    let trail = transcript(&mut dev.daypass(&format!("audit list --session {} --output json", id.get(..6).unwrap())));
    for action in ["session.grant", "session.activate", "session.revoke", "session.revoked"] {
        assert!(trail.contains(&format!("\"action\": \"{action}\"")), "{action}: {trail}");
    }
}

#[test]
fn what_a_development_server_keeps_is_its_owners_alone_and_it_stops_in_order() {
    let dev = Dev::start();
    let folder = dev.home.path(".local/state/daypass/dev");
    assert_eq!(mode(&folder), 0o700);
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    let second = transcript(&mut dev.daypass("dev --port 0"));
    assert!(second.starts_with("exit code: 1\n--- stdout\n--- stderr\nerror: the database cannot be used"), "{second}");
    let (code, said) = dev.interrupt();
    assert_eq!((code, said.trim()), (Some(0), "Stopping: finishing what is under way."));
}

#[test]
fn a_logout_forgets_the_login_and_leaves_the_file_private() {
    let dev = Dev::start();
    dev.log_in("carla", true);
    let logins = dev.home.path(".local/state/daypass/logins.json");
    assert_eq!(mode(&logins), 0o600);
    dev.daypass("logout").assert().success();
    dev.daypass("list").assert().code(3);
    assert_eq!(mode(&logins), 0o600);
    assert!(!fs::read_to_string(&logins).unwrap().contains("carla"));
}

#[test]
fn every_expectation_of_the_demo_holds() {
    let output = crate::support::daypass().args(["demo", "--json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let steps: Vec<serde_json::Value> =
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for step in &steps {
        let keys: BTreeSet<&str> = step.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, BTreeSet::from(["story", "step", "ok", "detail"]));
        assert_eq!(step["ok"], true, "{step}");
    }
    let mut stories: Vec<&str> = steps.iter().map(|step| step["story"].as_str().unwrap()).collect();
    stories.dedup();
    assert_eq!(stories, ["contractor", "administrator", "approval", "break-glass", "trail"]);
    assert!(steps.len() >= 30, "{}", steps.len());
}
