//! Logging in with an AWS identity against an emulator that checks signatures: whom it names is somebody, and whatever was
//! changed after it was signed is refused by it. What never reaches STS is tested in `daypass-identity`.
//!
//! The emulator knows no second factors and no policy variables, so here the gate's trust policy demands neither; that it
//! does is for `daypass-infrastructure` to prove.

#![cfg(test)]

use std::sync::Arc;

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use daypass_embedded::clock::SystemClock;
use daypass_embedded::database::Database;
use daypass_embedded::entropy::SystemEntropy;
use daypass_embedded::keys::LocalKeys;
use daypass_embedded::store::SqliteStore;
use daypass_identity::{AwsAccount, AwsGroups, AwsSettings, Doors, LoggedIn, Presentation, Sources, Wanted};
use daypass_tests::emulated::{Call, Key, Ministack, OFFICE, REGION, fresh_account};
use daypass_vending::identity::Method;
use daypass_vending::ids::AccountId;
use daypass_vending::ports::{AuthenticationError, Authenticator as _, Clock as _, Presented};
use daypass_vending::secret::Secret;
use daypass_vending::template::Partition;
use jiff::SignedDuration;
use serde_json::json;

const BODY: &str = "Action=GetCallerIdentity&Version=2011-06-15";
const SERVER_ID: &str = "daypass.example.com";
const GATE: &str = "daypass-gate";

/// An account with a user in it, and a server that trusts it.
struct Company {
    ministack: Ministack,
    account: AccountId,
    olga: Key,
    doors: Doors,
}

impl Company {
    async fn new() -> Self {
        let (ministack, account) = (Ministack::of_this_run(), fresh_account());
        let (root, olga) = (Key::root(&account), ministack.user(&account, "/on-call/", "olga").await);
        let trust = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{account}:root")}, "Action": "sts:AssumeRole"}
        ]});
        let trust = trust.to_string();
        for role in [GATE, "another"] {
            let role = [("RoleName", role), ("AssumeRolePolicyDocument", &trust)];
            ministack.must(&root, &Call::iam("CreateRole", &role)).await;
        }
        let doors = doors(&ministack, &account);
        Self { ministack, account, olga, doors }
    }

    async fn session(&self, role: &str) -> Key {
        let arn = format!("arn:aws:iam::{}:role/{role}", self.account);
        let parameters = [("RoleArn", arn.as_str()), ("RoleSessionName", "olga")];
        self.ministack.must(&self.olga, &Call::query("sts", "2011-06-15", "AssumeRole", &parameters)).await.key()
    }

    fn signed_by(&self, key: &Key) -> Presentation {
        let host = self.ministack.address().to_string();
        let token = key.token.as_ref().map(|token| token.reveal().to_owned());
        let identity =
            aws_credential_types::Credentials::new(&key.id, key.secret.reveal(), token, None, "DaypassTests");
        let identity = identity.into();
        let parameters = SigningParams::builder().identity(&identity).region(REGION).name("sts");
        let parameters = parameters.time(SystemClock.now().into()).settings(SigningSettings::default());
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("host", host.as_str()),
            ("x-daypass-server-id", SERVER_ID),
        ];
        let url = format!("http://{host}/");
        let request = SignableRequest::new("POST", &url, headers.into_iter(), SignableBody::Bytes(BODY.as_bytes()));
        let output = sign(request.unwrap(), &parameters.build().unwrap().into()).unwrap();
        let mut all: Vec<(String, Secret)> =
            headers.map(|(name, value)| (name.to_owned(), Secret::new(value.to_owned()))).into();
        let mut authorization = String::new();
        for (name, value) in output.output().headers() {
            match name {
                "authorization" => authorization = value.to_owned(),
                _ => all.push((name.to_owned(), Secret::new(value.to_owned()))),
            }
        }
        Presentation { authorization: Secret::new(authorization), headers: all, body: BODY.to_owned() }
    }

    async fn log_in(&self, presented: &Presentation) -> Result<LoggedIn, AuthenticationError> {
        self.doors.aws().unwrap().log_in(presented, OFFICE, SystemClock.now()).await
    }
}

fn doors(ministack: &Ministack, account: &AccountId) -> Doors {
    let arn = format!("arn:aws:iam::{account}:user/on-call/*");
    let aws = AwsSettings {
        server_id: SERVER_ID.to_owned(),
        sts_url: format!("{}/", ministack.url()).parse().unwrap(),
        region: REGION.to_owned(),
        partition: Partition::Aws,
        gate_role: Some(GATE.to_owned()),
        accounts: vec![AwsAccount { id: account.clone(), user_prefix: String::new() }],
        groups: vec![AwsGroups { whom: Wanted::Arn(arn), groups: ["on-call".parse().unwrap()].into() }],
        session: SignedDuration::from_hours(1),
    };
    let keys = LocalKeys::ephemeral(Arc::new(SystemEntropy));
    let memory = SqliteStore::new(Database::open_in_memory().unwrap());
    let sources = Sources { aws: Some(aws), ..Sources::default() };
    Doors::new(sources, &"test".parse().unwrap(), Arc::new(keys), Arc::new(memory)).unwrap()
}

#[tokio::test]
async fn a_user_logs_in_with_a_key_that_the_server_never_sees() {
    let company = Company::new().await;
    let presented = company.signed_by(&company.olga);
    let LoggedIn { token, identity } = company.log_in(&presented).await.unwrap();
    assert_eq!((identity.user.as_str(), identity.method, identity.mfa_at), ("olga", Method::AwsSignature, None));
    assert_eq!(identity.issuer, format!("arn:aws:iam::{}:user/on-call/olga", company.account));
    assert_eq!(identity.groups.len(), 1, "by the path of the user");
    let back = Presented { token, address: OFFICE, at: SystemClock.now() };
    assert_eq!(company.doors.authenticate(&back).await.unwrap(), identity);
    let again = company.log_in(&presented).await;
    assert!(matches!(again, Err(AuthenticationError::Rejected(_))), "a signature is used once: {again:?}");
}

#[tokio::test]
async fn a_session_of_the_gate_role_has_a_second_factor_and_one_of_another_role_is_nobody() {
    let company = Company::new().await;
    let gate = company.session(GATE).await;
    let identity = company.log_in(&company.signed_by(&gate)).await.unwrap().identity;
    assert_eq!(identity.user.as_str(), "olga");
    assert!(identity.mfa_at.is_some());
    let another = company.session("another").await;
    assert!(matches!(company.log_in(&company.signed_by(&another)).await, Err(AuthenticationError::Rejected(_))));
}

#[tokio::test]
async fn what_was_not_signed_with_the_users_key_is_refused_by_sts() {
    let company = Company::new().await;
    let forged = Key { secret: Secret::new("not-the-secret-of-olga".to_owned()), ..company.olga.clone() };
    assert!(matches!(company.log_in(&company.signed_by(&forged)).await, Err(AuthenticationError::Rejected(_))));
    let mut changed = company.signed_by(&company.olga);
    let date = changed.headers.iter_mut().find(|(name, _)| name == "x-amz-date").unwrap();
    let minute_before = SystemClock.now() - SignedDuration::from_mins(1);
    date.1 = Secret::new(minute_before.strftime("%Y%m%dT%H%M%SZ").to_string());
    let outcome = company.log_in(&changed).await;
    assert!(matches!(outcome, Err(AuthenticationError::Rejected(_))), "{outcome:?}");
    assert!(company.log_in(&company.signed_by(&company.olga)).await.is_ok());
}
