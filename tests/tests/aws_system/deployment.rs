//! What Terraform makes of a deployment, on the emulators: accounts with vendor roles and boundaries, tables, keys, a topic
//! with a queue behind it; and the folder with the configuration that servers start from.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use daypass_aws::dynamo::TableNames;
use daypass_aws::kms::KmsKeyNames;
use daypass_entitlements::DEFAULT_POLICIES;
use daypass_tests::emulated::{
    Hub, Inbox, Ministack, OFFICE, REGION, VENDOR, VENDOR_EXTERNAL_ID, dynamodb, install_boundaries, key_names, member,
    tables,
};
use daypass_vending::ids::AccountId;
use daypass_vending::settings::{Networks, Project, Projects, Settings};
use daypass_vending::template::Partition;
use jiff::SignedDuration;

use crate::people::{AUDIENCE, ISSUER, PROJECT, People};

/// Marks what a deployment makes.
pub(crate) const DEPLOYMENT: &str = "test";

/// A deployment of its own: nothing of it is another test's.
pub(crate) struct Deployment {
    pub(crate) hub: Hub,
    /// The project's accounts.
    pub(crate) accounts: Vec<AccountId>,
    pub(crate) people: People,
    /// Where alerts arrive.
    pub(crate) inbox: Inbox,
    pub(crate) keys: KmsKeyNames,
    pub(crate) tables: TableNames,
    pub(crate) settings: Settings,
    /// Where its server listens, always on the same port.
    pub(crate) address: SocketAddr,
    table_prefix: String,
    folder: tempfile::TempDir,
}

impl Deployment {
    /// A deployment with so many accounts, for these people.
    pub(crate) async fn new(accounts: usize, people: &[&str]) -> Self {
        let hub = Hub::new(Ministack::of_this_run()).await;
        let members = futures::future::join_all((0..accounts).map(|_| member(&hub))).await;
        let settings = settings(&hub, &members);
        install_boundaries(&hub, &settings, &members).await;
        let table_prefix = fresh_prefix();
        let deployment = Self {
            people: People::log_in(people).await,
            inbox: Inbox::new(&hub).await,
            keys: key_names(&hub).await,
            tables: tables(&table_prefix).await,
            settings,
            address: free_address(),
            table_prefix,
            folder: tempfile::tempdir().unwrap(),
            accounts: members,
            hub,
        };
        deployment.write("jwks.json", &deployment.people.jwks);
        deployment.write("rules.cedar", &rules());
        deployment.write("vendor.id", VENDOR_EXTERNAL_ID);
        deployment.write("daypass.toml", &deployment.configuration());
        deployment
    }

    /// The project's first account.
    pub(crate) fn account(&self) -> &AccountId {
        &self.accounts[0]
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn configuration_file(&self) -> PathBuf {
        self.folder().join("daypass.toml")
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder().join(name), text).unwrap();
    }

    fn configuration(&self) -> String {
        let Self { address, hub, inbox, keys, accounts, .. } = self;
        let accounts: Vec<_> = accounts.iter().map(ToString::to_string).collect();
        let (ministack, dynamodb) = (hub.ministack.url(), dynamodb());
        let (broker_arn, topic_arn) = (&hub.broker_arn, &inbox.topic_arn);
        let KmsKeyNames { encryption, signing } = keys;
        let prefix = &self.table_prefix;
        format!(
            r#"listen = "{address}"
deployment = "{DEPLOYMENT}"
broker_arn = "{broker_arn}"
networks = ["{OFFICE}/32"]
# The emulator tells everybody at once.
consistency_window_seconds = 1
reconcile_every_seconds = 2
reserved_roles = 5
rate_limit_per_minute = 100000
rules = "rules.cedar"

[issuer]
url = "{ISSUER}"
audience = "{AUDIENCE}"
jwks_file = "jwks.json"

[[projects]]
id = "{PROJECT}"
group = "{PROJECT}"
accounts = {accounts:?}

[store]
kind = "dynamodb"
table_prefix = "{prefix}-"
endpoint_url = "http://{dynamodb}"

[aws]
region = "{REGION}"
endpoint_url = "{ministack}"
vendor_role = "{VENDOR}"
vendor_external_id_file = "vendor.id"
writes_per_second = 10000
burst = 10000
kms_key = "{encryption}"
kms_signing_key = "{signing}"
alerts_topic_arn = "{topic_arn}"
"#
        )
    }
}

/// What this company adds: administration for the platform's people, when two of their leads agree.
const ADDED_RULES: &str = r#"
@id("admin-on-approval")
@approvals("2")
@approvers("platform-leads")
permit (principal is User in Group::"platform", action == Action::"RequestSession", resource)
when { context.tier == Tier::"admin" };
"#;

/// The shipped rules with what is added, but for the review that each emergency leaves: here one engineer breaks the glass
/// hundreds of times.
pub(crate) fn rules() -> String {
    let (open, endless) = ("context.open_reviews > 0", "context.open_reviews > 1000000");
    assert!(DEFAULT_POLICIES.contains(open), "the rule about open reviews is written as it was");
    DEFAULT_POLICIES.replace(open, endless) + ADDED_RULES
}

/// As the server resolves them from the configuration.
fn settings(hub: &Hub, accounts: &[AccountId]) -> Settings {
    let project = Project {
        id: PROJECT.parse().unwrap(),
        accounts: accounts.iter().cloned().collect(),
        group: PROJECT.parse().unwrap(),
        departments: BTreeSet::new(),
    };
    Settings {
        deployment: DEPLOYMENT.parse().unwrap(),
        partition: Partition::Aws,
        broker_arn: hub.broker_arn.clone(),
        networks: Networks::new(vec![OFFICE.into()]).unwrap(),
        projects: Projects::new(vec![project]).unwrap(),
        consistency_window: SignedDuration::from_secs(1),
        reserved_roles: 5,
        approval_time: SignedDuration::from_hours(24),
    }
}

/// Tests of one run share the tables' emulator.
fn fresh_prefix() -> String {
    static USED: AtomicU32 = AtomicU32::new(0);
    format!("system-{}-{}", std::process::id(), USED.fetch_add(1, Ordering::Relaxed))
}

/// A port that was free just now. The server is given it at every start, so that addresses stay good.
fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}
