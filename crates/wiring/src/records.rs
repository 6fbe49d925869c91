//! Where sessions, the trail and alerts are kept: one thing that is all three ports, as the configuration chooses.

use std::sync::Arc;

use daypass_aws::client::{ClientError, Place, configuration};
use daypass_aws::dynamo::{DynamoStore, Made, TableError, TableNames, check_tables, client, create_tables};
use daypass_vending::ports::{Entropy, Records};

use crate::config::StoreConfig;

/// Why records cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RecordsError {
    /// AWS cannot be spoken to.
    #[error("DynamoDB cannot be used")]
    Client(#[from] ClientError),
    /// The tables are not there, or are others.
    #[error("the tables cannot be used; `daypass-server init-tables` makes them for development")]
    Tables(#[from] TableError),
    /// There are no tables to make.
    #[error("`store.kind` is not `dynamodb`: a database file makes its own tables")]
    NoTables,
}

/// Open the records in these tables, which must be there.
///
/// # Errors
/// See [`RecordsError`].
pub async fn in_tables(
    place: &Place,
    tables: &TableNames,
    entropy: &Arc<dyn Entropy>,
) -> Result<Arc<dyn Records>, RecordsError> {
    let client = client(&configuration(place).await?);
    check_tables(&client, tables).await?;
    Ok(Arc::new(DynamoStore::new(client, tables.clone(), entropy.clone())))
}

/// Make the tables that are not there: for development, where no Terraform does.
///
/// # Errors
/// See [`RecordsError`].
pub async fn init_tables(store: &StoreConfig) -> Result<Made, RecordsError> {
    let StoreConfig::DynamoDb { place, tables } = store else { return Err(RecordsError::NoTables) };
    Ok(create_tables(&client(&configuration(place).await?), tables).await?)
}
