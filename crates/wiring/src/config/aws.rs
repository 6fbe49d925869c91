//! The section `[aws]`: with it, the server vends in AWS; without it, in simulated accounts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use daypass_aws::client::Place;
use daypass_aws::iam::{CloudOptions, Pace, VendorRole};
use daypass_aws::kms::KmsKeyNames;
use daypass_vending::plan::ROLE_PATH;
use daypass_vending::secret::Secret;
use daypass_vending::settings::Settings;
use daypass_vending::tier::Tiers;

use super::alerts::{self, ChannelConfig, ChannelFile};
use super::file::{AwsAccountFile, AwsFile};
use super::{ConfigError, source};

/// Everything about AWS that was decided before the start.
#[derive(Clone, Debug)]
pub struct AwsConfig {
    /// Region and endpoint.
    pub place: Place,
    /// How accounts are entered and written to.
    pub cloud: CloudOptions,
    /// Keys in KMS; the key file's when absent.
    pub keys: Option<KmsKeyNames>,
    /// Where alerts go. Never empty.
    pub alerts: Vec<ChannelConfig>,
    /// The EventBridge bus for life-cycle events; without one none are written.
    pub event_bus: Option<String>,
}

/// The vendor role's name when nobody says.
const VENDOR_ROLE: &str = "daypass-vendor";

/// Check the section against the rest of the configuration.
pub(super) async fn resolve(
    file: AwsFile,
    channels: Vec<ChannelFile>,
    settings: &Settings,
    tiers: &Tiers,
) -> Result<AwsConfig, ConfigError> {
    let (pace, place) = (Pace::default(), file.place());
    let common = VendorRole {
        name: role_name("aws.vendor_role", file.vendor_role.unwrap_or_else(|| VENDOR_ROLE.to_owned()))?,
        external_id: external_id(file.vendor_external_id_file.as_deref()).await?,
        pace: Pace {
            writes_per_second: file.writes_per_second.unwrap_or(pace.writes_per_second),
            burst: file.burst.unwrap_or(pace.burst),
        },
    };
    let known = settings.projects.accounts();
    let mut exceptions = BTreeMap::new();
    for account in file.accounts.unwrap_or_default() {
        if !known.contains(&account.id) {
            return Err(ConfigError::Value { key: "aws.accounts.id", rule: "must be an account of a project" });
        }
        let id = account.id.clone();
        if exceptions.insert(id, exception(account, &common).await?).is_some() {
            return Err(ConfigError::Value { key: "aws.accounts.id", rule: "must be listed once" });
        }
    }
    let incident_tiers: BTreeSet<_> =
        tiers.iter().filter(|tier| tier.limits.incident_required).map(|tier| tier.name.clone()).collect();
    Ok(AwsConfig {
        place,
        cloud: CloudOptions {
            partition: settings.partition,
            deployment: settings.deployment.clone(),
            session_name: format!("daypass-{}", settings.deployment),
            vendor_role: common,
            exceptions,
            incident_tiers,
        },
        keys: keys(file.kms_key, file.kms_signing_key)?,
        alerts: alerts::resolve(channels, file.alerts_topic_arn).await?,
        event_bus: file.event_bus,
    })
}

/// What an account says, and what all say where it says nothing.
async fn exception(account: AwsAccountFile, common: &VendorRole) -> Result<VendorRole, ConfigError> {
    let name = account.vendor_role.map(|name| role_name("aws.accounts.vendor_role", name)).transpose()?;
    let external_id = external_id(account.vendor_external_id_file.as_deref()).await?;
    Ok(VendorRole {
        name: name.unwrap_or_else(|| common.name.clone()),
        external_id: external_id.or_else(|| common.external_id.clone()),
        pace: Pace {
            writes_per_second: account.writes_per_second.unwrap_or(common.pace.writes_per_second),
            burst: account.burst.unwrap_or(common.pace.burst),
        },
    })
}

fn keys(encryption: Option<String>, signing: Option<String>) -> Result<Option<KmsKeyNames>, ConfigError> {
    match (encryption, signing) {
        (Some(encryption), Some(signing)) => Ok(Some(KmsKeyNames { encryption, signing })),
        (None, None) => Ok(None),
        (Some(_), None) => Err(ConfigError::Missing { key: "aws.kms_signing_key" }),
        (None, Some(_)) => Err(ConfigError::Missing { key: "aws.kms_key" }),
    }
}

/// A role's name, with its path if it has one. Not among the vended roles, which the reconciler walks through
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html> has the letters and lengths).
fn role_name(key: &'static str, name: String) -> Result<String, ConfigError> {
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte);
    let rule = if name.len() > 512 || name.split('/').any(|part| part.is_empty() || !part.bytes().all(is_legal)) {
        "must be a role's name, with its path but without the first slash, such as `daypass-vendor`"
    } else if format!("/{name}").starts_with(ROLE_PATH) {
        "must not be under `daypass/`, where vended roles are"
    } else {
        return Ok(name);
    };
    Err(ConfigError::Value { key, rule })
}

/// The external id in a file (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).
async fn external_id(path: Option<&Path>) -> Result<Option<Secret>, ConfigError> {
    let Some(path) = path else { return Ok(None) };
    let text = Secret::new(source::text(path).await?.trim().to_owned());
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&byte);
    if (2..=1224).contains(&text.reveal().len()) && text.reveal().bytes().all(is_legal) {
        return Ok(Some(text));
    }
    // The text itself is a secret, and stays out of the message.
    let message = "an external id is 2 to 1224 letters, digits and `_+=,.@:/-`".to_owned();
    Err(ConfigError::File { path: path.to_owned(), message })
}
