//! `daypass login --aws` against STS: the real programs, and an emulator that checks signatures. The server gives access to a
//! simulated cloud; only who somebody is comes from AWS.
//!
//! The emulator has no MFA devices: what of the gate role depends on one is proved about its documents
//! (`infrastructure/tests/proofs`), and here the gate admits whoever may assume it.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in its helpers")]

use daypass_tests::emulated::{Call, Key, Ministack, REGION, fresh_account};
use daypass_tests::login::{Done, Person, Server};
use daypass_vending::ids::AccountId;
use daypass_vending::secret::Secret;
use serde_json::json;

/// An account with an IAM user who may come through the gate, and a server that trusts the account.
struct Stage {
    ministack: Ministack,
    account: AccountId,
    key: Key,
    server: Server,
}

impl Stage {
    async fn new() -> Self {
        let (ministack, account) = (Ministack::of_this_run(), fresh_account());
        let key = ministack.user(&account, "/", "carla").await;
        let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"AWS": format!("arn:aws:iam::{account}:root")}}]})
        .to_string();
        let gate = [("RoleName", "daypass-gate"), ("AssumeRolePolicyDocument", &*trust)];
        ministack.must(&Key::root(&account), &Call::iam("CreateRole", &gate)).await;
        let trusted = format!(
            r#"[aws_identity]
server_id = "127.0.0.1"
region = "{REGION}"
sts_url = "{}"
gate_role = "daypass-gate"
accounts = [{{ id = "{account}", user_prefix = "aws." }}]

[[aws_identity.groups]]
user = "aws.carla"
groups = ["contractors", "acme-web"]
"#,
            ministack.url()
        );
        let server = Server::trusting(&trusted).await;
        Self { ministack, account, key, server }
    }

    /// `daypass login --aws` with this key in the environment.
    async fn log_in(&self, person: &Person, key: &Key, options: &[&str]) -> Done {
        with_key(person, key, &format!("login --aws --server {}", self.server.url), options).await
    }
}

/// A command with this key in the environment.
async fn with_key(person: &Person, key: &Key, command: &str, options: &[&str]) -> Done {
    let mut command = person.daypass(command);
    command.args(options);
    command.env("AWS_ACCESS_KEY_ID", &key.id).env("AWS_SECRET_ACCESS_KEY", key.secret.reveal());
    if let Some(token) = &key.token {
        command.env("AWS_SESSION_TOKEN", token.reveal());
    }
    Done::from(command.output().await.unwrap())
}

const REQUEST: &str = "request --project acme-web --account 111122223333 --tier read-only --reason nightly-job-fails";

#[tokio::test]
async fn a_key_alone_tells_who_somebody_is_and_no_second_factor() {
    let (stage, person) = (Stage::new().await, Person::new());
    let done = stage.log_in(&person, &stage.key, &[]).await;
    assert!(done.code == 0 && done.stderr.contains("as aws.carla until"), "{done:?}");
    assert!(done.stderr.contains("no second factor was shown"), "{done:?}");
    let me = person.json("whoami").await;
    assert_eq!((me.get("method").unwrap(), me.get("second_factor").unwrap()), (&json!("aws-signature"), &json!(false)));
    assert_eq!(me.get("groups").unwrap(), &json!(["acme-web", "contractors"]));
    let refused = person.run(REQUEST).await;
    assert!(refused.code == 4 && refused.stderr.contains("second factor"), "{refused:?}");
}

#[tokio::test]
async fn who_comes_through_the_gate_has_shown_a_second_factor_and_gets_access() {
    let (stage, person) = (Stage::new().await, Person::new());
    let serial = format!("arn:aws:iam::{}:mfa/carla", stage.account);
    let done = stage.log_in(&person, &stage.key, &["--mfa-serial", &serial, "--mfa-code", "123456"]).await;
    assert!(done.code == 0 && !done.stderr.contains("warning:"), "{done:?}");
    let me = person.json("whoami").await;
    assert_eq!((me.get("user_id").unwrap(), me.get("second_factor").unwrap()), (&json!("aws.carla"), &json!(true)));
    let access = person.run(REQUEST).await;
    assert_eq!(access.code, 0, "{access:?}");
    let kept = std::fs::read_to_string(person.logins_file()).unwrap();
    assert!(!kept.contains(stage.key.secret.reveal()), "the key stays where it was");
    assert!(!stage.server.said().contains(stage.key.secret.reveal()));
}

