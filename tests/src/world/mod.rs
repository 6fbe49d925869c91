//! Daypass on one machine, with a clock that stands still, chance that repeats itself, and faults on demand. The database
//! and the simulated AWS account survive [`World::restart`], as they survive a killed process.

mod alerts;
mod events;
mod sample;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use daypass_embedded::aws::{AwsOptions, Broker, CallOutcome, SignedWith, SimulatedAws, SimulatedCall, Throttle};
use daypass_embedded::clock::ManualClock;
use daypass_embedded::database::Database;
use daypass_embedded::entropy::SeededEntropy;
use daypass_embedded::faults::{Counted, Fault, FaultScript, FaultyCloud, FaultyStore, Hold};
use daypass_embedded::keys::LocalKeys;
use daypass_embedded::store::SqliteStore;
use daypass_entitlements::CedarAuthorizer;
use daypass_vending::audit::ChainId;
use daypass_vending::guard::ProvedTiers;
use daypass_vending::identity::Identity;
use daypass_vending::ids::{AccountId, SessionId};
use daypass_vending::plan::ROLE_PATH;
use daypass_vending::ports::{
    AuditLog, Clock, Cloud, Entropy, Keys, PageRequest, Records, RoleState, RoleSummary, SessionFilter,
};
use daypass_vending::secret::Credentials;
use daypass_vending::service::{Deps, Requested, Vending};
use daypass_vending::session::{Session, Status};
use daypass_vending::settings::Settings;
use jiff::{SignedDuration, Timestamp};

pub use alerts::CollectedAlerts;
pub use events::CollectedEvents;
use sample::settings;
pub use sample::{account, external_id_in, request};

/// The account that everything happens in.
pub const ACCOUNT: &str = "111122223333";

/// The broker's ARN, in another account, as a team would have it.
pub const BROKER: &str = "arn:aws:iam::444455556666:role/daypass-broker";

/// Where everybody sits.
pub const OFFICE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));

/// How a world differs from the usual one.
#[derive(Clone, Debug)]
pub struct WorldOptions {
    /// How long a denial must be old before the role is deleted.
    pub consistency_window: SignedDuration,
    /// How long the simulated IAM takes to tell everybody.
    pub consistency_delay: SignedDuration,
    /// How many roles the account may have.
    pub role_quota: u32,
    /// How many of them are kept for incidents.
    pub reserved_roles: u32,
    /// How many writes the simulated IAM takes.
    pub throttle: Option<Throttle>,
    /// The accounts of the sample projects.
    pub accounts: BTreeSet<AccountId>,
    /// Whether life-cycle events are written and published.
    pub announces: bool,
    /// The seed of all chance.
    pub seed: u64,
}

impl Default for WorldOptions {
    fn default() -> Self {
        Self {
            consistency_window: SignedDuration::ZERO,
            consistency_delay: SignedDuration::ZERO,
            role_quota: 1_000,
            reserved_roles: 5,
            throttle: None,
            accounts: BTreeSet::from([account()]),
            announces: false,
            seed: 1,
        }
    }
}

/// Daypass on one machine. See the module.
pub struct World {
    /// The records, without faults.
    pub store: Arc<dyn Records>,
    /// The simulated account, without faults.
    pub aws: Arc<SimulatedAws>,
    /// The clock.
    pub clock: Arc<ManualClock>,
    /// The faults that `vending` meets.
    pub script: FaultScript,
    /// Where alerts arrive.
    pub alerts: Arc<CollectedAlerts>,
    /// Where life-cycle events arrive, in a world that has any.
    pub events: Arc<CollectedEvents>,
    /// Daypass, through the faults.
    pub vending: Vending,
    database: Arc<Database>,
    entropy: Arc<SeededEntropy>,
    keys: Arc<LocalKeys>,
    rules: Rules,
}

/// What every process of a world reads at its start, read once.
#[derive(Clone)]
struct Rules {
    settings: Settings,
    tiers: ProvedTiers,
    authorizer: Arc<CedarAuthorizer>,
    behaviour: AwsOptions,
    announces: bool,
}

impl World {
    /// A new world where everything goes well.
    pub async fn new() -> Self {
        Self::with(WorldOptions::default()).await
    }

    /// A new world with these differences.
    pub async fn with(options: WorldOptions) -> Self {
        let database = Database::open_in_memory().expect("an in-memory database");
        Self::on(database, options).await
    }

