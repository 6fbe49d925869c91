#![doc = include_str!("dynamo/README.md")]

mod calls;
mod checkpoints;
mod commit;
mod cursor;
mod days;
mod due;
mod heads;
mod item;
mod life_events;
mod list;
mod outbox;
mod place;
mod read;
mod schema;
mod sessions;
mod short_memory;
mod tables;
mod trail;
mod transaction;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use aws_config::SdkConfig;
pub use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;
use daypass_vending::audit::ChainId;
use daypass_vending::ports::Entropy;
use tokio::sync::{Mutex, MutexGuard};

use self::days::Days;
pub use self::schema::{InvalidPrefix, TableNames};
pub use self::tables::{Made, TableError, check_tables, create_tables};
use self::transaction::{Cancelled, Write};
use crate::client::WatchAttempts;

/// A client of DynamoDB.
#[must_use]
pub fn client(configuration: &SdkConfig) -> Client {
    Client::from_conf(Builder::from(configuration).interceptor(WatchAttempts).build())
}

/// The records of a team: [`daypass_vending::ports::SessionStore`], [`daypass_vending::ports::AuditLog`] and
/// [`daypass_vending::ports::Outbox`] on three tables.
pub struct DynamoStore {
    client: Client,
    names: TableNames,
    entropy: Arc<dyn Entropy>,
    /// Days that are known to be known.
    open_days: Mutex<BTreeSet<(Days, String)>>,
    /// Whose turn it is to append to a chain, by the hash of its name.
    turns: [Mutex<()>; 16],
}

impl DynamoStore {
    /// The store in these tables.
    #[must_use]
    pub fn new(client: Client, names: TableNames, entropy: Arc<dyn Entropy>) -> Self {
        Self { client, names, entropy, open_days: Mutex::default(), turns: Default::default() }
    }

    async fn transact(&self, writes: Vec<Write<'_>>) -> Result<(), Cancelled> {
        transaction::write(&self.client, self.entropy.as_ref(), writes).await
    }

    /// Wait before the next try, longer each time.
    async fn pause(&self, tries: u32) {
        tokio::time::sleep(transaction::pause(tries, self.entropy.as_ref())).await;
    }

    /// Wait for the turn to append to a chain in this process. Chains that share a turn only wait longer.
    async fn turn(&self, chain: &ChainId) -> MutexGuard<'_, ()> {
        let [first, ..] = &self.turns;
        self.turns.get(heads::shard(chain)).unwrap_or(first).lock().await
    }
}

impl fmt::Debug for DynamoStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamoStore").field("names", &self.names).finish_non_exhaustive()
    }
}
