//! Everything on one machine: the adapters of `daypass-embedded` and the shipped rules, put together into an application.
//! `daypass-server`, `daypass dev`, `daypass demo`, the tests and the benchmark all start here.

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use daypass_embedded::alerts::LogAlerts;
use daypass_embedded::aws::{AwsOptions, BoundaryError, Broker, BrokerError, SimulatedAws, Throttle};
use daypass_embedded::clock::AdjustableClock;
use daypass_embedded::database::{Database, DatabaseError};
use daypass_embedded::entropy::SystemEntropy;
use daypass_embedded::issuer::{DevelopmentIssuer, IssuerError, IssuerSettings, sample_people};
use daypass_embedded::keys::{KeyFileError, LocalKeys};
use daypass_embedded::store::SqliteStore;
use daypass_entitlements::{CedarAuthorizer, LiveRules, RulesError};
use daypass_identity::{Doors, DoorsError, InvalidIssuer, KeysError, Sources, TrustedKeys};
use daypass_vending::guard::{GuardError, ProvedTiers};
use daypass_vending::ids::InvalidId;
use daypass_vending::ports::{Entropy, Records};
use daypass_vending::service::{Deps, Vending};
use daypass_vending::settings::{Networks, Project, Projects, ProjectsError, Settings};
use daypass_vending::template::Partition;
use futures::future::try_join_all;
use ipnet::IpNet;
use jiff::SignedDuration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::app::{App, Options, Parts};
use crate::routes::development::Development;
use crate::serve::serve;
use crate::work::Sagas;

/// What a server on one machine is made from.
#[derive(Clone, Debug)]
pub struct LocalOptions {
    /// Where to listen; port 0 is a free one.
    pub listen: SocketAddr,
    /// Where the database and the keys are kept.
    pub storage: Storage,
    /// Records that are kept elsewhere than in that database, where other servers may be at work on them as well.
    pub shared_records: Option<SharedRecords>,
    /// Whose tokens are accepted.
    pub tokens: Tokens,
    /// What becomes of sagas when the request that started them has been answered.
    pub sagas: Sagas,
    /// What the domain needs to know.
    pub settings: Settings,
    /// The tiers.
    pub tiers: ProvedTiers,
    /// The rules.
    pub rules: Arc<LiveRules>,
    /// How the API behaves.
    pub api: Options,
    /// How long the reconciler pauses at most.
    pub reconcile_every: SignedDuration,
    /// How long a change in the simulated IAM stays invisible.
    pub consistency_delay: SignedDuration,
    /// How many writes the simulated IAM takes; as many as there are when absent.
    pub throttle: Option<Throttle>,
}

/// Whose tokens are accepted.
#[derive(Clone, Debug)]
pub enum Tokens {
    /// Those of identity providers, and whatever else proves who somebody is.
    Of(Box<Sources>),
    /// Those of the development issuer, which runs in the server itself. Mounts the development routes as well, and so
    /// listens on loopback only.
    Development,
}

/// Records that other processes may be at work on.
#[derive(Clone)]
pub struct SharedRecords(pub Arc<dyn Records>);

impl fmt::Debug for SharedRecords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedRecords")
    }
}

/// Where records and keys are kept.
#[derive(Clone, Debug)]
pub enum Storage {
    /// Nowhere: they are gone with the process.
    Memory,
    /// In files.
    Files {
        /// The database.
        database: PathBuf,
        /// The keys.
        key_file: PathBuf,
    },
}

