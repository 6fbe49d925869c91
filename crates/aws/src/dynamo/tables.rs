//! Making the tables: for development and tests. In a deployment Terraform makes them, and nobody else may.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{BuildError, SdkError};
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
    PointInTimeRecoverySpecification, Projection, TableDescription, TableStatus, TimeToLiveSpecification,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::schema::{Attribute, Index, Key, TTL, Table, TableNames, tables};
use crate::errors::Failure;

/// How often a new table is asked whether it is ready, with [`PAUSE`] between. AWS takes a few seconds.
const LOOKS: u32 = 120;
const PAUSE: Duration = Duration::from_millis(500);

/// What became of the order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// The tables that were made; the others were there.
    pub tables: Vec<String>,
    /// What this endpoint does not offer, such as point-in-time recovery on an emulator.
    pub lacks: Vec<String>,
}

/// Why tables were not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// DynamoDB did not do as told, or does not know the table.
    #[error("the table `{table}` cannot be used: {why}")]
    Failed {
        /// Which table.
        table: String,
        /// What DynamoDB said.
        why: String,
    },
    /// It was ordered and is not there.
    #[error("the table `{0}` was ordered and is not ready after a minute")]
    NotReady(String),
    /// It is not as it must be.
    #[error("the table `{table}` cannot be used: {what}")]
    Differs {
        /// Which table.
        table: String,
        /// What is different.
        what: String,
    },
}

/// Look whether the tables are there, with the keys and indexes that the store relies on.
///
/// # Errors
/// See [`TableError`].
pub async fn check_tables(client: &Client, names: &TableNames) -> Result<(), TableError> {
    for table in tables(names) {
        let answer = client.describe_table().table_name(table.name).send().await;
        let found = answer.map_err(|error| failure(table.name, &Failure::of(&error)))?.table;
        let difference = found.map_or_else(|| Some("it is not told".to_owned()), |found| difference(&table, &found));
        if let Some(what) = difference {
            return Err(TableError::Differs { table: table.name.to_owned(), what });
        }
    }
    Ok(())
}

fn difference(table: &Table<'_>, found: &TableDescription) -> Option<String> {
    if key_names(found.key_schema()) != names_of(&table.key) {
        return Some(format!("its key is not {}", names_of(&table.key).join(" and ")));
    }
    table.indexes.iter().find_map(|index| {
        let there = found.global_secondary_indexes().iter().find(|there| there.index_name() == Some(index.name));
        let Some(there) = there else { return Some(format!("it has no index `{}`", index.name)) };
        let projection = there.projection().and_then(|projection| projection.projection_type());
        let same = key_names(there.key_schema()) == names_of(&index.key) && projection == Some(&index.projection);
        (!same).then(|| format!("its index `{}` is another one", index.name))
    })
}

fn key_names(schema: &[KeySchemaElement]) -> Vec<&str> {
    schema.iter().map(KeySchemaElement::attribute_name).collect()
}

fn names_of(key: &Key) -> Vec<&str> {
    vec![key.partition.name, key.sort.name]
}

/// Make the tables that are not there, as Terraform would: on demand, protected from deletion, with point-in-time
/// recovery. They are encrypted with DynamoDB's own key; only Terraform gives them one of the deployment's.
///
/// # Errors
/// See [`TableError`].
pub async fn create_tables(client: &Client, names: &TableNames) -> Result<Made, TableError> {
    let mut made = Made::default();
    for table in tables(names) {
        if create(client, &table).await? {
            made.tables.push(table.name.to_owned());
        }
        until_ready(client, table.name).await?;
        if table.expires {
            expire(client, table.name).await?;
        }
        if !recover(client, table.name).await? {
            made.lacks.push(format!("point-in-time recovery of `{}`", table.name));
        }
    }
    check_tables(client, names).await?;
    Ok(made)
}

