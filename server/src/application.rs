//! The application on the cloud that the configuration chooses. Which one is said first, whatever happens then.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use daypass_embedded::entropy::SystemEntropy;
use daypass_http::local::{Local, LocalOptions, SharedRecords, Storage, Tokens};
use daypass_http::{App, Options, Parts, Sagas};
use daypass_vending::ports::Entropy;
use daypass_wiring::config::{AwsConfig, Config, StoreConfig};
use daypass_wiring::on_aws::{self, OnAws};
use daypass_wiring::records;
use jiff::SignedDuration;

use crate::settings;

/// Put the application together, for a server that listens on `address`.
pub(crate) async fn application(mut config: Config, address: SocketAddr) -> anyhow::Result<App> {
    let api = settings::api(config.api.clone(), &config.identity.logins);
    match config.aws.take() {
        Some(aws) => in_aws(config, aws, api, Sagas::GoOn).await,
        None => {
            tracing::warn!("THE CLOUD IS SIMULATED: no AWS account is touched, and the credentials work nowhere else");
            simulated(config, api, address).await
        }
    }
}

/// Put the application of a function together, which has neither a machine of its own nor time after an answer.
pub(crate) async fn in_function(mut config: Config) -> anyhow::Result<App> {
    let api = settings::api(config.api.clone(), &config.identity.logins);
    let aws = config.aws.take().context("a function vends in AWS: the configuration needs a section `[aws]`")?;
    anyhow::ensure!(config.store.is_shared(), "a function has no database file: `store.kind` must be `dynamodb`");
    in_aws(config, aws, api, Sagas::EndWithRequest).await
}

async fn in_aws(config: Config, aws: AwsConfig, api: Options, sagas: Sagas) -> anyhow::Result<App> {
    let accounts = config.settings.projects.accounts().len();
    tracing::info!(accounts, broker.arn = config.settings.broker_arn, "vending in AWS");
    if let Some(endpoint) = &aws.place.endpoint_url {
        tracing::warn!(endpoint, "AWS IS NOT AWS ITSELF: all its services are expected at this endpoint");
    }
    let OnAws { vending, doors, records, clock, shared_records } = on_aws::build(config, aws).await?;
    Ok(App::new(Parts {
        vending,
        doors,
        audit: records.clone(),
        store: records.clone(),
        outbox: records.clone(),
        memory: records,
        clock,
        options: api,
        development: None,
        shared_records,
        sagas,
    }))
}

async fn simulated(config: Config, api: Options, address: SocketAddr) -> anyhow::Result<App> {
    let shared_records = match &config.store {
        StoreConfig::Sqlite => None,
        StoreConfig::DynamoDb { place, tables } => {
            let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
            Some(SharedRecords(records::in_tables(place, tables, &entropy).await?))
        }
    };
    let options = LocalOptions {
        listen: config.listen,
        storage: Storage::Files { database: config.database, key_file: config.key_file },
        shared_records,
        tokens: Tokens::Of(Box::new(config.identity.sources)),
        sagas: Sagas::GoOn,
        settings: config.settings,
        tiers: config.tiers,
        rules: config.rules.live,
        api,
        reconcile_every: config.reconcile_every,
        consistency_delay: SignedDuration::ZERO,
        throttle: None,
    };
    Ok(Local::build(options, address).await?.app)
}
