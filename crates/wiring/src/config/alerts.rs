//! Where alerts go.

use std::path::PathBuf;

use daypass_vending::secret::Secret;
use serde::Deserialize;
use url::Url;

use super::{ConfigError, source};

/// One `[[alerts]]` of the file.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum ChannelFile {
    /// The log.
    Log {},
    /// An SNS topic.
    Sns {
        /// Which.
        topic_arn: String,
    },
    /// An address that takes signed calls.
    Webhook {
        /// Which.
        url: Url,
        /// What it is signed with.
        secret_file: PathBuf,
    },
}

/// One place that alerts go to.
#[derive(Clone, Debug)]
pub enum ChannelConfig {
    /// The log.
    Log,
    /// An SNS topic.
    Sns(String),
    /// An address, and the secret that calls are signed with.
    Webhook(Url, Secret),
}

/// The channels that are named; the topic of `aws.alerts_topic_arn` is one of them. The log alone, where none is.
pub(super) async fn resolve(
    files: Vec<ChannelFile>,
    topic_arn: Option<String>,
) -> Result<Vec<ChannelConfig>, ConfigError> {
    let mut channels: Vec<ChannelConfig> = topic_arn.into_iter().map(ChannelConfig::Sns).collect();
    for file in files {
        channels.push(match file {
            ChannelFile::Log {} => ChannelConfig::Log,
            ChannelFile::Sns { topic_arn } => ChannelConfig::Sns(topic_arn),
            ChannelFile::Webhook { url, secret_file } => {
                let secret = source::text(&secret_file).await?;
                ChannelConfig::Webhook(url, Secret::new(secret.trim().to_owned()))
            }
        });
    }
    if channels.is_empty() {
        channels.push(ChannelConfig::Log);
    }
    Ok(channels)
}
