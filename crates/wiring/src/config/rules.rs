//! The rules that the configuration names, read and checked before anything starts, and again when they are reloaded.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use daypass_entitlements::{CedarAuthorizer, LiveRules};

use super::{ConfigError, source};

/// The rules in force, and where they come from.
#[derive(Clone, Debug)]
pub struct RulesConfig {
    /// Where they are kept; `None` for the shipped ones.
    pub path: Option<PathBuf>,
    /// The rules.
    pub live: Arc<LiveRules>,
}

impl RulesConfig {
    pub(super) async fn load(path: Option<PathBuf>) -> Result<Self, ConfigError> {
        let rules = match &path {
            Some(path) => CedarAuthorizer::new(&source::text(path).await?)
                .map_err(|source| ConfigError::Rules { path: path.clone(), source })?,
            None => CedarAuthorizer::with_defaults()
                .map_err(|source| ConfigError::Rules { path: PathBuf::from("the shipped rules"), source })?,
        };
        Ok(Self { path, live: Arc::new(LiveRules::new(rules)) })
    }

    /// The text of these rules as it is now.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn read(path: &Path) -> Result<String, ConfigError> {
        source::text(path).await
    }
}
