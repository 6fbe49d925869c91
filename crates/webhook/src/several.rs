//! Several channels at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use daypass_vending::alert::Alert;
use daypass_vending::audit::Digest256;
use daypass_vending::ports::{AlertChannel, AlertError};
use futures::future::join_all;

/// Of more alerts on their way it is not remembered who took them: they are repeated to all.
const MOST_REMEMBERED: usize = 10_000;

/// Channels that all get every alert. See the README for what is repeated to whom.
pub struct Several {
    channels: Vec<Arc<dyn AlertChannel>>,
    /// Which channels took an alert that others did not take yet.
    taken: Mutex<BTreeMap<Digest256, BTreeSet<usize>>>,
}

impl Several {
    /// These channels.
    #[must_use]
    pub fn new(channels: Vec<Arc<dyn AlertChannel>>) -> Self {
        Self { channels, taken: Mutex::default() }
    }

    fn taken_by(&self, alert: &Digest256) -> BTreeSet<usize> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).get(alert).cloned().unwrap_or_default()
    }

    fn remember(&self, alert: Digest256, by: BTreeSet<usize>) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if by.len() == self.channels.len() {
            taken.remove(&alert);
        } else if taken.len() < MOST_REMEMBERED || taken.contains_key(&alert) {
            taken.insert(alert, by);
        }
    }
}

#[async_trait]
impl AlertChannel for Several {
    async fn deliver(&self, alert: &Alert) -> Result<(), AlertError> {
        let text = serde_json::to_vec(alert).map_err(|error| AlertError(error.to_string()))?;
        let id = Digest256::of(&text);
        let mut taken = self.taken_by(&id);
        let missing = self.channels.iter().enumerate().filter(|(place, _)| !taken.contains(place));
        let tries = missing.map(|(place, channel)| async move { (place, channel.deliver(alert).await) });
        let mut refused = Vec::new();
        for (place, outcome) in join_all(tries).await {
            match outcome {
                Ok(()) => drop(taken.insert(place)),
                Err(AlertError(why)) => refused.push(format!("channel {}: {why}", place + 1)),
            }
        }
        self.remember(id, taken);
        if refused.is_empty() { Ok(()) } else { Err(AlertError(refused.join("; "))) }
    }
}
