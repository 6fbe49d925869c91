//! The configuration file as it is written.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use daypass_vending::ids::{AccountId, DeploymentId, GroupName, ProjectId};
use daypass_vending::template::Partition;
use ipnet::IpNet;
use serde::Deserialize;

use super::ConfigError;
use crate::logging::LogFormat;

/// Every key of the file. The README shows an example.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfigFile {
    pub(super) listen: Option<SocketAddr>,
    pub(super) public_url: Option<String>,
    pub(super) database: Option<PathBuf>,
    pub(super) key_file: Option<PathBuf>,
    pub(super) templates_dir: Option<PathBuf>,
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
    pub(super) issuer: Option<IssuerFile>,
    pub(super) projects: Option<Vec<ProjectFile>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IssuerFile {
    pub(super) url: Option<String>,
    pub(super) audience: Option<String>,
    pub(super) jwks_file: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProjectFile {
    pub(super) id: ProjectId,
    pub(super) group: GroupName,
    pub(super) accounts: Vec<AccountId>,
}

impl ConfigFile {
    pub(super) fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        let mut file: Self = toml::from_str(&text)
            .map_err(|error| ConfigError::File { path: path.to_owned(), message: error.to_string() })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let jwks_file = file.issuer.as_mut().map(|issuer| &mut issuer.jwks_file);
        let paths = [Some(&mut file.database), Some(&mut file.key_file), Some(&mut file.templates_dir), jwks_file];
        for path in paths.into_iter().flatten().flatten() {
            *path = folder.join(&*path);
        }
        Ok(file)
    }
}
