//! Daypass that vends in AWS: records, accounts, keys and alerts in AWS as far as the configuration says. Nothing here knows
//! how it is asked: servers and functions are built on it.

use std::sync::Arc;

use daypass_aws::client::{ClientError, SdkConfig, configuration};
use daypass_aws::dynamo::{self, DynamoStore};
use daypass_aws::events::EventBridgeBus;
use daypass_aws::iam::{AwsCloud, IdentityError, NoRegion};
use daypass_aws::kms::KmsKeys;
use daypass_aws::sns::SnsAlerts;
use daypass_embedded::alerts::LogAlerts;
use daypass_embedded::clock::SystemClock;
use daypass_embedded::database::{Database, DatabaseError};
use daypass_embedded::entropy::SystemEntropy;
use daypass_embedded::keys::{KeyFileError, LocalKeys};
use daypass_embedded::store::SqliteStore;
use daypass_identity::{Doors, DoorsError};
use daypass_vending::guard::ProvedTiers;
use daypass_vending::ports::{AlertChannel, Authorizer, Clock, Entropy, Keys, Question, Records, Ruling};
use daypass_vending::service::{Deps, Vending};
use daypass_vending::session::{Obligations, RulingRecord};
use daypass_webhook::{Several, Webhook, WebhookError};

use crate::config::{AwsConfig, ChannelConfig, CleanupConfig, Config, StoreConfig};
use crate::records::{self, RecordsError};

/// Daypass in AWS, put together.
pub struct OnAws {
    /// Daypass itself.
    pub vending: Vending,
    /// Who may call.
    pub doors: Arc<Doors>,
    /// What it keeps.
    pub records: Arc<dyn Records>,
    /// Its time.
    pub clock: Arc<dyn Clock>,
    /// Whether other processes may be at work on the same records.
    pub shared_records: bool,
}