/// Whether it had to be made.
async fn create(client: &Client, table: &Table<'_>) -> Result<bool, TableError> {
    let failed = |error: BuildError| TableError::Failed { table: table.name.to_owned(), why: error.to_string() };
    let order = client
        .create_table()
        .table_name(table.name)
        .billing_mode(BillingMode::PayPerRequest)
        .deletion_protection_enabled(true)
        .set_attribute_definitions(Some(definitions(table).map_err(failed)?))
        .set_key_schema(Some(key_schema(&table.key).map_err(failed)?))
        .set_global_secondary_indexes(Some(table.indexes.iter().map(index).collect::<Result<_, _>>().map_err(failed)?));
    match order.send().await {
        Ok(_) => Ok(true),
        Err(SdkError::ServiceError(error)) if matches!(error.err(), CreateTableError::ResourceInUseException(_)) => {
            Ok(false)
        }
        Err(error) => Err(failure(table.name, &Failure::of(&error))),
    }
}

async fn until_ready(client: &Client, table: &str) -> Result<(), TableError> {
    for _ in 0..LOOKS {
        let answer = client.describe_table().table_name(table).send().await;
        let found = answer.map_err(|error| failure(table, &Failure::of(&error)))?.table;
        if found.and_then(|found| found.table_status) == Some(TableStatus::Active) {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(TableError::NotReady(table.to_owned()))
}

/// Switch expiry on; that it is on already is an error to DynamoDB, not to us.
async fn expire(client: &Client, table: &str) -> Result<(), TableError> {
    let on = TimeToLiveSpecification::builder().attribute_name(TTL).enabled(true).build();
    let on = on.map_err(|error| TableError::Failed { table: table.to_owned(), why: error.to_string() })?;
    match client.update_time_to_live().table_name(table).time_to_live_specification(on).send().await {
        Ok(_) => Ok(()),
        Err(error) if error.message().is_some_and(|message| message.contains("already enabled")) => Ok(()),
        Err(error) => Err(failure(table, &Failure::of(&error))),
    }
}

/// Switch point-in-time recovery on; `false` where there is none.
async fn recover(client: &Client, table: &str) -> Result<bool, TableError> {
    let on = PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(true).build();
    let on = on.map_err(|error| TableError::Failed { table: table.to_owned(), why: error.to_string() })?;
    match client.update_continuous_backups().table_name(table).point_in_time_recovery_specification(on).send().await {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Some("UnknownOperationException") => Ok(false),
        Err(error) => Err(failure(table, &Failure::of(&error))),
    }
}

/// Every attribute that is part of a key, once.
fn definitions(table: &Table<'_>) -> Result<Vec<AttributeDefinition>, BuildError> {
    let keys = std::iter::once(&table.key).chain(table.indexes.iter().map(|index| &index.key));
    let mut attributes: Vec<&Attribute> = keys.flat_map(|key| [&key.partition, &key.sort]).collect();
    attributes.sort_by_key(|attribute| attribute.name);
    attributes.dedup_by_key(|attribute| attribute.name);
    let define = |attribute: &Attribute| {
        AttributeDefinition::builder().attribute_name(attribute.name).attribute_type(attribute.kind.clone()).build()
    };
    attributes.into_iter().map(define).collect()
}

fn index(index: &Index) -> Result<GlobalSecondaryIndex, BuildError> {
    GlobalSecondaryIndex::builder()
        .index_name(index.name)
        .set_key_schema(Some(key_schema(&index.key)?))
        .projection(Projection::builder().projection_type(index.projection.clone()).build())
        .build()
}

fn key_schema(key: &Key) -> Result<Vec<KeySchemaElement>, BuildError> {
    let element =
        |attribute: &Attribute, kind| KeySchemaElement::builder().attribute_name(attribute.name).key_type(kind).build();
    Ok(vec![element(&key.partition, KeyType::Hash)?, element(&key.sort, KeyType::Range)?])
}

fn failure(table: &str, failure: &Failure) -> TableError {
    TableError::Failed { table: table.to_owned(), why: failure.to_string() }
}

#[cfg(test)]
mod tests;
