//! A server that vends in AWS: records on this machine, accounts, keys and alerts in AWS as far as the configuration says.

use std::sync::Arc;

use daypass_aws::client::{ClientError, configuration};
use daypass_aws::iam::{AwsCloud, IdentityError, NoRegion};
use daypass_aws::kms::KmsKeys;
use daypass_aws::sns::SnsAlerts;
use daypass_embedded::alerts::LogAlerts;
use daypass_embedded::clock::SystemClock;
use daypass_embedded::database::{Database, DatabaseError};
use daypass_embedded::entropy::SystemEntropy;
use daypass_embedded::keys::{KeyFileError, LocalKeys};
use daypass_embedded::store::SqliteStore;
use daypass_entitlements::{CedarAuthorizer, RulesError};
use daypass_vending::ports::{AlertChannel, Entropy, Keys};
use daypass_vending::service::{Deps, Vending};

use crate::app::{App, Parts};
use crate::config::{AwsConfig, Config};
use crate::local::authenticator;

/// Why a server cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum OnAwsError {
    /// The database cannot be used.
    #[error("the database cannot be used")]
    Database(#[from] DatabaseError),
    /// The key file cannot be used.
    #[error("the key file cannot be used")]
    Keys(#[from] KeyFileError),
    /// The rules cannot be used.
    #[error("the rules cannot be used")]
    Rules(#[from] RulesError),
    /// AWS cannot be spoken to.
    #[error("AWS cannot be used")]
    Client(#[from] ClientError),
    /// No region.
    #[error("AWS cannot be used")]
    Region(#[from] NoRegion),
    /// Nobody could use the roles we would make.
    #[error("this server is not the broker that `broker_arn` names")]
    Broker(#[source] IdentityError),
}

/// Open the records and put everything together.
///
/// # Errors
/// See [`OnAwsError`].
pub async fn build(config: Config, aws: AwsConfig) -> Result<App, OnAwsError> {
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let database = Database::open(&config.database)?;
    let sdk = configuration(&aws.place).await?;
    let keys: Arc<dyn Keys> = match aws.keys {
        Some(names) => Arc::new(KmsKeys::new(&sdk, names)),
        None => {
            let keys = LocalKeys::open(&config.key_file, entropy.clone())?;
            keys.bind(&database).await?;
            Arc::new(keys)
        }
    };
    let alerts: Arc<dyn AlertChannel> = match aws.alerts_topic_arn {
        Some(topic_arn) => Arc::new(SnsAlerts::new(&sdk, topic_arn)),
        None => Arc::new(LogAlerts),
    };
    let cloud = AwsCloud::new(sdk, aws.cloud)?;
    check_broker(&cloud, &config.settings.broker_arn).await?;
    let store = Arc::new(SqliteStore::new(database));
    let clock = Arc::new(SystemClock);
    let vending = Vending::new(Deps {
        store: store.clone(),
        audit: store.clone(),
        outbox: store.clone(),
        cloud: Arc::new(cloud),
        keys,
        alerts,
        authorizer: Arc::new(CedarAuthorizer::with_defaults()?),
        clock: clock.clone(),
        entropy,
        tiers: config.tiers,
        settings: config.settings,
    });
    Ok(App::new(Parts {
        vending,
        authenticator: authenticator(config.issuer),
        audit: store.clone(),
        store: store.clone(),
        outbox: store,
        clock,
        options: config.api,
        development: None,
    }))
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
