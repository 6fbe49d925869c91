//! Alerts as log records: on one machine, the log is what people watch.

use async_trait::async_trait;
use daypass_vending::alert::Alert;
use daypass_vending::ports::{AlertChannel, AlertError};

/// Writes one warning per alert, with the target `daypass::alert`.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogAlerts;

#[async_trait]
impl AlertChannel for LogAlerts {
    async fn deliver(&self, alert: &Alert) -> Result<(), AlertError> {
        let facts = serde_json::to_string(&alert.facts).map_err(|error| AlertError(error.to_string()))?;
        tracing::warn!(
            target: "daypass::alert",
            {
                session.id = %alert.session,
                alert.occasion = alert.occasion.as_str(),
                alert.at = %alert.at,
                alert.facts = facts
            },
            "{}",
            alert.subject
        );
        Ok(())
    }
}
