//! The configuration file as it is written.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use daypass_aws::client::Place;
use daypass_aws::s3::FolderAddress;
use daypass_embedded::logging::LogFormat;
use daypass_vending::ids::{AccountId, Department, DeploymentId, GroupName, ProjectId, UserId};
use daypass_vending::template::Partition;
use ipnet::IpNet;
use serde::Deserialize;

use super::ConfigError;
use super::alerts::ChannelFile;
use super::identity::{BearerToken, IssuerKind};
use super::source::{self, Source};
use super::store::StoreKind;

/// Every key of the file. The README shows an example.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfigFile {
    pub(super) listen: Option<SocketAddr>,
    pub(super) public_url: Option<String>,
    pub(super) database: Option<PathBuf>,
    pub(super) key_file: Option<PathBuf>,
    pub(super) templates_dir: Option<PathBuf>,
    pub(super) templates: Option<FolderAddress>,
    pub(super) rules: Option<PathBuf>,
    pub(super) log_format: Option<LogFormat>,
    pub(super) trusted_proxies: Option<Vec<IpNet>>,
    pub(super) metrics_networks: Option<Vec<IpNet>>,
    pub(super) rate_limit_per_minute: Option<NonZeroU32>,
    pub(super) reconcile_every_seconds: Option<i64>,
    pub(super) deployment: Option<DeploymentId>,
    pub(super) partition: Option<Partition>,
    pub(super) broker_arn: Option<String>,
    pub(super) networks: Option<Vec<IpNet>>,
    pub(super) consistency_window_seconds: Option<i64>,
    pub(super) reserved_roles: Option<u32>,
    pub(super) approval_hours: Option<i64>,
    pub(super) alerts: Option<Vec<ChannelFile>>,
    pub(super) issuer: Option<IssuerFile>,
    #[serde(default)]
    pub(super) issuers: Vec<IssuerFile>,
    pub(super) aws_identity: Option<AwsIdentityFile>,
    #[serde(default)]
    pub(super) emergency_keys: Vec<EmergencyKeyFile>,
    pub(super) aws: Option<AwsFile>,
    pub(super) store: Option<StoreFile>,
    pub(super) projects: Option<Vec<ProjectFile>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IssuerFile {
    #[serde(default)]
    pub(super) kind: IssuerKind,
    pub(super) url: Option<String>,
    pub(super) audience: Option<String>,
    pub(super) jwks_file: Option<PathBuf>,
    #[serde(default)]
    pub(super) authorized_parties: Vec<String>,
    pub(super) user_prefix: Option<String>,
    pub(super) user_claim: Option<String>,
    pub(super) groups_claim: Option<String>,
    pub(super) department_claim: Option<String>,
    pub(super) email_claim: Option<String>,
    pub(super) mfa_amr: Option<BTreeSet<String>>,
    pub(super) mfa_acr: Option<BTreeSet<String>>,
    #[serde(default)]
    pub(super) owners: BTreeSet<String>,
    #[serde(default)]
    pub(super) owner_ids: BTreeSet<String>,
    pub(super) login: Option<LoginFile>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LoginFile {
    pub(super) client_id: String,
    pub(super) scopes: Option<Vec<String>>,
    #[serde(default)]
    pub(super) token: BearerToken,
    pub(super) audience: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AwsIdentityFile {
    pub(super) server_id: String,
    pub(super) region: Option<String>,
    pub(super) sts_url: Option<String>,
    pub(super) gate_role: Option<String>,
    pub(super) session_seconds: Option<u32>,
    #[serde(default)]
    pub(super) accounts: Vec<AwsIdentityAccountFile>,
    #[serde(default)]
    pub(super) groups: Vec<AwsGroupsFile>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AwsIdentityAccountFile {
    pub(super) id: AccountId,
    #[serde(default)]
    pub(super) user_prefix: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AwsGroupsFile {
    pub(super) user: Option<UserId>,
    pub(super) arn: Option<String>,
    pub(super) groups: BTreeSet<GroupName>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EmergencyKeyFile {
    pub(super) user: UserId,
    #[serde(default)]
    pub(super) groups: BTreeSet<GroupName>,
    pub(super) public_key: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AwsFile {
    pub(super) region: Option<String>,
    pub(super) endpoint_url: Option<String>,
    pub(super) vendor_role: Option<String>,
    pub(super) vendor_external_id_file: Option<PathBuf>,
    pub(super) writes_per_second: Option<NonZeroU32>,
    pub(super) burst: Option<NonZeroU32>,
    pub(super) kms_key: Option<String>,
    pub(super) kms_signing_key: Option<String>,
    pub(super) alerts_topic_arn: Option<String>,
    pub(super) event_bus: Option<String>,
    pub(super) organization: Option<OrganizationFile>,
    pub(super) accounts: Option<Vec<AwsAccountFile>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OrganizationFile {
    pub(super) project_tag: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AwsAccountFile {
    pub(super) id: AccountId,
    pub(super) vendor_role: Option<String>,
    pub(super) vendor_external_id_file: Option<PathBuf>,
    pub(super) writes_per_second: Option<NonZeroU32>,
    pub(super) burst: Option<NonZeroU32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoreFile {
    pub(super) kind: Option<StoreKind>,
    pub(super) table_prefix: Option<String>,
    pub(super) region: Option<String>,
    pub(super) endpoint_url: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProjectFile {
    pub(super) id: ProjectId,
    pub(super) group: GroupName,
    #[serde(default)]
    pub(super) accounts: Vec<AccountId>,
    #[serde(default)]
    pub(super) organizational_units: Vec<String>,
    #[serde(default)]
    pub(super) departments: BTreeSet<Department>,
}

impl ConfigFile {
    pub(super) async fn read(source: &Source) -> Result<Self, ConfigError> {
        let text = source::text(source.as_path()).await?;
        let mut file: Self = toml::from_str(&text)
            .map_err(|error| ConfigError::File { path: source.as_path().to_owned(), message: error.to_string() })?;
        let jwks_files = file.issuer.iter_mut().chain(&mut file.issuers).map(|issuer| &mut issuer.jwks_file);
        let paths = [&mut file.database, &mut file.key_file, &mut file.templates_dir, &mut file.rules];
        let external_ids = file.aws.iter_mut().flat_map(AwsFile::external_id_files);
        for path in paths.into_iter().chain(jwks_files).chain(external_ids).flatten() {
            *path = source.beside(path);
        }
        for channel in file.alerts.iter_mut().flatten() {
            if let ChannelFile::Webhook { secret_file, .. } = channel {
                *secret_file = source.beside(secret_file);
            }
        }
        Ok(file)
    }
}

impl AwsFile {
    pub(super) fn place(&self) -> Place {
        Place { region: self.region.clone(), endpoint_url: self.endpoint_url.clone() }
    }

    fn external_id_files(&mut self) -> impl Iterator<Item = &mut Option<PathBuf>> {
        let accounts = self.accounts.iter_mut().flatten();
        accounts.map(|account| &mut account.vendor_external_id_file).chain([&mut self.vendor_external_id_file])
    }
}