    /// A world on this database, which may have been used before.
    pub async fn on(database: Arc<Database>, options: WorldOptions) -> Self {
        let store = Arc::new(SqliteStore::new(Arc::clone(&database)));
        Self::made_of(database, store, options).await
    }

    /// A world whose records are elsewhere.
    pub async fn keeping(store: Arc<dyn Records>, options: WorldOptions) -> Self {
        Self::made_of(Database::open_in_memory().expect("an in-memory database"), store, options).await
    }

    async fn made_of(database: Arc<Database>, store: Arc<dyn Records>, options: WorldOptions) -> Self {
        let clock = Arc::new(ManualClock::new("2026-03-01T09:00:00Z".parse().expect("a time")));
        let entropy = Arc::new(SeededEntropy::new(options.seed));
        let settings = settings(&options);
        let mut behaviour = AwsOptions::new(Broker::new(BROKER).expect("the broker's ARN").at(OFFICE));
        behaviour.role_quota = options.role_quota;
        behaviour.consistency_delay = options.consistency_delay;
        behaviour.throttle = options.throttle;
        let aws = Arc::new(SimulatedAws::new(Arc::clone(&database), clock.clone(), entropy.clone(), behaviour.clone()));
        let tiers = ProvedTiers::shipped().expect("the shipped tiers");
        for account in &options.accounts {
            aws.install_boundaries(account, &tiers, &settings).await.expect("boundaries");
        }
        let authorizer = Arc::new(CedarAuthorizer::with_defaults().expect("the default rules"));
        let rules = Rules { settings, tiers, authorizer, behaviour, announces: options.announces };
        let keys = Arc::new(LocalKeys::ephemeral(entropy.clone()));
        let (alerts, events) = (Arc::new(CollectedAlerts::default()), Arc::new(CollectedEvents::default()));
        let script = FaultScript::new();
        let parts = Parts {
            store: &store,
            aws: &aws,
            clock: &clock,
            entropy: &entropy,
            keys: &keys,
            alerts: &alerts,
            events: &events,
        };
        let vending = parts.vending(&script, &rules);
        Self { store, aws, clock, script, alerts, events, vending, database, entropy, keys, rules }
    }

    /// The same machine after its process was killed and started again: everything stored is there, nothing else is, and
    /// no faults are left.
    pub fn restart(&mut self) {
        self.restart_with(FaultScript::new());
    }

    /// As [`World::restart`], meeting these faults from now on.
    pub fn restart_with(&mut self, script: FaultScript) {
        self.script = script;
        self.vending = self.another();
    }

    /// The same machine after an upgrade of its tiers, in the configuration and in the accounts.
    pub async fn upgrade(&mut self, tiers: ProvedTiers) {
        for account in self.rules.settings.projects.accounts() {
            self.aws.install_boundaries(&account, &tiers, &self.rules.settings).await.expect("boundaries");
        }
        self.rules.tiers = tiers;
        self.restart();
    }

