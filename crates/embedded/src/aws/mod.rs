//! Simulated AWS accounts: IAM, STS, and whether a call would be allowed, as AWS documents them.
//!
//! They stand in for AWS in embedded mode and in tests, and so must be wrong nowhere that matters: what the domain relies
//! on (name rules, quotas, error codes, the order of deletion, credentials that die with their role, policies decided by
//! the policy core) is held to the AWS page named next to it. Eventual consistency and throttling can be turned on.
//!
//! What they know lives in the database file and survives a restart. Accounts need not be made; an unknown one is empty.

mod call;
mod cloud;
mod context;
mod credentials;
mod errors;
mod hand;
mod iam;
mod names;
mod objects;
mod options;
mod rules;
mod sts;
mod throttle;

use std::sync::{Arc, Mutex, PoisonError};

use daypass_vending::ids::AccountId;
use daypass_vending::ports::{Clock, CloudError, Entropy};
use jiff::Timestamp;

pub use call::{CallOutcome, CredentialFault, SignedWith, SimulatedCall};
pub use hand::{BoundaryError, NewRole};
pub use options::{AwsOptions, Broker, BrokerError};
pub use throttle::Throttle;

use crate::database::{Database, JobError};
use iam::Stamp;
use objects::{Objects, Work};
use throttle::Buckets;

/// The simulated accounts.
pub struct SimulatedAws {
    database: Arc<Database>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    options: Arc<AwsOptions>,
    buckets: Mutex<Buckets>,
}

impl SimulatedAws {
    /// The accounts that this database knows, behaving like this from now on.
    #[must_use]
    pub fn new(database: Arc<Database>, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>, options: AwsOptions) -> Self {
        Self { database, clock, entropy, options: Arc::new(options), buckets: Mutex::default() }
    }

    /// Make a call with credentials, and say what AWS would say.
    ///
    /// # Errors
    /// When the records cannot be read; a refusal is an outcome.
    pub async fn call(&self, signed: SignedWith, call: SimulatedCall) -> Result<CallOutcome, CloudError> {
        let (now, options) = (self.clock.now(), Arc::clone(&self.options));
        let outcome = self.database.read(move |transaction| {
            let Some(issued) = credentials::recall(transaction, &signed.access_key_id)? else {
                return Ok(CallOutcome::Rejected(CredentialFault::Unknown));
            };
            let objects =
                Objects { connection: transaction, account: &issued.account, now, delay: options.consistency_delay };
            match call::authenticate(objects, &signed, &issued, call.at.unwrap_or(now))? {
                Ok(session) => call::decide(objects, &options, &session, &call),
                Err(fault) => Ok(CallOutcome::Rejected(fault)),
            }
        });
        outcome.await.map_err(cloud_error)
    }

    /// Read one account's objects.
    async fn read<T: Send + 'static>(
        &self,
        account: &AccountId,
        work: impl FnOnce(Objects<'_>) -> Work<T> + Send + 'static,
    ) -> Result<T, CloudError> {
        let (account, now, delay) = (account.clone(), self.clock.now(), self.options.consistency_delay);
        let job = self
            .database
            .read(move |transaction| work(Objects { connection: transaction, account: &account, now, delay }));
        job.await.map_err(cloud_error)
    }

    /// Change one account's objects, whatever the throttle says.
    async fn write<T: Send + 'static>(
        &self,
        account: &AccountId,
        work: impl FnOnce(Objects<'_>) -> Work<T> + Send + 'static,
    ) -> Result<T, CloudError> {
        let (account, now, delay) = (account.clone(), self.clock.now(), self.options.consistency_delay);
        let job = self
            .database
            .write(move |transaction| work(Objects { connection: transaction, account: &account, now, delay }));
        job.await.map_err(cloud_error)
    }

    /// What IAM adds to a role that is made now.
    fn stamp(&self) -> Stamp {
        Stamp { unique_id: names::role_id(&*self.entropy), created_at: whole_second(self.clock.now()) }
    }

    /// Change one account's objects as a caller of IAM, who can be throttled.
    async fn call_iam(
        &self,
        account: &AccountId,
        work: impl FnOnce(Objects<'_>) -> Work<()> + Send + 'static,
    ) -> Result<(), CloudError> {
        if let Some(throttle) = self.options.throttle {
            let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
            buckets.take(throttle, account, self.clock.now())?;
        }
        self.write(account, work).await
    }
}

/// A time as IAM and STS tell it: in whole seconds.
fn whole_second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

/// Trouble with the records as trouble with AWS.
fn cloud_error(error: JobError<CloudError>) -> CloudError {
    match error {
        JobError::Declined(why) => why,
        JobError::Unknown(text) => CloudError::Unknown(text),
        JobError::Sqlite(error) => CloudError::Unavailable(error.to_string()),
        JobError::Corrupt(text) | JobError::Unavailable(text) => CloudError::Unavailable(text),
    }
}
