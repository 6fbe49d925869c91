//! Daypass in this process, on emulated AWS: as a team has it, with the clock in our hands, so that sessions end when the
//! bench wants them to. AWS goes by the machine's clock.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use daypass_aws::dynamo::{DynamoStore, TableNames, client};
use daypass_aws::kms::{KmsKeyNames, KmsKeys};
use daypass_aws::sns::SnsAlerts;
use daypass_embedded::clock::AdjustableClock;
use daypass_embedded::entropy::SystemEntropy;
use daypass_entitlements::CedarAuthorizer;
use daypass_tests::emulated::{
    Hub, Inbox, Key, Ministack, PROJECT, dynamodb, install_boundaries, key_names, member, person, settings, tables,
    unhurried,
};
use daypass_vending::guard::ProvedTiers;
use daypass_vending::ids::{AccountId, SessionId};
use daypass_vending::ports::Clock;
use daypass_vending::reconcile::Scope;
use daypass_vending::request::{Delivery, PassDuration, SessionRequest};
use daypass_vending::service::{Deps, Requested, Vending};
use daypass_vending::session::{Session, State};
use daypass_vending::settings::Settings;
use futures::stream::{StreamExt as _, TryStreamExt as _, iter};

use crate::bare::Sent;

/// How many sessions of an account the reconciler works on at once.
const PER_ACCOUNT: usize = 4;

/// What stands in AWS, made once.
pub(crate) struct Ground {
    pub(crate) hub: Hub,
    pub(crate) accounts: Vec<AccountId>,
    settings: Settings,
    tables: TableNames,
    /// What the names of these tables begin with, and those of the tables in which [`Bare`](crate::bare::Bare) writes: else
    /// Daypass would look after sessions that are none.
    pub(crate) prefixes: [String; 2],
    keys: KmsKeyNames,
    topic_arn: String,
}

/// Daypass on it.
pub(crate) struct Installation {
    pub(crate) vending: Vending,
    clock: Arc<AdjustableClock>,
    accounts: Vec<AccountId>,
}

/// Sessions that were ended, and in which time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ends {
    pub(crate) sessions: usize,
    pub(crate) elapsed: Duration,
}

impl Ground {
    /// An account for the hub, and so many to vend in.
    pub(crate) async fn new(accounts: usize) -> Result<Self> {
        static USED: AtomicU32 = AtomicU32::new(0);
        let hub = Hub::new(Ministack::of_this_run()).await;
        let accounts: Vec<_> = iter(0..accounts).then(|_| member(&hub)).collect().await;
        let settings = settings(&hub, &accounts, "bench");
        install_boundaries(&hub, &settings, &accounts).await;
        let prefix = format!("bench-{}-{}", std::process::id(), USED.fetch_add(1, Ordering::Relaxed));
        let prefixes = [format!("{prefix}-ours"), format!("{prefix}-bare")];
        let [ours, bare] = &prefixes;
        let (tables, _) = (tables(ours).await, tables(bare).await);
        let (keys, topic_arn) = (key_names(&hub).await, Inbox::new(&hub).await.topic_arn);
        Ok(Self { hub, accounts, settings, tables, prefixes, keys, topic_arn })
    }

    /// Daypass, reaching AWS at these addresses.
    pub(crate) async fn installation(&self, ministack: Ministack, dynamodb: SocketAddr) -> Result<Installation> {
        let hub = Hub { ministack, ..self.hub.clone() };
        let sdk = ministack.configuration(&hub.broker).await;
        let records = Ministack::at(dynamodb).configuration(&Key::root(&hub.account)).await;
        let store = Arc::new(DynamoStore::new(client(&records), self.tables.clone(), Arc::new(SystemEntropy)));
        let clock = Arc::new(AdjustableClock::new());
        let vending = Vending::new(Deps {
            store: store.clone(),
            audit: store.clone(),
            outbox: store,
            cloud: Arc::new(hub.cloud_with(sdk.clone(), unhurried())),
            keys: Arc::new(KmsKeys::new(&sdk, self.keys.clone())),
            alerts: Arc::new(SnsAlerts::new(&sdk, self.topic_arn.clone())),
            authorizer: Arc::new(CedarAuthorizer::with_defaults()?),
            clock: clock.clone(),
            entropy: Arc::new(SystemEntropy),
            tiers: ProvedTiers::shipped()?,
            settings: self.settings.clone(),
        });
        Ok(Installation { vending, clock, accounts: self.accounts.clone() })
    }

