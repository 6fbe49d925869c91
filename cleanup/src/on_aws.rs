//! The deployment in AWS itself: what is found, and the verbs of [`Estate`] on it.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::sync::Arc;

use async_trait::async_trait;
use daypass_aws::client::{ClientError, Place, SdkConfig, configuration};
use daypass_aws::deployment::{Action, Deployment, Entrance, Presence, Progress, Resource, What};
use daypass_aws::dynamo::{DynamoStore, InvalidPrefix, TableNames, client};
use daypass_aws::iam::{AwsCloud, CloudOptions, NoRegion, Pace, VendorRole};
use daypass_aws::kms::{KmsKeyNames, KmsKeys};
use daypass_aws::s3::{ObjectAddress, Objects};
use daypass_aws::sns::SnsAlerts;
use daypass_embedded::alerts::LogAlerts;
use daypass_embedded::clock::SystemClock;
use daypass_embedded::entropy::SystemEntropy;
use daypass_vending::ids::{AccountId, InvalidId, UserId};
use daypass_vending::ports::{
    AlertChannel, Clock, Cloud, CloudError, PageRequest, Records, SessionFilter, SessionStore, StoreError,
};
use daypass_vending::secret::Secret;
use daypass_vending::template::Partition;
use futures::stream::{self, StreamExt};
use jiff::SignedDuration;

use crate::arguments::Arguments;
use crate::estate::{Ended, Estate, SessionsLeft};
use crate::plan::{Account, Found, Sessions};
use crate::sessions::roles::Roles;
use crate::sessions::{LIVE, OnRecord, OnRecordError, Parts, chain};

/// How many accounts are looked into at once.
const ACCOUNTS_AT_ONCE: usize = 8;

/// The longest a file with an external id may be, in bytes.
const EXTERNAL_ID_LIMIT: usize = 4_096;

/// A deployment, with what it takes to remove it.
pub(crate) struct OnAws {
    deployment: Deployment,
    cloud: Arc<AwsCloud>,
    /// The role that other accounts are entered by, when it is one of the deployment's own.
    entrance: Option<Entrance>,
    on_record: Option<OnRecord>,
    accounts: BTreeSet<AccountId>,
    given_up: BTreeSet<AccountId>,
    window: SignedDuration,
}

