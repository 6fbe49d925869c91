//! Configuration: one TOML file, overridden by `DAYPASS_*` variables, read once at start. Unknown keys and variables are
//! errors: a misspelt limit that is silently ignored is worse than a server that does not start.

mod alerts;
mod aws;
mod cleanup;
mod file;
mod identity;
mod organization;
mod rules;
mod source;
mod store;
mod variables;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use daypass_aws::client::{ClientError, configuration};
use daypass_aws::organization::OrganizationError;
use daypass_aws::s3::{InvalidAddress, ObjectError, StoredTiersError, stored_tiers};
use daypass_embedded::logging::LogFormat;
use daypass_embedded::tiers::{ReadError, read_tiers};
use daypass_entitlements::RulesError;
use daypass_identity::{AwsSettingsError, KeysError, SourcesError};
use daypass_vending::guard::{GuardError, ProvedTiers};
use daypass_vending::settings::{Networks, Project, Projects, ProjectsError, Settings};
use ipnet::IpNet;
use jiff::SignedDuration;

pub use alerts::ChannelConfig;
pub use aws::AwsConfig;
pub use cleanup::CleanupConfig;
use file::ConfigFile;
pub use identity::{BearerToken, IdentityConfig, LoginConfig};
pub use rules::RulesConfig;
pub use source::{CONFIG_VARIABLE, Source};
pub use store::StoreConfig;
pub use variables::{VARIABLES, Variable};

/// Everything that was decided before the start.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The database file.
    pub database: PathBuf,
    /// The key file.
    pub key_file: PathBuf,
    /// Where records are kept.
    pub store: StoreConfig,
    /// Who proves who somebody is.
    pub identity: IdentityConfig,
    /// How the API behaves.
    pub api: ApiConfig,
    /// What the domain needs to know.
    pub settings: Settings,
    /// The tiers.
    pub tiers: ProvedTiers,
    /// The rules.
    pub rules: RulesConfig,
    /// How long the reconciler pauses at most.
    pub reconcile_every: SignedDuration,
    /// How logs are written.
    pub log_format: LogFormat,
    /// How to vend in AWS; in simulated accounts when absent.
    pub aws: Option<AwsConfig>,
}

/// How the API behaves, as far as the configuration says.
#[derive(Clone, Debug)]
pub struct ApiConfig {
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How many calls a person has in a minute.
    pub rate_limit_per_minute: Option<NonZeroU32>,
    /// From where `/metrics` may be read.
    pub metrics_networks: Option<Vec<IpNet>>,
    /// Where people reach the server, for the OpenAPI document.
    pub public_url: Option<String>,
}

/// Why a configuration cannot be used. `Display` says what to change.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Nothing says which configuration.
    #[error("`{CONFIG_VARIABLE}` does not name a configuration file")]
    Unnamed,
    /// An address in S3 is none.
    #[error(transparent)]
    Address(#[from] InvalidAddress),
    /// S3 cannot be asked.
    #[error("S3 cannot be used")]
    Client(#[from] ClientError),
    /// An object cannot be read.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// The tiers in S3 cannot be used.
    #[error(transparent)]
    StoredTiers(#[from] Box<StoredTiersError>),
    /// The accounts of the organisation are not known.
    #[error("the accounts of the projects are not known")]
    Organization(#[from] OrganizationError),
    /// A file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not what it should be.
    #[error("`{}` is wrong: {message}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What is wrong, with its place.
        message: String,
    },
    /// A variable is not what it should be.
    #[error("`{name}` is wrong: {message}")]
    Variable {
        /// Which variable.
        name: String,
        /// What is wrong.
        message: String,
    },
    /// A key that has no default is not set.
    #[error("`{key}` is not set in the configuration file")]
    Missing {
        /// Which key.
        key: &'static str,
    },
    /// A value makes no sense.
    #[error("`{key}` {rule}")]
    Value {
        /// Which key.
        key: &'static str,
        /// What is expected.
        rule: &'static str,
    },
    /// A file has no keys that verify tokens.
    #[error("`{}` cannot be used as a key set", path.display())]
    Keys {
        /// Which file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: KeysError,
    },
    /// Those who vouch for people do not go together.
    #[error("nobody can prove who they are")]
    Sources(#[from] SourcesError),
    /// AWS identities.
    #[error("`aws_identity` cannot be used")]
    AwsIdentity(#[from] AwsSettingsError),
    /// The projects do not go together.
    #[error("`projects` cannot be used")]
    Projects(#[from] ProjectsError),
    /// The rules cannot be used.
    #[error("the rules in `{}` cannot be used", path.display())]
    Rules {
        /// Which file.
        path: PathBuf,
        /// Why, with its place.
        #[source]
        source: RulesError,
    },
    /// The tiers cannot be used.
    #[error("the tiers cannot be used")]
    Tiers(#[from] GuardError),
}

impl ConfigError {
    /// What to do about it, where that is not what the message says.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Object(error) => Some(error.hint()),
            Self::StoredTiers(error) => Some(error.hint()),
            Self::Organization(error) => Some(error.hint()),
            Self::Tiers(error) => Some(error.hint()),
            Self::Rules { .. } => Some("`daypass rules check FILE` says the same without a server"),
            _ => None,
        }
    }
}

impl From<ReadError> for ConfigError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unreadable { path, source } => Self::Unreadable { path, source },
            ReadError::Tiers(error) => Self::Tiers(error),
        }
    }
}

impl Config {
    /// Read the file, override it by the variables, and check everything. Paths in the file are relative to its folder.
    ///
    /// # Errors
    /// See [`ConfigError`]; the first thing that is wrong.
    pub async fn load(source: &Source, variables: impl Iterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let mut file = ConfigFile::read(source).await?;
        variables::apply(&mut file, variables)?;
        Self::resolve(file).await
    }

    async fn resolve(mut file: ConfigFile) -> Result<Self, ConfigError> {
        organization::add_accounts(&mut file).await?;
        let settings = settings(&mut file)?;
        let tiers = tiers(&file).await?;
        let identity = identity::resolve(&mut file).await?;
        let rules = RulesConfig::load(file.rules).await?;
        let database = file.database.unwrap_or_else(|| PathBuf::from("daypass.sqlite"));
        let channels = file.alerts.unwrap_or_default();
        let aws = match file.aws {
            Some(aws) => Some(aws::resolve(aws, channels, &settings, &tiers).await?),
            None if channels.is_empty() => None,
            None => {
                let rule = "need `aws`: alerts of simulated accounts go to the log";
                return Err(ConfigError::Value { key: "alerts", rule });
            }
        };
        let store = store::resolve(file.store, aws.as_ref())?;
        Ok(Self {
            aws,
            store,
            listen: file.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 7878))),
            key_file: file.key_file.unwrap_or_else(|| database.with_extension("keys")),
            database,
            identity,
            api: ApiConfig {
                trusted_proxies: file.trusted_proxies.unwrap_or_default(),
                rate_limit_per_minute: file.rate_limit_per_minute,
                metrics_networks: file.metrics_networks,
                public_url: file.public_url,
            },
            settings,
            tiers,
            rules,
            reconcile_every: seconds("reconcile_every_seconds", file.reconcile_every_seconds.unwrap_or(60), 1..=3600)?,
            log_format: file.log_format.unwrap_or_default(),
        })
    }
}