    /// The same machine after a change of its configuration.
    pub fn reconfigure(&mut self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.rules.settings);
        self.restart();
    }

    /// The same machine, in a world where AWS behaves like this from now on.
    pub fn change_aws(&mut self, change: impl FnOnce(&mut AwsOptions)) {
        change(&mut self.rules.behaviour);
        let (database, behaviour) = (Arc::clone(&self.database), self.rules.behaviour.clone());
        let aws = SimulatedAws::new(database, self.clock.clone(), self.entropy.clone(), behaviour);
        self.aws = Arc::new(aws);
        self.restart();
    }

    /// A second process over the same records and accounts, meeting the same faults.
    #[must_use]
    pub fn another(&self) -> Vending {
        self.parts().vending(&self.script, &self.rules)
    }

    /// Another process that reads the trail through `audit`.
    #[must_use]
    pub fn reading(&self, audit: Arc<dyn AuditLog>) -> Vending {
        Vending::new(Deps { audit, ..self.parts().deps(&self.script, &self.rules) })
    }

    fn parts(&self) -> Parts<'_> {
        let Self { store, aws, clock, entropy, keys, alerts, events, .. } = self;
        Parts { store, aws, clock, entropy, keys, alerts, events }
    }

    /// Hold up the next call of this name, such as `cloud.create_role`, whoever makes it.
    #[must_use]
    pub fn hold_next(&self, name: &'static str) -> Hold {
        let counted = Counted::Named(name);
        self.script.hold(counted, self.script.count(counted) + 1)
    }

    /// Let the next call of this name meet a fault.
    pub fn fail_next(&self, name: &'static str, fault: Fault) {
        let counted = Counted::Named(name);
        self.script.add(counted, self.script.count(counted) + 1, fault);
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Let time pass.
    pub fn pass(&self, duration: SignedDuration) {
        self.clock.advance(duration.unsigned_abs());
    }

    /// A person of the sample company, freshly logged in with a second factor.
    #[must_use]
    pub fn person(&self, name: &str) -> Identity {
        let groups: &[&str] = match name {
            "carla" => &["contractors", "acme-web-team"],
            "carl" => &["contractors", "zeta-team"],
            "olga" => &["on-call", "acme-web-team"],
            "ada" => &["daypass-admins"],
            "pat" => &["platform-engineers"],
            "lea" | "max" | "mia" => &["platform-engineers", "platform-leads"],
            "rita" => &["break-glass-reviewers"],
            _ => &[],
        };
        Identity {
            groups: groups.iter().map(|group| group.parse().expect("a group")).collect(),
            mfa_at: Some(self.now()),
            ..Identity::bare(
                name.parse().expect("a user id"),
                "https://issuer.example".to_owned(),
                OFFICE,
                self.now(),
                self.now() + SignedDuration::from_hours(8),
            )
        }
    }

    /// The same machine after a change of its rules.
    ///
    /// # Panics
    /// When the rules are wrong.
    pub fn rule(&mut self, text: &str) {
        self.rules.authorizer = Arc::new(CedarAuthorizer::new(text).expect("rules"));
        self.restart();
    }

    /// Ask for a session for an hour as this person, without carrying it on.
    ///
    /// # Panics
    /// When the request is refused.
    pub async fn request(&self, who: &str, tier: &str) -> Session {
        match self.vending.request(&self.person(who), request(tier, 1), None).await {
            Ok(Requested::New(session) | Requested::Replayed(session)) => session,
            Err(error) => panic!("{who} was to get {tier}: {error}"),
        }
    }

    /// A working session of this person.
    ///
    /// # Panics
    /// When there is none to be had.
    pub async fn active(&self, who: &str, tier: &str) -> Session {
        let session = self.request(who, tier).await;
        let session = self.vending.carry_on(session.id()).await.expect("a working role");
        assert_eq!(session.status(), Status::Active);
        session
    }

    /// Credentials of this person's session.
    ///
    /// # Panics
    /// When they are refused.
    pub async fn credentials(&self, who: &str, session: &Session) -> Credentials {
        self.vending.credentials(&self.person(who), session.id()).await.expect("credentials")
    }

    /// Order a kill as an administrator, without carrying it out.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn order_kill(&self, session: &Session) -> Session {
        let reason = "the laptop was lost".parse().expect("a reason");
        self.vending.revoke(&self.person("ada"), session.id(), reason).await.expect("a kill")
    }

    /// A call with credentials, from the office.
    pub async fn call(&self, credentials: &Credentials, action: &str, resource: &str) -> CallOutcome {
        let call = SimulatedCall::new(action.parse().expect("an action"), resource, OFFICE);
        self.aws.call(SignedWith::from(credentials), call).await.expect("the simulated account")
    }

    /// Whether credentials still do anything.
    pub async fn works(&self, credentials: &Credentials) -> bool {
        self.call(credentials, "ec2:DescribeRegions", "*").await.is_allowed()
    }

    /// Every role under our path, in all accounts.
    pub async fn roles(&self) -> Vec<RoleSummary> {
        let mut roles = Vec::new();
        for account in self.rules.settings.projects.accounts() {
            let mut page = None;
            loop {
                let found = self.aws.roles(&account, ROLE_PATH, page).await.expect("the simulated account");
                roles.extend(found.roles);
                match found.next {
                    Some(next) => page = Some(next),
                    None => break,
                }
            }
        }
        roles
    }

    /// The session's role as IAM knows it.
    pub async fn role_of(&self, session: &Session) -> Option<RoleState> {
        let account = &session.facts().request.account;
        self.aws.role(account, &session.role()).await.expect("the simulated account")
    }

    /// What the trail says was done to a session, in order.
    pub async fn history(&self, id: SessionId) -> Vec<String> {
        let page = PageRequest { cursor: None, limit: 500 };
        let events = self.store.events(Some(&ChainId::session(&id)), &page).await.expect("the trail");
        events.items.into_iter().map(|event| event.draft.action).collect()
    }

    /// The session as stored.
    ///
    /// # Panics
    /// When it is lost.
    pub async fn stored(&self, id: SessionId) -> Session {
        self.store.session(&id).await.expect("the store").expect("the session is lost")
    }

    /// Every stored session in one of these states; in any when none is named.
    pub async fn sessions(&self, statuses: &[Status]) -> BTreeMap<SessionId, Session> {
        let filter = SessionFilter { statuses: statuses.to_vec(), ..SessionFilter::default() };
        let (mut sessions, mut cursor) = (BTreeMap::new(), None);
        loop {
            let request = PageRequest { cursor, limit: 500 };
            let page = self.store.sessions(&filter, &request).await.expect("the store");
            sessions.extend(page.items.into_iter().map(|session| (session.id(), session)));
            match page.next {
                Some(next) => cursor = Some(next),
                None => return sessions,
            }
        }
    }

    /// The invariants that hold whenever the reconciler has been through: no role without a live session, nothing
    /// unfinished, and a trail nobody edited.
    ///
    /// # Panics
    /// When one does not hold.
    pub async fn assert_at_rest(&self, about: &str) {
        let over = [Status::Revoked, Status::Expired, Status::Failed, Status::Refused, Status::Denied, Status::Lapsed];
        let unfinished: Vec<Status> = Status::ALL.iter().copied().filter(|status| !over.contains(status)).collect();
        let sessions = self.sessions(&unfinished).await;
        let waiting = self.sessions(&[Status::PendingApproval]).await;
        let waiting: BTreeSet<String> = waiting.values().map(|session| session.role().to_string()).collect();
        let live: BTreeSet<String> = sessions.values().map(|session| session.role().to_string()).collect();
        let roles: BTreeSet<String> = self.roles().await.into_iter().map(|role| role.name.to_string()).collect();
        // What waits for people has no role, and nobody has to do anything about it.
        let live: BTreeSet<String> = live.difference(&waiting).cloned().collect();
        assert_eq!(roles, live, "{about}: roles in AWS against live sessions");
        for session in sessions.values().filter(|session| session.status() != Status::PendingApproval) {
            let status = session.status();
            assert_eq!(status, Status::Active, "{about}: session {} is left {}", session.id(), status.as_str());
            let is_overdue = session.expires_at().is_some_and(|end| end <= self.now());
            assert!(!is_overdue, "{about}: session {} is active past its end", session.id());
        }
        self.assert_trail(about).await;
    }

    /// The trail verifies.
    ///
    /// # Panics
    /// When it does not.
    pub async fn assert_trail(&self, about: &str) {
        let report = self.vending.verify_audit(&self.person("ada")).await.expect("the trail");
        assert_eq!(report.findings, [], "{about}: the trail");
    }
}

