//! When no identity provider answers: emergency keys.

use daypass_tests::login::{DEPLOYMENT, Person, Server, trust_in};

/// Nobody listens there.
const NOBODY: &str = "http://127.0.0.1:9";

#[tokio::test]
async fn an_emergency_key_logs_in_without_any_provider_and_is_good_for_little() {
    let (person, stranger) = (Person::new(), Person::new());
    let make = |person: &Person| {
        format!("emergency-key new --user olga --deployment {DEPLOYMENT} --out {}", person.path("olga.key").display())
    };
    let lines = person.run(&make(&person)).await;
    assert_eq!(lines.code, 0, "{lines:?}");
    // What is printed goes into the configuration as it is.
    let server = Server::trusting(&(trust_in(NOBODY) + &lines.stdout)).await;
    let mut login = person.daypass(&format!("login --server {}", server.url));
    login.arg("--emergency-key").arg(person.path("olga.key")).args(["--confirm", "everybody is alerted"]);
    let output = login.output().await.unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && said.contains("as olga until"), "{said}");
    let me = person.json("whoami").await;
    assert_eq!((me["user_id"].as_str(), me["method"].as_str()), (Some("olga"), Some("emergency-key")));
    assert_eq!((&me["groups"], me["second_factor"].as_bool()), (&serde_json::json!(["on-call"]), Some(false)));
    let request = "request --project acme-web --account 111122223333 --reason nightly-job-fails --tier";
    let refused = person.run(&format!("{request} read-only")).await;
    assert_eq!(refused.code, 4, "{refused:?}");
    let broken = person.run(&format!("{request} break-glass --incident INC-4711")).await;
    assert!(broken.code == 0 && broken.stdout.contains("emergency-key"), "{broken:?}");

    // A key that nobody configured.
    stranger.run(&make(&stranger)).await;
    let mut login = stranger.daypass(&format!("login --server {}", server.url));
    login.arg("--emergency-key").arg(stranger.path("olga.key")).args(["--confirm", "everybody is alerted"]);
    let output = login.output().await.unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(!stranger.logins_file().exists());
}