/// Why a deployment cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SurveyError {
    #[error("AWS cannot be used")]
    Client(#[from] ClientError),
    #[error("AWS cannot be used")]
    Region(#[from] NoRegion),
    #[error("AWS does not say what there is")]
    Find(#[from] CloudError),
    #[error("the external id cannot be read from `{place}`: {why}")]
    ExternalId { place: String, why: String },
    #[error("the records cannot be read; --without-records does without them")]
    Records(#[from] StoreError),
    #[error("the tables have names that are none")]
    Prefix(#[from] InvalidPrefix),
    #[error("sessions cannot be ended on record")]
    OnRecord(#[from] OnRecordError),
    #[error("a name is not valid")]
    Name(#[from] InvalidId),
}

impl OnAws {
    /// Look at a deployment: what carries its tag, and where it has sessions.
    pub(crate) async fn survey(
        arguments: &Arguments,
        tell: &(dyn Fn(String) + Send + Sync),
    ) -> Result<(Self, Found), SurveyError> {
        let place = Place { region: arguments.region.clone(), endpoint_url: arguments.endpoint_url.clone() };
        let config = configuration(&place).await?;
        let deployment = Deployment::new(&config, arguments.deployment.clone(), arguments.key_days).await?;
        tell(format!("looking for deployment {} in account {}", deployment.id(), deployment.account()));
        let resources = deployment.find().await?;
        let entrance = arguments.enter_as.as_deref().map(|role| deployment.entrance(&config, role));
        let entering = entrance.as_ref().map_or_else(|| config.clone(), |entrance| entrance.config.clone());
        let options = options(arguments, &deployment, external_id(arguments, &config).await?);
        // At home whoever runs this acts for themselves: they may remove everything there.
        let cloud = AwsCloud::new(entering.clone(), options)?;
        let cloud = Arc::new(cloud.at_home_in(deployment.account().clone(), config.clone()));
        let records = if arguments.without_records { None } else { records(&config, &resources)? };
        let mut accounts: BTreeSet<AccountId> = arguments.accounts.iter().cloned().collect();
        accounts.insert(deployment.account().clone());
        let on_record = match &records {
            Some(records) => {
                tell("reading the records".to_owned());
                let (known, live) = known(records.as_ref()).await?;
                accounts.extend(known);
                Some(live)
            }
            None => None,
        };
        let given_up: BTreeSet<AccountId> = arguments.skipped_accounts.iter().cloned().collect();
        accounts.retain(|account| !given_up.contains(account));
        let ender = match records {
            Some(records) => Some(OnRecord::new(parts(
                (&config, &entering),
                &deployment,
                &resources,
                cloud.clone(),
                records,
                arguments,
            )?)?),
            None => None,
        };
        let window = arguments.window();
        let survey = Self { deployment, cloud, entrance, on_record: ender, accounts, given_up, window };
        let sessions = Sessions { on_record, accounts: survey.look_into_accounts(tell).await };
        Ok((survey, Found { resources, sessions }))
    }

    /// The deployment.
    pub(crate) fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    async fn look_into_accounts(&self, tell: &(dyn Fn(String) + Send + Sync)) -> Vec<Account> {
        tell(format!("looking into {} accounts", self.accounts.len()));
        let looks = stream::iter(self.accounts.clone()).map(|account| async move {
            let id = account.to_string();
            if self.entrance.is_some() && account != *self.deployment.account() {
                // Not before its entrance is open, which the plan is asked about first.
                return Account { id, roles: None, trouble: None };
            }
            match self.roles().list(&account).await {
                Ok(roles) => Account { id, roles: Some(roles.len()), trouble: None },
                Err(error) => Account { id, roles: None, trouble: Some(error.to_string()) },
            }
        });
        let mut accounts: Vec<Account> = looks.buffer_unordered(ACCOUNTS_AT_ONCE).collect().await;
        accounts.sort_by(|one, other| one.id.cmp(&other.id));
        accounts
    }

    fn roles(&self) -> Roles<'_> {
        Roles {
            cloud: self.cloud.as_ref(),
            clock: &SystemClock,
            deployment: self.deployment.id(),
            consistency_window: self.window,
        }
    }

    async fn remove_roles(&self, tell: &(dyn Fn(String) + Send + Sync)) -> Result<usize, SessionsLeft> {
        let removals = stream::iter(self.accounts.clone()).map(|account| async move {
            let removed = self.roles().remove_all(&account).await;
            removed.map_err(|error| format!("account {account}: {error}"))
        });
        let mut removals = removals.buffer_unordered(ACCOUNTS_AT_ONCE);
        let (mut removed, mut looked, mut troubles) = (0, 0, Vec::new());
        while let Some(removal) = removals.next().await {
            looked += 1;
            match removal {
                Ok(count) => removed += count,
                Err(trouble) => troubles.push(trouble),
            }
            tell(format!("{looked} of {} accounts", self.accounts.len()));
        }
        if troubles.is_empty() { Ok(removed) } else { Err(SessionsLeft { troubles }) }
    }
}

#[async_trait]
impl Estate for OnAws {
    async fn look(&self, resource: &Resource) -> Result<Presence, CloudError> {
        self.deployment.look(resource).await
    }

    async fn change(&self, action: Action, resource: &Resource) -> Result<Progress, CloudError> {
        self.deployment.change(action, resource).await
    }

    async fn end_sessions(&self, tell: &(dyn Fn(String) + Send + Sync)) -> Result<Ended, SessionsLeft> {
        if let Some(entrance) = &self.entrance {
            tell("opening the entrance to other accounts".to_owned());
            let opened = self.deployment.open(entrance).await;
            opened
                .map_err(|error| SessionsLeft { troubles: vec![format!("no entrance to other accounts: {error}")] })?;
        }
        let mut ended = match &self.on_record {
            Some(on_record) => on_record.end_all(&self.given_up, tell).await?,
            None => Ended::default(),
        };
        ended.roles += self.remove_roles(tell).await?;
        Ok(ended)
    }

    async fn look_again(&self, tell: &(dyn Fn(String) + Send + Sync)) -> Result<Ended, SessionsLeft> {
        Ok(Ended { roles: self.remove_roles(tell).await?, ..Ended::default() })
    }
}

/// The records, when all their tables are the deployment's and still there.
fn records(config: &SdkConfig, resources: &[Resource]) -> Result<Option<Arc<dyn Records>>, InvalidPrefix> {
    let names: BTreeSet<&str> =
        resources.iter().filter(|resource| matches!(resource.what, What::Table { .. })).map(Resource::name).collect();
    let prefix = names
        .iter()
        .filter_map(|name| name.strip_suffix("sessions"))
        .find(|prefix| ["audit", "records"].iter().all(|kind| names.contains(format!("{prefix}{kind}").as_str())));
    let Some(prefix) = prefix else { return Ok(None) };
    let store = DynamoStore::new(client(config), TableNames::with_prefix(prefix)?, Arc::new(SystemEntropy));
    Ok(Some(Arc::new(store)))
}

/// Every account that any session on record is or was in, and how many sessions may have a role.
async fn known(records: &dyn Records) -> Result<(BTreeSet<AccountId>, usize), StoreError> {
    let (mut accounts, mut live, mut cursor) = (BTreeSet::new(), 0, None);
    loop {
        let store: &dyn SessionStore = records;
        let page = store.sessions(&SessionFilter::default(), &PageRequest { cursor, limit: 200 }).await?;
        for session in page.items {
            live += usize::from(LIVE.contains(&session.status()));
            accounts.insert(session.facts().request.account.clone());
        }
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok((accounts, live)),
        }
    }
}

/// `config` acts as whoever runs this, `entering` as the role that other accounts are entered by: it may sign the trail.
fn parts(
    (config, entering): (&SdkConfig, &SdkConfig),
    deployment: &Deployment,
    resources: &[Resource],
    cloud: Arc<AwsCloud>,
    records: Arc<dyn Records>,
    arguments: &Arguments,
) -> Result<Parts, InvalidId> {
    let topic = resources.iter().find(|resource| resource.what == What::Topic);
    let alerts: Arc<dyn AlertChannel> = match topic {
        Some(topic) => Arc::new(SnsAlerts::new(config, topic.arn.clone())),
        None => Arc::new(LogAlerts),
    };
    let key = |signing: bool| {
        let found = resources.iter().find(|key| matches!(key.what, What::Key { signs, .. } if signs == signing));
        found.map(|key| key.arn.clone()).unwrap_or_default()
    };
    let cloud: Arc<dyn Cloud> = cloud;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Ok(Parts {
        deployment: deployment.id().clone(),
        partition: partition(deployment),
        records,
        cloud,
        keys: Arc::new(KmsKeys::new(entering, KmsKeyNames { encryption: key(false), signing: key(true) })),
        alerts,
        clock,
        entropy: Arc::new(SystemEntropy),
        consistency_window: arguments.window(),
        operator: operator(deployment.caller_arn())?,
    })
}

fn options(arguments: &Arguments, deployment: &Deployment, external_id: Option<Secret>) -> CloudOptions {
    let pace = Pace::default();
    // Nobody else is at work any more, so that there is no need to leave them room.
    let doubled = |number: NonZeroU32| number.saturating_mul(NonZeroU32::MIN.saturating_add(1));
    let pace = Pace { writes_per_second: doubled(pace.writes_per_second), burst: doubled(pace.burst) };
    CloudOptions {
        partition: partition(deployment),
        deployment: arguments.deployment.clone(),
        session_name: "daypass-teardown".to_owned(),
        vendor_role: VendorRole { name: arguments.vendor_role.clone(), external_id, pace },
        exceptions: BTreeMap::new(),
        incident_tiers: BTreeSet::new(),
    }
}

fn partition(deployment: &Deployment) -> Partition {
    let all = [Partition::Aws, Partition::China, Partition::GovCloud];
    let found = deployment.caller_arn().split(':').nth(1);
    all.into_iter().find(|partition| Some(partition.as_str()) == found).unwrap_or_default()
}

/// The external id in a file, or in an object of S3 as the servers have it.
async fn external_id(arguments: &Arguments, config: &SdkConfig) -> Result<Option<Secret>, SurveyError> {
    let Some(path) = &arguments.vendor_external_id_file else { return Ok(None) };
    let place = path.display().to_string();
    let failed = |why: String| SurveyError::ExternalId { place: place.clone(), why };
    let bytes = if ObjectAddress::is_meant_by(&place) {
        let address: ObjectAddress = place.parse().map_err(|error| failed(chain(&error)))?;
        let object = Objects::new(config, None).read(&address, EXTERNAL_ID_LIMIT).await;
        object.map_err(|error| failed(chain(&error)))?.bytes
    } else {
        std::fs::read(path).map_err(|error| failed(error.to_string()))?
    };
    let text = String::from_utf8(bytes).map_err(|_| failed("it is not text".to_owned()))?;
    Ok(Some(Secret::new(text.trim().to_owned())))
}

/// Whoever runs this, as they stand in the trail: the last part of their ARN, in the letters of a user's id.
fn operator(arn: &str) -> Result<UserId, InvalidId> {
    let name = arn.rsplit(['/', ':']).next().unwrap_or_default();
    let legal: String =
        name.chars().filter(|letter| letter.is_ascii_alphanumeric() || "+=.@_-".contains(*letter)).collect();
    let legal: String = legal.chars().take(64).collect();
    legal.parse().or_else(|_| "operator".parse())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_runs_it_stands_in_the_trail_by_name() {
        let name = |arn| operator(arn).unwrap().to_string();
        assert_eq!(name("arn:aws:sts::111122223333:assumed-role/Admin/ada@example.com"), "ada@example.com");
        assert_eq!(name("arn:aws:iam::111122223333:user/ops/ada"), "ada");
        assert_eq!(name("arn:aws:iam::111122223333:root"), "root");
        assert_eq!(name(""), "operator");
    }
}
