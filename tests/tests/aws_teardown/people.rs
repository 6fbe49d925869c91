//! Sessions of a deployment: people with credentials in a member account, on record in the deployment's own tables.

use std::slice;
use std::sync::Arc;

use daypass_aws::dynamo::{DynamoStore, TableNames, client};
use daypass_aws::iam::Pace;
use daypass_aws::kms::{KmsKeyNames, KmsKeys};
use daypass_aws::sns::SnsAlerts;
use daypass_embedded::clock::SystemClock;
use daypass_embedded::entropy::SystemEntropy;
use daypass_entitlements::CedarAuthorizer;
use daypass_vending::guard::ProvedTiers;
use daypass_vending::ids::AccountId;
use daypass_vending::plan::tag;
use daypass_vending::ports::Clock;
use daypass_vending::request::{Delivery, PassDuration, SessionRequest};
use daypass_vending::secret::Credentials;
use daypass_vending::service::{Deps, Requested, Vending};
use daypass_vending::session::{Session, Status};
use serde_json::json;

use crate::made::Made;
use crate::ministack::{Call, Hub, Key, install_boundaries, member, person, settings};

/// What the vendor role of member accounts asks for, and what the tests' options say.
const EXTERNAL_ID: &str = "the-external-id-of-the-vendor-role";

/// A deployment with people.
pub(crate) struct People {
    pub(crate) account: AccountId,
    vending: Vending,
    hub: Hub,
    /// A file with the external id.
    pub(crate) external_id: tempfile::NamedTempFile,
}

impl People {
    /// Over what was made for the deployment `blue`.
    pub(crate) async fn new(hub: &Hub, made: &Made) -> Self {
        let account = member(hub).await;
        let ministack = hub.ministack;
        let root = Key::root(&account);
        // As Terraform has it: the deployment's two roles may enter, with the external id. The emulator's broker is a user.
        let principal =
            json!({"AWS": [hub.broker_arn, format!("arn:aws:iam::{}:role/daypass-blue-cleanup", hub.account)]});
        let entering = json!({"StringEquals": {"sts:ExternalId": EXTERNAL_ID}});
        let trust = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": entering},
            {"Effect": "Allow", "Principal": principal, "Action": "sts:TagSession"}
        ]});
        let parameters = [("RoleName", "daypass-vendor"), ("PolicyDocument", &trust.to_string())];
        ministack.must(&root, &Call::iam("UpdateAssumeRolePolicy", &parameters)).await;
        let (settings, tiers) = (settings(hub, slice::from_ref(&account), "blue"), ProvedTiers::shipped().unwrap());
        install_boundaries(hub, &settings, slice::from_ref(&account)).await;
        let config = ministack.configuration(&Key::root(&hub.account)).await;
        let names = TableNames::with_prefix("daypass-blue-").unwrap();
        let store = Arc::new(DynamoStore::new(client(&config), names, Arc::new(SystemEntropy)));
        let keys = KmsKeyNames { encryption: made.encryption_key.clone(), signing: made.signing_key.clone() };
        let vending = Vending::new(Deps {
            store: store.clone(),
            audit: store.clone(),
            outbox: store,
            cloud: Arc::new(hub.cloud(Pace::default()).await),
            keys: Arc::new(KmsKeys::new(&config, keys)),
            alerts: Arc::new(SnsAlerts::new(&config, made.topic_arn.clone())),
            authorizer: Arc::new(CedarAuthorizer::with_defaults().unwrap()),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            tiers,
            settings,
        });
        let external_id = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(external_id.path(), format!("{EXTERNAL_ID}\n")).unwrap();
        Self { account, vending, hub: hub.clone(), external_id }
    }

    /// A working session with credentials.
    pub(crate) async fn session(&self) -> (Session, Credentials) {
        let request = SessionRequest {
            project: "acme-web".parse().unwrap(),
            account: self.account.clone(),
            tier: "read-only".parse().unwrap(),
            duration: PassDuration::from_hours(1).unwrap(),
            reason: "look into the nightly job".parse().unwrap(),
            incident: None,
            delivery: Delivery::Brokered,
        };
        let carla = person("carla", &["contractors", "acme-web-team"], SystemClock.now());
        let Requested::New(session) = self.vending.request(&carla, request, None).await.unwrap() else {
            panic!("the request was made once")
        };
        let session = self.vending.carry_on(session.id()).await.unwrap();
        assert_eq!(session.status(), Status::Active);
        let credentials = self.vending.credentials(&carla, session.id()).await.unwrap();
        (session, credentials)
    }

    /// A role like a session's that no record knows, with what a holder might have put on it.
    pub(crate) async fn orphan(&self, deployment: &str) -> String {
        let (id, root) = ("5f0c6a52-0a51-4f0e-9d0a-6d1f6f2b8a11", Key::root(&self.account));
        let name = format!("dp-{deployment}-{id}");
        let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"sts:*"}]}"#;
        let everything = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
        let role = ("RoleName", name.as_str());
        let parameters = [
            role,
            ("Path", "/daypass/read-only/"),
            ("AssumeRolePolicyDocument", trust),
            ("Tags.member.1.Key", tag::DEPLOYMENT),
            ("Tags.member.1.Value", deployment),
            ("Tags.member.2.Key", tag::SESSION),
            ("Tags.member.2.Value", id),
        ];
        let profile = format!("machines-{deployment}");
        let profile = ("InstanceProfileName", profile.as_str());
        let boundary = format!("arn:aws:iam::{}:policy/daypass/boundary/admin", self.account);
        for (action, parameters) in [
            ("CreateRole", &parameters[..]),
            ("PutRolePolicy", &[role, ("PolicyName", "left"), ("PolicyDocument", everything)]),
            ("AttachRolePolicy", &[role, ("PolicyArn", &boundary)]),
            ("CreateInstanceProfile", &[profile]),
            ("AddRoleToInstanceProfile", &[profile, role]),
        ] {
            self.hub.ministack.must(&root, &Call::iam(action, parameters)).await;
        }
        name
    }

    /// The roles under our path in the member account.
    pub(crate) async fn roles(&self) -> Vec<String> {
        let list = Call::iam("ListRoles", &[("PathPrefix", "/daypass/")]);
        let answer = self.hub.ministack.must(&Key::root(&self.account), &list).await;
        let names = answer.body.split("<RoleName>").skip(1).filter_map(|rest| rest.split_once('<'));
        names.map(|(name, _)| name.to_owned()).collect()
    }

    /// The status of a call with these credentials that every tier allows.
    pub(crate) async fn try_out(&self, credentials: &Credentials) -> u16 {
        let call = Call::query("ec2", "2016-11-15", "DescribeRegions", &[]);
        self.hub.ministack.call(&Key::from(credentials), &call).await.status
    }

    /// The findings of a verification of the trail, the number of the newest checkpoint, and how many events there are.
    pub(crate) async fn verify(&self) -> (usize, Option<u64>, u64) {
        let report = self.vending.verify_audit(&person("ada", &["daypass-admins"], SystemClock.now())).await.unwrap();
        (report.findings.len(), report.checkpoint, report.events)
    }
}