struct Parts<'a> {
    store: &'a Arc<dyn Records>,
    aws: &'a Arc<SimulatedAws>,
    clock: &'a Arc<ManualClock>,
    entropy: &'a Arc<SeededEntropy>,
    keys: &'a Arc<LocalKeys>,
    alerts: &'a Arc<CollectedAlerts>,
    events: &'a Arc<CollectedEvents>,
}

impl Parts<'_> {
    fn vending(&self, script: &FaultScript, rules: &Rules) -> Vending {
        let deps = self.deps(script, rules);
        if rules.announces { Vending::announcing(deps, self.events.clone()) } else { Vending::new(deps) }
    }

    fn deps(&self, script: &FaultScript, rules: &Rules) -> Deps {
        let store = Arc::new(FaultyStore::new(Arc::clone(self.store), script.clone()));
        let aws: Arc<dyn Cloud> = self.aws.clone();
        Deps {
            store: store.clone(),
            audit: store.clone(),
            outbox: store,
            cloud: Arc::new(FaultyCloud::new(aws, script.clone())),
            keys: self.keys.clone() as Arc<dyn Keys>,
            alerts: self.alerts.clone(),
            authorizer: rules.authorizer.clone(),
            clock: self.clock.clone(),
            entropy: self.entropy.clone() as Arc<dyn Entropy>,
            tiers: rules.tiers.clone(),
            settings: rules.settings.clone(),
        }
    }
}