/// Why it cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum OnAwsError {
    /// The database cannot be used.
    #[error("the database cannot be used")]
    Database(#[from] DatabaseError),
    /// The key file cannot be used.
    #[error("the key file cannot be used")]
    Keys(#[from] KeyFileError),
    /// A key file belongs to one database file; records that several servers share need keys that they share.
    #[error("records in DynamoDB need keys in KMS: `aws.kms_key` and `aws.kms_signing_key`")]
    NoKeys,
    /// The records cannot be used.
    #[error("the records cannot be used")]
    Records(#[from] RecordsError),
    /// An address for alerts cannot be used.
    #[error("an address in `alerts` cannot be used")]
    Webhook(#[from] WebhookError),
    /// AWS cannot be spoken to.
    #[error("AWS cannot be used")]
    Client(#[from] ClientError),
    /// No region.
    #[error("AWS cannot be used")]
    Region(#[from] NoRegion),
    /// There is no way in.
    #[error("nobody can prove who they are")]
    Doors(#[from] DoorsError),
    /// Nobody could use the roles we would make.
    #[error("this server is not the broker that `broker_arn` names")]
    Broker(#[source] IdentityError),
}

/// Open the records and put everything together.
///
/// # Errors
/// See [`OnAwsError`].
pub async fn build(config: Config, aws: AwsConfig) -> Result<OnAws, OnAwsError> {
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let (records, database): (Arc<dyn Records>, _) = match &config.store {
        StoreConfig::Sqlite => {
            let database = Database::open(&config.database)?;
            (Arc::new(SqliteStore::new(database.clone())), Some(database))
        }
        StoreConfig::DynamoDb { place, tables } => (records::in_tables(place, tables, &entropy).await?, None),
    };
    let sdk = configuration(&aws.place).await?;
    let keys: Arc<dyn Keys> = match (aws.keys, database) {
        (Some(names), _) => Arc::new(KmsKeys::new(&sdk, names)),
        (None, Some(database)) => {
            let keys = LocalKeys::open(&config.key_file, entropy.clone())?;
            keys.bind(&database).await?;
            Arc::new(keys)
        }
        (None, None) => return Err(OnAwsError::NoKeys),
    };
    let doors = Doors::new(config.identity.sources, &config.settings.deployment, keys.clone(), records.clone())?;
    let alerts = channels(&sdk, aws.alerts)?;
    let bus = aws.event_bus.map(|bus| EventBridgeBus::new(&sdk, bus));
    let cloud = AwsCloud::new(sdk, aws.cloud)?;
    check_broker(&cloud, &config.settings.broker_arn).await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let deps = Deps {
        store: records.clone(),
        audit: records.clone(),
        outbox: records.clone(),
        cloud: Arc::new(cloud),
        keys,
        alerts,
        authorizer: config.rules.live.clone(),
        clock: clock.clone(),
        entropy,
        tiers: config.tiers,
        settings: config.settings,
    };
    let vending = announcing(deps, bus);
    Ok(OnAws { vending, doors: Arc::new(doors), records, clock, shared_records: config.store.is_shared() })
}

/// Daypass as far as the reconciler needs it: it finishes and ends what others vended, on records that they share, and vends
/// nothing. Nothing is asked of AWS yet: what is missing shows in the first pass, and a function should start at once.
///
/// # Errors
/// See [`OnAwsError`].
pub async fn build_cleanup(config: CleanupConfig) -> Result<Vending, OnAwsError> {
    let CleanupConfig { store, tables, settings, aws, keys, log_format: _ } = config;
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let sdk = configuration(&aws.place).await?;
    let tables_sdk = if store == aws.place { sdk.clone() } else { configuration(&store).await? };
    let records = Arc::new(DynamoStore::new(dynamo::client(&tables_sdk), tables, entropy.clone()));
    let alerts = channels(&sdk, aws.alerts)?;
    let bus = aws.event_bus.map(|bus| EventBridgeBus::new(&sdk, bus));
    let deps = Deps {
        store: records.clone(),
        audit: records.clone(),
        outbox: records,
        cloud: Arc::new(AwsCloud::new(sdk.clone(), aws.cloud)?),
        keys: Arc::new(KmsKeys::new(&sdk, keys)),
        alerts,
        authorizer: Arc::new(NobodyAsks),
        clock: Arc::new(SystemClock),
        entropy,
        tiers: ProvedTiers::none(),
        settings,
    };
    Ok(announcing(deps, bus))
}

/// The rules where nobody can ask for anything: no to everything.
struct NobodyAsks;

impl Authorizer for NobodyAsks {
    fn decide(&self, _: &Question<'_>) -> Ruling {
        let record = RulingRecord { policies: vec![], rules_hash: String::new() };
        Ruling { allowed: false, record, obligations: Obligations::default(), max: None }
    }

    fn lacking(&self, _: &Question<'_>) -> Vec<String> {
        vec!["a server to ask".to_owned()]
    }
}

/// All channels as one.
fn channels(sdk: &SdkConfig, names: Vec<ChannelConfig>) -> Result<Arc<dyn AlertChannel>, WebhookError> {
    let channels = names.into_iter().map(|name| -> Result<Arc<dyn AlertChannel>, WebhookError> {
        Ok(match name {
            ChannelConfig::Log => Arc::new(LogAlerts),
            ChannelConfig::Sns(topic_arn) => Arc::new(SnsAlerts::new(sdk, topic_arn)),
            ChannelConfig::Webhook(url, secret) => Arc::new(Webhook::new(url, secret, Arc::new(SystemClock))?),
        })
    });
    Ok(Arc::new(Several::new(channels.collect::<Result<_, _>>()?)))
}

fn announcing(deps: Deps, bus: Option<EventBridgeBus>) -> Vending {
    match bus {
        Some(bus) => Vending::announcing(deps, Arc::new(bus)),
        None => Vending::new(deps),
    }
}

/// Who is somebody else must not start. AWS not answering is no reason: it may by the time somebody asks for something, and
/// sessions that are over are to be ended as soon as it does.
async fn check_broker(cloud: &AwsCloud, broker_arn: &str) -> Result<(), OnAwsError> {
    match cloud.check_identity(broker_arn).await {
        Err(error @ IdentityError::SomebodyElse { .. }) => Err(OnAwsError::Broker(error)),
        Err(IdentityError::NotKnown(error)) => {
            tracing::warn!(%error, "AWS does not say whether this server is the broker");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}
