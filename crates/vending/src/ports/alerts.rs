//! Where alerts go: SNS, a webhook, a log.

use async_trait::async_trait;

use crate::alert::Alert;

/// Delivers alerts to people. Called at least once for each alert; a repeated one is better than a lost one.
#[async_trait]
pub trait AlertChannel: Send + Sync {
    /// Hand one alert over.
    ///
    /// # Errors
    /// When it was not, or may not have been, handed over.
    async fn deliver(&self, alert: &Alert) -> Result<(), AlertError>;
}

/// Why an alert was not handed over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the alert was not delivered: {0}")]
pub struct AlertError(pub String);
