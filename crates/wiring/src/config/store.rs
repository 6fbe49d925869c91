//! The section `[store]`: where records are kept. Without it, in the database file.

use std::str::FromStr;

use daypass_aws::client::Place;
use daypass_aws::dynamo::TableNames;
use serde::Deserialize;

use super::file::StoreFile;
use super::{AwsConfig, ConfigError};

/// Where records are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreConfig {
    /// In the database file.
    Sqlite,
    /// In these tables of DynamoDB.
    DynamoDb {
        /// Region and endpoint.
        place: Place,
        /// Their names.
        tables: TableNames,
    },
}

impl StoreConfig {
    /// Whether other processes may be at work on the same records.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::DynamoDb { .. })
    }
}

/// The kinds, as the file names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum StoreKind {
    Sqlite,
    DynamoDb,
}

impl FromStr for StoreKind {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "sqlite" => Ok(Self::Sqlite),
            "dynamodb" => Ok(Self::DynamoDb),
            _ => Err("neither `sqlite` nor `dynamodb`"),
        }
    }
}

/// The prefix of table names when nobody says.
const PREFIX: &str = "daypass-";

/// Check the section; region and endpoint are those of the section `[aws]` where it says nothing.
pub(super) fn resolve(file: Option<StoreFile>, aws: Option<&AwsConfig>) -> Result<StoreConfig, ConfigError> {
    let StoreFile { kind, table_prefix, region, endpoint_url } = file.unwrap_or_default();
    if kind != Some(StoreKind::DynamoDb) {
        let said = table_prefix.is_some() || region.is_some() || endpoint_url.is_some();
        let rule = "must be `dynamodb` where tables, region or endpoint are named";
        return if said { Err(ConfigError::Value { key: "store.kind", rule }) } else { Ok(StoreConfig::Sqlite) };
    }
    let tables = TableNames::with_prefix(table_prefix.as_deref().unwrap_or(PREFIX));
    let rule = "must be at most 40 letters, digits, `-`, `_` and `.`";
    let tables = tables.map_err(|_| ConfigError::Value { key: "store.table_prefix", rule })?;
    if aws.is_some_and(|aws| aws.keys.is_none()) {
        // A key file is one server's, these records are everybody's.
        return Err(ConfigError::Missing { key: "aws.kms_key" });
    }
    let place = aws.map(|aws| aws.place.clone()).unwrap_or_default();
    let (region, endpoint_url) = (region.or(place.region), endpoint_url.or(place.endpoint_url));
    Ok(StoreConfig::DynamoDb { place: Place { region, endpoint_url }, tables })
}
