//! Daypass in this process, over the same records, accounts, keys and topic as the deployment's servers: where a test has to
//! choose the time, or which call goes wrong.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_trait::async_trait;
use daypass_aws::dynamo::{DynamoStore, client};
use daypass_aws::iam::{AwsCloud, Pace};
use daypass_aws::kms::KmsKeys;
use daypass_aws::sns::SnsAlerts;
use daypass_embedded::clock::{AdjustableClock, SystemClock};
use daypass_embedded::entropy::SystemEntropy;
use daypass_entitlements::CedarAuthorizer;
use daypass_tests::emulated::{Hub, Key, Ministack, dynamodb, person, unhurried};
use daypass_vending::guard::ProvedTiers;
use daypass_vending::identity::Identity;
use daypass_vending::ids::{AccountId, SessionId};
use daypass_vending::ports::{Clock, Cloud, RoleState, SessionStore};
use daypass_vending::request::{Delivery, PassDuration, SessionRequest};
use daypass_vending::secret::Credentials;
use daypass_vending::service::{ActError, Deps, Requested, Vending};
use daypass_vending::session::{Session, Status};
use daypass_vending::settings::Settings;
use jiff::{SignedDuration, Timestamp};

use crate::deployment::{Deployment, rules};
use crate::people::{ISSUER, PROJECT, groups_of};

/// How a hand differs from a server.
pub(crate) struct HandOptions {
    pub(crate) clock: Arc<dyn Clock>,
    /// Where AWS answers: the emulators, or proxies in front of them.
    pub(crate) ministack: Ministack,
    pub(crate) dynamodb: SocketAddr,
    /// The longest one attempt of a call may take.
    pub(crate) attempt: Duration,
    pub(crate) pace: Pace,
    pub(crate) consistency_window: SignedDuration,
}

/// Daypass in this process.
pub(crate) struct Hand {
    pub(crate) vending: Vending,
    pub(crate) store: Arc<DynamoStore>,
    pub(crate) cloud: Arc<AwsCloud>,
    pub(crate) settings: Settings,
    clock: Arc<dyn Clock>,
}

impl HandOptions {
    /// As a server would have them, but with a clock that can be moved.
    pub(crate) fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            ministack: Ministack::of_this_run(),
            dynamodb: dynamodb(),
            attempt: Duration::from_secs(8),
            pace: unhurried(),
            consistency_window: SignedDuration::ZERO,
        }
    }
}

impl Deployment {
    /// Daypass in this process. AWS goes by the machine's clock, whatever this one goes by.
    pub(crate) async fn hand(&self, options: HandOptions) -> Hand {
        let HandOptions { clock, ministack, dynamodb, attempt, pace, consistency_window } = options;
        let limited = |sdk: aws_config::SdkConfig| {
            let limits = sdk.timeout_config().unwrap().to_builder();
            let limits = limits.operation_attempt_timeout(attempt).operation_timeout(attempt * 3).build();
            sdk.into_builder().timeout_config(limits).build()
        };
        let hub = Hub { ministack, ..self.hub.clone() };
        let sdk = limited(ministack.configuration(&hub.broker).await);
        let records = Ministack::at(dynamodb).configuration(&Key::root(&hub.account)).await;
        let store = DynamoStore::new(client(&limited(records)), self.tables.clone(), Arc::new(SystemEntropy));
        let (store, cloud) = (Arc::new(store), Arc::new(hub.cloud_with(sdk.clone(), pace)));
        let settings = Settings { consistency_window, ..self.settings.clone() };
        let vending = Vending::new(Deps {
            store: store.clone(),
            audit: store.clone(),
            outbox: store.clone(),
            cloud: cloud.clone(),
            keys: Arc::new(KmsKeys::new(&sdk, self.keys.clone())),
            alerts: Arc::new(SnsAlerts::new(&sdk, self.inbox.topic_arn.clone())),
            authorizer: authorizer(),
            clock: clock.clone(),
            entropy: Arc::new(SystemEntropy),
            tiers: ProvedTiers::shipped().unwrap(),
            settings: settings.clone(),
        });
        Hand { vending, store, cloud, settings, clock }
    }
}

impl Hand {
    /// A person of the sample company, freshly logged in with a second factor.
    pub(crate) fn person(&self, name: &str) -> Identity {
        Identity { issuer: ISSUER.to_owned(), ..person(name, groups_of(name), self.clock.now()) }
    }

    /// What is asked for in these tests.
    pub(crate) fn wish(account: &AccountId, tier: &str, seconds: i64) -> SessionRequest {
        SessionRequest {
            project: PROJECT.parse().unwrap(),
            account: account.clone(),
            tier: tier.parse().unwrap(),
            duration: PassDuration::from_seconds(seconds).unwrap(),
            reason: "look into the nightly job".parse().unwrap(),
            incident: (tier == "break-glass").then(|| "INC-4711".parse().unwrap()),
            delivery: Delivery::Brokered,
        }
    }

    /// Ask for a session.
    pub(crate) async fn request(&self, who: &str, wish: SessionRequest) -> Session {
        match self.vending.request(&self.person(who), wish, None).await.unwrap() {
            Requested::New(session) | Requested::Replayed(session) => session,
        }
    }

    /// A working session.
    pub(crate) async fn active(&self, who: &str, wish: SessionRequest) -> Session {
        let session = self.request(who, wish).await;
        let session = self.vending.carry_on(session.id()).await.unwrap();
        assert_eq!(session.status(), Status::Active);
        session
    }

    /// Vote for a request as it stands.
    pub(crate) async fn approve(&self, who: &str, session: &Session) -> Result<Session, ActError> {
        self.vending.approve(&self.person(who), session.id(), &session.facts().request_hash(), None).await
    }

    /// Credentials of a session.
    pub(crate) async fn credentials(&self, who: &str, session: &Session) -> Credentials {
        self.vending.credentials(&self.person(who), session.id()).await.unwrap()
    }

    /// The session as stored.
    pub(crate) async fn stored(&self, id: SessionId) -> Session {
        self.store.session(&id).await.unwrap().expect("the session is lost")
    }

    /// The session's role as IAM knows it.
    pub(crate) async fn role_of(&self, session: &Session) -> Option<RoleState> {
        self.cloud.role(&session.facts().request.account, &session.role()).await.unwrap()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// The rules, read once: hundreds of hands start.
fn authorizer() -> Arc<CedarAuthorizer> {
    static RULES: LazyLock<Arc<CedarAuthorizer>> =
        LazyLock::new(|| Arc::new(CedarAuthorizer::new(&rules()).expect("rules")));
    RULES.clone()
}

/// A clock that is late: whoever goes by it lives in the past.
pub(crate) struct Behind(pub(crate) SignedDuration);

#[async_trait]
impl Clock for Behind {
    fn now(&self) -> Timestamp {
        SystemClock.now() - self.0
    }

    async fn sleep(&self, duration: SignedDuration) {
        SystemClock.sleep(duration).await;
    }
}

/// A clock that can be moved forward.
pub(crate) fn movable() -> Arc<AdjustableClock> {
    Arc::new(AdjustableClock::new())
}
