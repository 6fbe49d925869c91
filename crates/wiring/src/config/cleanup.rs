//! What finishing others' work takes of the configuration.

use daypass_aws::client::Place;
use daypass_aws::dynamo::TableNames;
use daypass_aws::kms::KmsKeyNames;
use daypass_embedded::logging::LogFormat;
use daypass_vending::settings::Settings;
use daypass_vending::tier::Tiers;

use super::file::ConfigFile;
use super::{AwsConfig, ConfigError, Source, StoreConfig, aws, organization, settings, store, variables};

/// The configuration of a reconciler without a server. It vends nothing, so no issuer, API or tier is read.
#[derive(Clone, Debug)]
pub struct CleanupConfig {
    /// The tables' region and endpoint.
    pub store: Place,
    /// Their names.
    pub tables: TableNames,
    /// What the domain needs to know.
    pub settings: Settings,
    /// How accounts are entered.
    pub aws: AwsConfig,
    /// The keys.
    pub keys: KmsKeyNames,
    /// How logs are written.
    pub log_format: LogFormat,
}

impl CleanupConfig {
    /// Read the file of a server whose work is to be finished, override it by the variables, and check what is of use here.
    ///
    /// # Errors
    /// See [`ConfigError`]; among others when records are not in DynamoDB or keys not in KMS, where a function could share
    /// them.
    pub async fn load(source: &Source, variables: impl Iterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let mut file = ConfigFile::read(source).await?;
        variables::apply(&mut file, variables)?;
        // Sessions must end whoever does not answer: those of accounts that are not known here are settled all the same, and
        // their accounts are swept by the next pass that knows them.
        if let Err(error) = organization::add_accounts(&mut file).await {
            tracing::warn!(%error, "the accounts of the organisation are not known");
        }
        let settings = settings(&mut file)?;
        let aws = file.aws.ok_or(ConfigError::Missing { key: "aws" })?;
        let aws = aws::resolve(aws, file.alerts.unwrap_or_default(), &settings, &Tiers::default()).await?;
        let keys = aws.keys.clone().ok_or(ConfigError::Missing { key: "aws.kms_key" })?;
        let StoreConfig::DynamoDb { place, tables } = store::resolve(file.store, Some(&aws))? else {
            let rule = "must be `dynamodb`: a function has no database file";
            return Err(ConfigError::Value { key: "store.kind", rule });
        };
        Ok(Self { store: place, tables, settings, aws, keys, log_format: file.log_format.unwrap_or_default() })
    }
}