/// The cloud is simulated, so that the role stands in the emulator only because the test puts it there: with a trust policy that
/// asks for everything but the second factor, of which the emulator knows nothing.
#[tokio::test]
async fn credentials_that_somebody_gets_by_themself_pass_no_server() {
    let (stage, person) = (Stage::new().await, Person::new());
    let serial = format!("arn:aws:iam::{}:mfa/carla", stage.account);
    let device = ["--mfa-serial", serial.as_str(), "--mfa-code", "123456"];
    let done = stage.log_in(&person, &stage.key, &device).await;
    assert_eq!(done.code, 0, "{done:?}");
    let session = person.json(&format!("{REQUEST} --delivery direct")).await;
    let text = |name: &str| session.get(name).unwrap().as_str().unwrap().to_owned();
    assert_eq!((text("status").as_str(), text("delivery").as_str()), ("active", "direct"));
    let creds = format!("creds {}", text("session_id"));
    let asked = with_key(&person, &stage.key, &creds, &[]).await;
    assert!(asked.code == 2 && asked.stderr.contains("--mfa-serial"), "{asked:?}");
    let refused = with_key(&person, &stage.key, &creds, &device).await;
    assert!(refused.code == 3 && refused.stderr.contains("AWS STS refuses"), "{refused:?}");

    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"AWS": format!("arn:aws:iam::{}:user/carla", stage.account)},
        "Condition": {
            "StringLike": {"sts:ExternalId": "????????????????????????????????*"},
            "StringEquals": {"sts:RoleSessionName": "aws.carla"}
        }
    }]})
    .to_string();
    let (_, name) = text("role_arn").rsplit_once('/').map(|(path, name)| (path.to_owned(), name.to_owned())).unwrap();
    let role = [("RoleName", &*name), ("Path", "/daypass/read-only/"), ("AssumeRolePolicyDocument", &trust)];
    let elsewhere = Key::root(&"111122223333".parse().unwrap());
    stage.ministack.must(&elsewhere, &Call::iam("CreateRole", &role)).await;
    let entered = with_key(&person, &stage.key, &creds, &device).await;
    assert_eq!(entered.code, 0, "{entered:?}");
    let line = entered.stdout.lines().find_map(|line| line.strip_prefix("export AWS_SECRET_ACCESS_KEY=")).unwrap();
    let secret = line.trim_matches('\'');
    assert!(secret.len() >= 20 && secret != stage.key.secret.reveal(), "{entered:?}");
    assert!(!stage.server.said().contains(secret) && !stage.server.said().contains(stage.key.secret.reveal()));
}

#[tokio::test]
async fn a_gate_that_stays_shut_is_told_in_the_words_of_aws() {
    let (stage, person) = (Stage::new().await, Person::new());
    let gate = ("RoleName", "daypass-gate");
    let shut = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"AWS": format!("arn:aws:iam::{}:root", stage.account)},
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]})
    .to_string();
    let update = Call::iam("UpdateAssumeRolePolicy", &[gate, ("PolicyDocument", &*shut)]);
    stage.ministack.must(&Key::root(&stage.account), &update).await;
    let done = stage.log_in(&person, &stage.key, &["--mfa-serial", "carla", "--mfa-code", "123456"]).await;
    assert!(done.code == 3 && done.stderr.contains("AWS STS refuses: AccessDenied"), "{done:?}");
    assert!(!person.logins_file().exists());
}

#[tokio::test]
async fn strangers_and_wrong_keys_are_not_accepted_and_not_told_why() {
    let (stage, person) = (Stage::new().await, Person::new());
    let stranger = stage.ministack.user(&fresh_account(), "/", "mallory").await;
    let wrong = Key { secret: Secret::new("wrong".to_owned()), ..stage.key.clone() };
    let mut told = Vec::new();
    for key in [stranger, wrong] {
        let done = stage.log_in(&person, &key, &[]).await;
        assert!(done.code == 3 && done.stderr.contains("does not accept this AWS identity"), "{done:?}");
        told.push(done.stderr);
    }
    assert_eq!(told.first(), told.last());
    assert!(!person.logins_file().exists());
}