/// The tiers that are named, or the built-in ones where none are. A store that is named and empty is an error: whoever names
/// one would be surprised by other tiers than its own.
async fn tiers(file: &ConfigFile) -> Result<ProvedTiers, ConfigError> {
    match (&file.templates, &file.templates_dir) {
        (Some(_), Some(_)) => {
            Err(ConfigError::Value { key: "templates", rule: "and `templates_dir` cannot both be set" })
        }
        (Some(folder), None) => {
            let place = file.aws.as_ref().map(file::AwsFile::place).unwrap_or_default();
            let config = configuration(&place).await?;
            Ok(stored_tiers(&config, folder, None).await.map_err(Box::new)?.prove()?)
        }
        (None, Some(directory)) => Ok(read_tiers(directory)?.prove()?),
        (None, None) => Ok(ProvedTiers::shipped()?),
    }
}

/// Every variable of this process that might be for us. What is not UTF-8 is none of ours by name, or turns out wrong by
/// value.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())))
}

/// What the domain needs to know.
fn settings(file: &mut ConfigFile) -> Result<Settings, ConfigError> {
    let organization = file.aws.as_ref().and_then(|aws| aws.organization.as_ref());
    let has_tag = organization.is_some_and(|organization| organization.project_tag.is_some());
    Ok(Settings {
        deployment: file.deployment.take().ok_or(ConfigError::Missing { key: "deployment" })?,
        partition: file.partition.unwrap_or_default(),
        broker_arn: file.broker_arn.take().ok_or(ConfigError::Missing { key: "broker_arn" })?,
        networks: Networks::new(file.networks.take().ok_or(ConfigError::Missing { key: "networks" })?)
            .ok_or(ConfigError::Value { key: "networks", rule: "must name at least one network" })?,
        projects: projects(file.projects.take().ok_or(ConfigError::Missing { key: "projects" })?, has_tag)?,
        consistency_window: seconds(
            "consistency_window_seconds",
            file.consistency_window_seconds.unwrap_or(30),
            0..=600,
        )?,
        reserved_roles: file.reserved_roles.unwrap_or(20),
        approval_time: approval_time(file.approval_hours.unwrap_or(24))?,
    })
}

/// A project without accounts is a mistake where they are listed; an organisation may have none for it yet.
fn projects(list: Vec<file::ProjectFile>, has_tag: bool) -> Result<Projects, ConfigError> {
    let projects = list.into_iter().map(|project| {
        let is_listed = !has_tag && project.organizational_units.is_empty();
        let accounts: BTreeSet<_> = project.accounts.into_iter().collect();
        if accounts.is_empty() && is_listed {
            return Err(ConfigError::Value { key: "projects.accounts", rule: "must name at least one account" });
        }
        let (id, group, departments) = (project.id, project.group, project.departments);
        Ok(Project { id, accounts, group, departments })
    });
    Ok(Projects::new(projects.collect::<Result<_, _>>()?)?)
}

/// A week is the longest: who asked then has forgotten what it was for.
fn approval_time(hours: i64) -> Result<SignedDuration, ConfigError> {
    if (1..=168).contains(&hours) {
        Ok(SignedDuration::from_hours(hours))
    } else {
        Err(ConfigError::Value { key: "approval_hours", rule: "must be from 1 to 168" })
    }
}

fn seconds(
    key: &'static str,
    seconds: i64,
    range: std::ops::RangeInclusive<i64>,
) -> Result<SignedDuration, ConfigError> {
    if range.contains(&seconds) {
        Ok(SignedDuration::from_secs(seconds))
    } else {
        Err(ConfigError::Value { key, rule: "is out of range" })
    }
}

#[cfg(test)]
mod tests;
