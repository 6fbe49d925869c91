//! Where the alerts of a world arrive.

use daypass_vending::alert::Alert;
use daypass_vending::ports::{AlertChannel, AlertError};

/// An alert channel that keeps what it is given, and can be down.
#[derive(Debug, Default)]
pub struct CollectedAlerts(std::sync::Mutex<Collected>);

#[derive(Debug, Default)]
struct Collected {
    alerts: Vec<Alert>,
    is_down: bool,
}

impl CollectedAlerts {
    /// What arrived.
    #[must_use]
    pub fn all(&self) -> Vec<Alert> {
        self.0.lock().expect("the alerts").alerts.clone()
    }

    /// Switch the channel off or on.
    pub fn set_down(&self, is_down: bool) {
        self.0.lock().expect("the alerts").is_down = is_down;
    }
}

#[async_trait::async_trait]
impl AlertChannel for CollectedAlerts {
    async fn deliver(&self, alert: &Alert) -> Result<(), AlertError> {
        let mut collected = self.0.lock().expect("the alerts");
        if collected.is_down {
            return Err(AlertError("the channel is down".to_owned()));
        }
        collected.alerts.push(alert.clone());
        Ok(())
    }
}
