//! Daypass as it stands in AWS: a hub, a member account, tables, keys, and a configuration file. What the server would have
//! done before, sessions that are over by now, is done by its own code with a clock that is behind.

use std::sync::Arc;

use daypass_aws::dynamo::DynamoStore;
use daypass_aws::kms::{KmsKeyNames, KmsKeys};
use daypass_embedded::alerts::LogAlerts;
use daypass_embedded::clock::{ManualClock, SystemClock};
use daypass_embedded::entropy::SystemEntropy;
use daypass_entitlements::CedarAuthorizer;
use daypass_tests::emulated::{
    Call, DEPLOYMENT, Hub, Key, Ministack, OFFICE, REGION, VENDOR, VENDOR_EXTERNAL_ID, dynamodb as dynamodb_address,
    install_boundaries, key_names, member, settings, store_at, unhurried,
};
use daypass_vending::guard::ProvedTiers;
use daypass_vending::identity::Identity;
use daypass_vending::ids::AccountId;
use daypass_vending::plan::ROLE_PATH;
use daypass_vending::ports::{Clock, Cloud, SessionStore};
use daypass_vending::request::{Delivery, PassDuration, SessionRequest};
use daypass_vending::service::{Deps, Requested, Vending};
use daypass_vending::session::{Expiring, Session, Status};
use jiff::SignedDuration;
use serde_json::{Value, json};

/// How far the clock of sessions that are over is behind.
const LONG_AGO: SignedDuration = SignedDuration::from_hours(3);

/// An installation with a configuration file.
pub(crate) struct Installation {
    pub(crate) hub: Hub,
    pub(crate) account: AccountId,
    pub(crate) store: Arc<DynamoStore>,
    folder: tempfile::TempDir,
    cloud: Arc<daypass_aws::iam::AwsCloud>,
    /// What the server was, three hours ago.
    before: Vending,
    then: Arc<ManualClock>,
    tables: String,
    keys: KmsKeyNames,
}

impl Installation {
    /// In tables whose names begin with this.
    pub(crate) async fn new(tables: &str) -> Self {
        let hub = Hub::new(Ministack::of_this_run()).await;
        let account = member(&hub).await;
        let (settings, tiers) =
            (settings(&hub, std::slice::from_ref(&account), DEPLOYMENT), ProvedTiers::shipped().unwrap());
        install_boundaries(&hub, &settings, std::slice::from_ref(&account)).await;
        let keys = key_names(&hub).await;
        let store = Arc::new(store_at(dynamodb_address(), &daypass_tests::emulated::tables(tables).await).await);
        let cloud = Arc::new(hub.cloud(unhurried()).await);
        let then = Arc::new(ManualClock::new(SystemClock.now() - LONG_AGO));
        let before = Vending::new(Deps {
            store: store.clone(),
            audit: store.clone(),
            outbox: store.clone(),
            cloud: cloud.clone(),
            keys: Arc::new(KmsKeys::new(&hub.ministack.configuration(&hub.broker).await, keys.clone())),
            alerts: Arc::new(LogAlerts),
            authorizer: Arc::new(CedarAuthorizer::with_defaults().unwrap()),
            clock: then.clone(),
            entropy: Arc::new(SystemEntropy),
            tiers,
            settings,
        });
        let folder = tempfile::tempdir().unwrap();
        Self { hub, account, store, folder, cloud, before, then, tables: tables.to_owned(), keys }
    }

    /// The broker's credentials, which functions act with here.
    pub(crate) fn key(&self) -> &Key {
        &self.hub.broker
    }

    /// Sessions that ended two hours ago, and whose roles are still there.
    pub(crate) async fn over(&self, count: usize) -> Vec<Session> {
        let mut sessions = Vec::new();
        for _ in 0..count {
            let asked = self.before.request(&self.carla(), wish(&self.account), None).await.unwrap();
            let Requested::New(session) = asked else { panic!("each request is new") };
            let session = self.before.carry_on(session.id()).await.unwrap();
            assert_eq!(session.status(), Status::Active);
            sessions.push(session);
        }
        sessions
    }

