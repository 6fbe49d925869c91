//! Daypass as a team has it: records on one machine, accounts, keys and alerts in AWS.

use std::sync::Arc;

use aws_config::SdkConfig;
use daypass_aws::iam::AwsCloud;
use daypass_aws::sns::SnsAlerts;
use daypass_embedded::clock::SystemClock;
use daypass_embedded::database::Database;
use daypass_embedded::entropy::SystemEntropy;
use daypass_embedded::store::SqliteStore;
use daypass_entitlements::CedarAuthorizer;
pub(crate) use daypass_tests::emulated::DEPLOYMENT;
use daypass_tests::emulated::{
    Call, Hub, Inbox, Key, Ministack, install_boundaries, member, person, settings, unhurried,
};
use daypass_vending::guard::ProvedTiers;
use daypass_vending::identity::Identity;
use daypass_vending::ids::AccountId;
use daypass_vending::ports::{Clock, Cloud, EventBus, RoleState};
use daypass_vending::request::{Delivery, PassDuration, SessionRequest};
use daypass_vending::secret::Credentials;
use daypass_vending::service::{Deps, Requested, Vending};
use daypass_vending::session::{Session, Status};

use crate::contracts::keys;

pub(crate) struct Installation {
    pub(crate) hub: Hub,
    pub(crate) account: AccountId,
    /// All its accounts, this one first.
    pub(crate) accounts: Vec<AccountId>,
    pub(crate) vending: Vending,
    pub(crate) cloud: Arc<AwsCloud>,
    /// Where alerts arrive.
    pub(crate) inbox: Inbox,
    clock: Arc<dyn Clock>,
}

impl Installation {
    pub(crate) async fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock)).await
    }

    /// An installation that goes by this clock. AWS goes by the machine's.
    pub(crate) async fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self::made(clock, 1, |_| None).await
    }

    /// An installation that tells this bus of everything.
    pub(crate) async fn announcing(bus: impl FnOnce(&SdkConfig) -> Arc<dyn EventBus>) -> Self {
        Self::made(Arc::new(SystemClock), 1, |sdk| Some(bus(sdk))).await
    }

    /// An installation with so many accounts, that goes by this clock.
    pub(crate) async fn with_accounts(clock: Arc<dyn Clock>, count: usize) -> Self {
        Self::made(clock, count, |_| None).await
    }

    async fn made(
        clock: Arc<dyn Clock>,
        count: usize,
        bus: impl FnOnce(&SdkConfig) -> Option<Arc<dyn EventBus>>,
    ) -> Self {
        let hub = Hub::new(Ministack::of_this_run()).await;
        let mut accounts = Vec::new();
        for _ in 0..count {
            accounts.push(member(&hub).await);
        }
        let (settings, tiers) = (settings(&hub, &accounts, DEPLOYMENT), ProvedTiers::shipped().unwrap());
        install_boundaries(&hub, &settings, &accounts).await;
        let store = Arc::new(SqliteStore::new(Database::open_in_memory().unwrap()));
        let cloud = Arc::new(hub.cloud(unhurried()).await);
        let inbox = Inbox::new(&hub).await;
        let sdk = hub.ministack.configuration(&hub.broker).await;
        let deps = Deps {
            store: store.clone(),
            audit: store.clone(),
            outbox: store,
            cloud: cloud.clone(),
            keys: Arc::new(keys(&hub).await),
            alerts: Arc::new(SnsAlerts::new(&sdk, inbox.topic_arn.clone())),
            authorizer: Arc::new(CedarAuthorizer::with_defaults().unwrap()),
            clock: clock.clone(),
            entropy: Arc::new(SystemEntropy),
            tiers,
            settings,
        };
        let vending = match bus(&sdk) {
            Some(bus) => Vending::announcing(deps, bus),
            None => Vending::new(deps),
        };
        Self { hub, account: accounts[0].clone(), accounts, vending, cloud, inbox, clock }
    }

    /// A person of the sample company, freshly logged in with a second factor.
    pub(crate) fn person(&self, name: &str) -> Identity {
        let groups: &[&str] = match name {
            "carla" => &["contractors", "acme-web-team"],
            "olga" => &["on-call", "acme-web-team"],
            "ada" => &["daypass-admins"],
            _ => panic!("nobody knows {name}"),
        };
        person(name, groups, self.clock.now())
    }

    /// A working session of this person, for an hour.
    pub(crate) async fn active(&self, who: &str, tier: &str) -> Session {
        self.active_in(&self.account, who, tier).await
    }

    /// As [`Installation::active`], in this account.
    pub(crate) async fn active_in(&self, account: &AccountId, who: &str, tier: &str) -> Session {
        let request = SessionRequest {
            project: "acme-web".parse().unwrap(),
            account: account.clone(),
            tier: tier.parse().unwrap(),
            duration: PassDuration::from_hours(1).unwrap(),
            reason: "look into the nightly job".parse().unwrap(),
            incident: (tier == "break-glass").then(|| "INC-4711".parse().unwrap()),
            delivery: Delivery::Brokered,
        };
        let Requested::New(session) = self.vending.request(&self.person(who), request, None).await.unwrap() else {
            panic!("the request was made once")
        };
        let session = self.vending.carry_on(session.id()).await.unwrap();
        assert_eq!(session.status(), Status::Active);
        session
    }

    /// Credentials of this person's session.
    pub(crate) async fn credentials(&self, who: &str, session: &Session) -> Credentials {
        self.vending.credentials(&self.person(who), session.id()).await.unwrap()
    }

    /// Kill a session as an administrator.
    pub(crate) async fn revoke(&self, session: &Session) -> Session {
        let reason = "the laptop was lost".parse().unwrap();
        self.vending.revoke(&self.person("ada"), session.id(), reason).await.unwrap();
        self.vending.carry_on(session.id()).await.unwrap()
    }

    /// The session's role as IAM knows it.
    pub(crate) async fn role_of(&self, session: &Session) -> Option<RoleState> {
        self.cloud.role(&self.account, &session.role()).await.unwrap()
    }

    /// Make a call of IAM as the member account's root: what no holder can do, and accidents and other tools can.
    pub(crate) async fn as_root(&self, action: &str, parameters: &[(&str, &str)]) {
        self.hub.ministack.must(&Key::root(&self.account), &Call::iam(action, parameters)).await;
    }
}