    /// Daypass, with nothing between it and the emulators.
    pub(crate) async fn direct(&self) -> Result<Installation> {
        self.installation(self.hub.ministack, dynamodb()).await
    }
}

impl Installation {
    /// Make so many sessions, so many at once. From the request to the credentials, each.
    pub(crate) async fn vend(&self, count: usize, at_once: usize) -> Result<Sent> {
        let started = Instant::now();
        let vends = (0..count).map(|number| async move {
            let started = Instant::now();
            self.granted(number).await?;
            anyhow::Ok(started.elapsed())
        });
        let latencies = iter(vends).buffer_unordered(at_once).try_collect().await?;
        Ok(Sent { latencies, elapsed: started.elapsed() })
    }

    /// One session with credentials.
    pub(crate) async fn granted(&self, number: usize) -> Result<SessionId> {
        let holder = person("carla", &["contractors", "acme-web-team"], self.clock.now());
        let Requested::New(session) = self.vending.request(&holder, self.wish(number)?, None).await? else {
            bail!("a request without a key was taken for a repeated one");
        };
        let id = self.vending.carry_on(session.id()).await?.id();
        self.vending.credentials(&holder, id).await?;
        Ok(id)
    }

    /// Make so many sessions, and kill one after the other: from the order until its credentials were seen dead.
    pub(crate) async fn kill(&self, count: usize) -> Result<Vec<Duration>> {
        let mut latencies = Vec::new();
        for number in 0..count {
            let id = self.granted(number).await?;
            let killed = self.killed(id).await?;
            let State::Revoked(revoked) = killed.state() else {
                bail!("a killed session is {}", killed.status().as_str())
            };
            let seen = revoked.ended.report.refusal_seen_at.context("a kill was not seen")?;
            latencies.push(Duration::try_from(seen.duration_since(revoked.ended.started_at))?);
        }
        Ok(latencies)
    }

    /// Kill this session.
    pub(crate) async fn killed(&self, id: SessionId) -> Result<Session> {
        let admin = person("ada", &["daypass-admins"], self.clock.now());
        self.vending.revoke(&admin, id, "the laptop was lost".parse()?).await?;
        Ok(self.vending.carry_on(id).await?)
    }

    /// Let two hours pass, and have one pass of the reconciler end everything.
    pub(crate) async fn expire_all(&self) -> Result<Ends> {
        self.clock.advance(Duration::from_secs(2 * 3600));
        let started = Instant::now();
        let report = self.vending.reconcile(Scope::Due, None).await;
        let elapsed = started.elapsed();
        ensure!(report.errors.is_empty(), "a pass went wrong: {:?}", report.errors);
        Ok(Ends { sessions: usize::try_from(report.expired)?, elapsed })
    }

    /// How many sessions a pass works on at once.
    pub(crate) fn ends_at_once(&self) -> usize {
        self.accounts.len() * PER_ACCOUNT
    }

    fn wish(&self, number: usize) -> Result<SessionRequest> {
        let account = self.accounts.get(number % self.accounts.len()).context("no account")?;
        Ok(SessionRequest {
            project: PROJECT.parse()?,
            account: account.clone(),
            tier: "read-only".parse()?,
            duration: PassDuration::from_hours(1)?,
            reason: "look into the nightly job".parse()?,
            incident: None,
            delivery: Delivery::Brokered,
        })
    }
}