    /// A configuration file in which accounts and tables are reached at these endpoints.
    pub(crate) fn config(&self, accounts: &str, tables: &str) -> String {
        let account = &self.account;
        std::fs::write(self.folder.path().join("vendor.id"), VENDOR_EXTERNAL_ID).unwrap();
        std::fs::write(self.folder.path().join("jwks.json"), crate::server::jwks().to_string()).unwrap();
        let text = format!(
            r#"
deployment = "test"
broker_arn = "{broker}"
networks = ["127.0.0.1/32"]
consistency_window_seconds = 0
[issuer]
url = "https://id.example.com"
audience = "daypass"
jwks_file = "jwks.json"
[[projects]]
id = "acme-web"
group = "acme-web-team"
accounts = ["{account}"]
[store]
kind = "dynamodb"
table_prefix = "{prefix}-"
endpoint_url = "{tables}"
[aws]
region = "{REGION}"
endpoint_url = "{accounts}"
vendor_role = "{VENDOR}"
vendor_external_id_file = "vendor.id"
writes_per_second = 1000
burst = 1000
kms_key = "{encryption}"
kms_signing_key = "{signing}"
"#,
            broker = self.hub.broker_arn,
            prefix = self.tables,
            encryption = self.keys.encryption,
            signing = self.keys.signing,
        );
        let path = self.folder.path().join("daypass.toml");
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The same in a bucket, with the files that it names beside it.
    pub(crate) async fn config_in_s3(&self, accounts: &str, tables: &str) -> String {
        self.config(accounts, tables);
        let (ministack, root) = (self.hub.ministack, Key::root(&self.hub.account));
        let bucket = format!("daypass-test-{}-templates", self.hub.account);
        let place = format!(
            "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <LocationConstraint>{REGION}</LocationConstraint></CreateBucketConfiguration>"
        );
        ministack.must(&root, &Call::s3("PUT", &format!("/{bucket}"), &place)).await;
        for name in ["daypass.toml", "vendor.id", "jwks.json"] {
            let text = std::fs::read_to_string(self.folder.path().join(name)).unwrap();
            ministack.must(&root, &Call::s3("PUT", &format!("/{bucket}/config/{name}"), &text)).await;
        }
        let reading = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::{bucket}/*")
        }]});
        let policy =
            [("UserName", "daypass-broker"), ("PolicyName", "reading"), ("PolicyDocument", &reading.to_string())];
        ministack.must(&root, &Call::iam("PutUserPolicy", &policy)).await;
        format!("s3://{bucket}/config/daypass.toml")
    }

    /// Five minutes pass for what somebody claimed who is not there any more: it is due again.
    pub(crate) async fn let_claims_run_out(&self, sessions: &[Session]) {
        for session in sessions {
            let stored = self.store.session(&session.id()).await.unwrap().unwrap();
            let Ok(expiring) = stored.narrow::<Expiring>() else { continue };
            let report = expiring.state().teardown.report.clone();
            let due = expiring.wait_until(SystemClock.now() - SignedDuration::from_secs(1), report);
            self.store.keep(&due).await.unwrap();
        }
    }

    /// How many roles there are that Daypass made.
    pub(crate) async fn roles(&self) -> usize {
        self.cloud.roles(&self.account, ROLE_PATH, None).await.unwrap().roles.len()
    }

    /// These sessions have ended, their roles are gone, and each end is told once in the trail.
    pub(crate) async fn assert_ended(&self, sessions: &[Session]) {
        for session in sessions {
            let stored = self.store.session(&session.id()).await.unwrap().unwrap();
            assert_eq!(stored.status(), Status::Expired, "{}", session.id());
            assert_eq!(self.told(session, "session.expired").await, 1, "{}", session.id());
        }
        assert_eq!(self.roles().await, 0);
    }

    /// How many of these sessions have ended.
    pub(crate) async fn ended(&self, sessions: &[Session]) -> u64 {
        let mut ended = 0;
        for session in sessions {
            let stored = self.store.session(&session.id()).await.unwrap().unwrap();
            ended += u64::from(stored.status() == Status::Expired);
        }
        ended
    }

    /// How many events of this action a session's chain has.
    async fn told(&self, session: &Session, action: &str) -> usize {
        use daypass_vending::audit::ChainId;
        use daypass_vending::ports::{AuditLog, PageRequest};
        let page = PageRequest { cursor: None, limit: 100 };
        let events = self.store.events(Some(&ChainId::session(&session.id())), &page).await.unwrap().items;
        events.iter().filter(|event| event.draft.action == action).count()
    }

    fn carla(&self) -> Identity {
        let now = self.then.now();
        Identity {
            groups: ["contractors", "acme-web-team"].map(|group| group.parse().unwrap()).into(),
            mfa_at: Some(now),
            ..Identity::bare(
                "carla".parse().unwrap(),
                "https://id.example.com".to_owned(),
                OFFICE,
                now,
                now + SignedDuration::from_hours(8),
            )
        }
    }
}

/// Where the suite's DynamoDB answers.
pub(crate) fn dynamodb() -> String {
    format!("http://{}", dynamodb_address())
}

/// What a rule with `rate(1 minute)` sends
/// (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html>).
pub(crate) fn schedule() -> Value {
    json!({
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "111122223333",
        "time": "2026-10-08T16:53:06Z",
        "region": REGION,
        "resources": ["arn:aws:events:eu-central-1:111122223333:rule/daypass-test-cleanup"],
        "detail": {},
    })
}

fn wish(account: &AccountId) -> SessionRequest {
    SessionRequest {
        project: "acme-web".parse().unwrap(),
        account: account.clone(),
        tier: "read-only".parse().unwrap(),
        duration: PassDuration::from_hours(1).unwrap(),
        reason: "look into the nightly job".parse().unwrap(),
        incident: None,
        delivery: Delivery::Brokered,
    }
}
