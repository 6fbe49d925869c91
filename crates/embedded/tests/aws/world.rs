//! Simulated accounts on a clock that stands still, and documents to put into them.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use daypass_embedded::aws::{AwsOptions, Broker, CallOutcome, NewRole, SignedWith, SimulatedAws, SimulatedCall};
use daypass_embedded::clock::ManualClock;
use daypass_embedded::database::Database;
use daypass_embedded::entropy::SeededEntropy;
use daypass_vending::ids::{AccountId, RoleName, SessionId, UserId};
use daypass_vending::ports::{Assumption, Clock as _, Cloud as _, CloudError};
use daypass_vending::secret::{Credentials, ExternalId};
use jiff::Timestamp;
use serde_json::{Value, json};

/// A role in the hub account, as the deployed broker is.
pub(crate) const BROKER: &str = "arn:aws:iam::444455556666:role/daypass-broker";

/// The path of roles made here; the broker may assume what lies under it.
pub(crate) const PATH: &str = "/daypass/read-only/";

pub(crate) struct World {
    pub(crate) aws: SimulatedAws,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) account: AccountId,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(AwsOptions::new(Broker::new(BROKER).unwrap()))
    }

    pub(crate) fn with(options: AwsOptions) -> Self {
        Self::on(Database::open_in_memory().unwrap(), options, 1)
    }

    pub(crate) fn in_file(path: &Path, seed: u64) -> Self {
        Self::on(Database::open(path).unwrap(), AwsOptions::new(Broker::new(BROKER).unwrap()), seed)
    }

    fn on(database: Arc<Database>, options: AwsOptions, seed: u64) -> Self {
        let clock = Arc::new(ManualClock::new("2026-11-21T12:00:00Z".parse().unwrap()));
        let aws = SimulatedAws::new(database, clock.clone(), Arc::new(SeededEntropy::new(seed)), options);
        Self { aws, clock, account: "111122223333".parse().unwrap() }
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub(crate) fn in_seconds(&self, seconds: i64) -> Timestamp {
        self.clock.now() + jiff::SignedDuration::from_secs(seconds)
    }

    /// A role that trusts the broker and may do this.
    pub(crate) async fn role(&self, name: &str, permissions: &Value) -> RoleName {
        let role = RoleName::found(name);
        self.aws.create_role(&self.account, new_role(name)).await.unwrap();
        self.aws.put_role_policy(&self.account, &role, "permissions", &permissions.to_string()).await.unwrap();
        role
    }

    pub(crate) async fn assume(&self, role: &RoleName) -> Result<Credentials, CloudError> {
        self.assume_for(role, 3_600).await
    }

    pub(crate) async fn assume_for(&self, role: &RoleName, seconds: i32) -> Result<Credentials, CloudError> {
        self.assume_as(role, &external_id(7), &"carla".parse().unwrap(), seconds).await
    }

    pub(crate) async fn assume_as(
        &self,
        role: &RoleName,
        external_id: &ExternalId,
        user: &UserId,
        duration_seconds: i32,
    ) -> Result<Credentials, CloudError> {
        let session = SessionId::from_random([1; 16]);
        let assumption = Assumption { role, path: PATH, external_id, user, session, duration_seconds };
        self.aws.assume_role(&self.account, &assumption).await
    }

    pub(crate) async fn call(&self, credentials: &Credentials, action: &str, resource: &str) -> CallOutcome {
        self.make(credentials, call(action, resource)).await
    }

    pub(crate) async fn make(&self, credentials: &Credentials, call: SimulatedCall) -> CallOutcome {
        self.aws.call(SignedWith::from(credentials), call).await.unwrap()
    }

    /// `s3:GetObject`, in one word: `ok` or the error code.
    pub(crate) async fn read_object(&self, credentials: &Credentials) -> &'static str {
        self.call(credentials, "s3:GetObject", "arn:aws:s3:::acme-data/report").await.code().unwrap_or("ok")
    }
}

pub(crate) fn call(action: &str, resource: &str) -> SimulatedCall {
    SimulatedCall::new(action.parse().unwrap(), resource, address("192.0.2.10"))
}

pub(crate) fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

pub(crate) fn external_id(byte: u8) -> ExternalId {
    ExternalId::from_random(&[byte; 32])
}

/// A role under [`PATH`] that trusts the broker.
pub(crate) fn new_role(name: &str) -> NewRole {
    NewRole {
        name: RoleName::found(name),
        path: PATH.to_owned(),
        trust: trust(json!({})).to_string(),
        boundary_arn: None,
        tags: BTreeMap::new(),
    }
}

/// A trust policy for the broker under this condition.
pub(crate) fn trust(condition: Value) -> Value {
    trust_in(BROKER, json!(["sts:AssumeRole", "sts:SetSourceIdentity"]), condition)
}

pub(crate) fn trust_in(principal: &str, actions: Value, condition: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": actions, "Condition": condition}
    ]})
}

pub(crate) fn allow(action: &str, resource: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]})
}

pub(crate) fn deny_all() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Sid": "Stop", "Effect": "Deny", "Action": "*", "Resource": "*"}]})
}

/// An error in one word: its AWS code.
pub(crate) fn code<T>(result: Result<T, CloudError>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(CloudError::Refused { code, .. }) => code,
        Err(CloudError::NotFound(_)) => "NoSuchEntity".to_owned(),
        Err(CloudError::AlreadyExists(_)) => "EntityAlreadyExists".to_owned(),
        Err(other) => other.to_string(),
    }
}