/// Why a server cannot be put together or started.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// The database cannot be used.
    #[error("the database cannot be used")]
    Database(#[from] DatabaseError),
    /// The key file cannot be used.
    #[error("the key file cannot be used")]
    Keys(#[from] KeyFileError),
    /// The broker's name is not one.
    #[error("`{arn}` is not the ARN of a role or user")]
    Broker {
        /// What was given.
        arn: String,
        /// Why it is not.
        #[source]
        source: BrokerError,
    },
    /// The simulated accounts cannot be set up.
    #[error("the simulated AWS accounts cannot be set up")]
    Boundaries(#[from] BoundaryError),
    /// The development issuer does not work.
    #[error("the development issuer does not work")]
    Issuer(#[from] IssuerError),
    /// Its keys are not what the server accepts.
    #[error("the development issuer's keys cannot be used")]
    IssuerKeys(#[from] KeysError),
    /// Nor is its name.
    #[error("the development issuer cannot be named")]
    IssuerName(#[from] InvalidIssuer),
    /// There is no way in.
    #[error("nobody can prove who they are")]
    Doors(#[from] DoorsError),
    /// A development server is for one machine.
    #[error("a development server listens on loopback only, not on {0}")]
    NotLoopback(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
}

/// An application on one machine, not serving yet.
pub struct Local {
    /// The application.
    pub app: App,
    /// Its time.
    pub clock: Arc<AdjustableClock>,
    /// Its AWS.
    pub aws: Arc<SimulatedAws>,
    /// Its records.
    pub store: Arc<dyn Records>,
    /// Its issuer, when it is a development server.
    pub issuer: Option<Arc<DevelopmentIssuer>>,
}

/// A server that runs in this process.
pub struct LocalServer {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its time.
    pub clock: Arc<AdjustableClock>,
    /// Its AWS.
    pub aws: Arc<SimulatedAws>,
    /// Its issuer, when it is a development server.
    pub issuer: Option<Arc<DevelopmentIssuer>>,
    app: App,
    rules: Arc<LiveRules>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl LocalOptions {
    /// A development server: the sample people of the development issuer, and a project and account for each group of
    /// contractors among them.
    ///
    /// # Errors
    /// When what ships with Daypass is broken; tests keep it from happening.
    pub fn development(listen: SocketAddr, storage: Storage) -> Result<Self, SampleError> {
        let network = |text: &str| text.parse::<IpNet>();
        // The machine itself and private networks: where a developer's calls come from.
        let networks = ["127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];
        let networks = networks.into_iter().map(network).collect::<Result<_, _>>()?;
        let projects = [("acme-web", "111122223333"), ("zeta", "444455556666")];
        let projects = projects.into_iter().map(|(id, account)| {
            Ok(Project {
                id: id.parse()?,
                accounts: BTreeSet::from([account.parse()?]),
                group: id.parse()?,
                departments: BTreeSet::new(),
            })
        });
        let projects = projects.collect::<Result<_, InvalidId>>()?;
        Ok(Self {
            listen,
            storage,
            shared_records: None,
            tokens: Tokens::Development,
            sagas: Sagas::GoOn,
            settings: Settings {
                deployment: "development".parse()?,
                partition: Partition::Aws,
                broker_arn: "arn:aws:iam::111122223333:role/daypass-broker".to_owned(),
                networks: Networks::new(networks).ok_or(SampleError::Empty)?,
                projects: Projects::new(projects)?,
                consistency_window: SignedDuration::from_secs(1),
                reserved_roles: 20,
                approval_time: SignedDuration::from_hours(24),
            },
            tiers: ProvedTiers::shipped()?,
            rules: Arc::new(LiveRules::new(CedarAuthorizer::with_defaults()?)),
            api: Options::default(),
            reconcile_every: SignedDuration::from_secs(10),
            consistency_delay: SignedDuration::ZERO,
            throttle: None,
        })
    }
}

/// Why the samples cannot be used: they are broken.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// A name is not one.
    #[error("a sample name is not valid")]
    Name(#[from] InvalidId),
    /// A network is not one.
    #[error("a sample network is not valid")]
    Network(#[from] ipnet::AddrParseError),
    /// There is no network.
    #[error("there is no sample network")]
    Empty,
    /// The projects do not go together.
    #[error("the sample projects cannot be used")]
    Projects(#[from] ProjectsError),
    /// The rules cannot be used.
    #[error("the shipped rules cannot be used")]
    Rules(#[from] RulesError),
    /// The tiers cannot be used.
    #[error("the shipped tiers cannot be used")]
    Tiers(#[from] GuardError),
}

impl Local {
    /// Open the records and put everything together, for a server that listens on `address`.
    ///
    /// # Errors
    /// See [`LocalError`].
    pub async fn build(options: LocalOptions, address: SocketAddr) -> Result<Self, LocalError> {
        let clock = Arc::new(AdjustableClock::new());
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let (database, keys) = open(&options.storage, &entropy)?;
        let keys = Arc::new(keys);
        keys.bind(&database).await?;
        let aws = accounts(&options, &database, &clock, &entropy).await?;
        let (sources, issuer) = match options.tokens {
            Tokens::Of(sources) => (*sources, None),
            Tokens::Development => {
                let (accepted, issuer) = development_issuer(&database, &keys, &entropy, address).await?;
                (Sources::of(vec![accepted]), Some(issuer))
            }
        };
        let shared_records = options.shared_records.is_some();
        let store: Arc<dyn Records> = match options.shared_records {
            Some(SharedRecords(elsewhere)) => elsewhere,
            None => Arc::new(SqliteStore::new(database)),
        };
        let doors = Doors::new(sources, &options.settings.deployment, keys.clone(), store.clone())?;
        let vending = Vending::new(Deps {
            store: store.clone(),
            audit: store.clone(),
            outbox: store.clone(),
            cloud: aws.clone(),
            keys,
            alerts: Arc::new(LogAlerts),
            authorizer: options.rules,
            clock: clock.clone(),
            entropy,
            tiers: options.tiers,
            settings: options.settings,
        });
        let development = issuer.clone().map(|issuer| Development { issuer, clock: clock.clone(), aws: aws.clone() });
        let app = App::new(Parts {
            vending,
            doors: Arc::new(doors),
            audit: store.clone(),
            store: store.clone(),
            outbox: store.clone(),
            memory: store.clone(),
            clock: clock.clone(),
            options: options.api,
            development,
            shared_records,
            sagas: options.sagas,
        });
        Ok(Self { app, clock, aws, store, issuer })
    }
}

impl LocalServer {
    /// Start a server in tasks of its own. It takes requests when this comes back.
    ///
    /// # Errors
    /// See [`LocalError`].
    pub async fn start(options: LocalOptions) -> Result<Self, LocalError> {
        let listener = listen(options.listen).await?;
        let address = listener.local_addr().map_err(|source| LocalError::Listen { address: options.listen, source })?;
        let (every, rules) = (options.reconcile_every, options.rules.clone());
        let Local { app, clock, aws, issuer, .. } = Local::build(options, address).await?;
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(serve(listener, app.clone(), every, async {
            // Dropping the handle stops the server as well.
            let _ = stopped.await;
        }));
        app.until_ready().await;
        Ok(Self { address, clock, aws, issuer, app, rules, stop, serving })
    }

    /// The server's URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Put the rules of this text in force, or leave those that are, if it has none that can be used.
    pub async fn reload(&self, text: Result<String, String>) {
        crate::rules::reload(&self.app, &self.rules, text).await;
    }

    /// Stop: finish what is under way and close the records.
    pub async fn stop(self) {
        let Self { stop, serving, .. } = self;
        // A server that has stopped by itself needs no telling.
        let _ = stop.send(());
        let _ = serving.await;
    }
}

/// Listen on an address.
///
/// # Errors
/// [`LocalError::Listen`].
pub async fn listen(address: SocketAddr) -> Result<TcpListener, LocalError> {
    TcpListener::bind(address).await.map_err(|source| LocalError::Listen { address, source })
}

fn open(storage: &Storage, entropy: &Arc<dyn Entropy>) -> Result<(Arc<Database>, LocalKeys), LocalError> {
    Ok(match storage {
        Storage::Memory => (Database::open_in_memory()?, LocalKeys::ephemeral(entropy.clone())),
        Storage::Files { database, key_file } => {
            (Database::open(database)?, LocalKeys::open(key_file, entropy.clone())?)
        }
    })
}

/// The development issuer, and what a server has to accept from it. Nothing trusts it but this.
async fn development_issuer(
    database: &Arc<Database>,
    keys: &Arc<LocalKeys>,
    entropy: &Arc<dyn Entropy>,
    address: SocketAddr,
) -> Result<(daypass_identity::IssuerSettings, Arc<DevelopmentIssuer>), LocalError> {
    if !address.ip().is_loopback() {
        return Err(LocalError::NotLoopback(address));
    }
    let settings = IssuerSettings { issuer: format!("http://{address}"), audience: "daypass".to_owned() };
    let (url, audience) = (settings.issuer.clone(), settings.audience.clone());
    let people = sample_people().map_err(IssuerError::from)?;
    let issuer = DevelopmentIssuer::start(database.clone(), keys.clone(), entropy.clone(), settings, people).await?;
    let keys = TrustedKeys::from_json(&issuer.jwks().to_string())?;
    Ok((daypass_identity::IssuerSettings::of_people(url.parse()?, audience, keys), Arc::new(issuer)))
}

/// The simulated accounts with every tier's boundary in place, as Terraform does it in real ones.
async fn accounts(
    options: &LocalOptions,
    database: &Arc<Database>,
    clock: &Arc<AdjustableClock>,
    entropy: &Arc<dyn Entropy>,
) -> Result<Arc<SimulatedAws>, LocalError> {
    let arn = &options.settings.broker_arn;
    let broker = Broker::new(arn).map_err(|source| LocalError::Broker { arn: arn.clone(), source })?;
    let mut behaviour = AwsOptions::new(broker);
    behaviour.partition = options.settings.partition;
    behaviour.consistency_delay = options.consistency_delay;
    behaviour.throttle = options.throttle;
    let aws = SimulatedAws::new(database.clone(), clock.clone(), entropy.clone(), behaviour);
    let accounts = options.settings.projects.accounts();
    // All at once, so that they share few commits: a server should be ready in an instant.
    try_join_all(accounts.iter().map(|account| aws.install_boundaries(account, &options.tiers, &options.settings)))
        .await?;
    Ok(Arc::new(aws))
}
