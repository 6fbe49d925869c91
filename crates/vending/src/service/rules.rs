//! Rules that are exchanged while Daypass runs. Deciding by them is the adapter's; that they changed belongs on the trail.

use crate::audit::{Actor, ChainId, EventDraft, Outcome};
use crate::ports::StoreError;
use crate::service::Vending;

impl Vending {
    /// Put on record that whoever runs the server exchanged the rules with the hash `before` for those with the hash `after`,
    /// or why they could not.
    ///
    /// # Errors
    /// When it cannot be recorded: then the rules must stay as they are (invariant 10).
    pub async fn record_rules(&self, before: &str, after: &str, refused: Option<&str>) -> Result<(), StoreError> {
        let outcome = if refused.is_some() { Outcome::Refused } else { Outcome::Done };
        let event = EventDraft::new(ChainId::system(), self.now(), Actor::Broker, "rules.reload", outcome)
            .with("rules_hash_before", before)
            .with("rules_hash", after);
        let event = refused.into_iter().fold(event, |event, why| event.with("why", why));
        self.deps.audit.record(&event).await
    }
}
