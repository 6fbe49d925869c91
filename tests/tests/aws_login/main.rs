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
        let key = user(&ministack, &account, "carla").await;
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
        let mut command = person.daypass(&format!("login --aws --server {}", self.server.url));
        command.args(options);
        command.env("AWS_ACCESS_KEY_ID", &key.id).env("AWS_SECRET_ACCESS_KEY", key.secret.reveal());
        if let Some(token) = &key.token {
            command.env("AWS_SESSION_TOKEN", token.reveal());
        }
        Done::from(command.output().await.unwrap())
    }
}

/// An IAM user who may assume roles, and their key.
async fn user(ministack: &Ministack, account: &AccountId, name: &str) -> Key {
    let (root, user) = (Key::root(account), ("UserName", name));
    let rights = json!({"Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:GetCallerIdentity"], "Resource": "*"}]})
    .to_string();
    ministack.must(&root, &Call::iam("CreateUser", &[user])).await;
    let policy = [user, ("PolicyName", "gate"), ("PolicyDocument", &*rights)];
    ministack.must(&root, &Call::iam("PutUserPolicy", &policy)).await;
    ministack.must(&root, &Call::iam("CreateAccessKey", &[user])).await.key()
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
    let stranger = user(&stage.ministack, &fresh_account(), "mallory").await;
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
