//! Life-cycle events to an EventBridge bus, for other programs. `crates/aws/events/session.schema.json` says what they look
//! like; that is a promise: fields may be added, none changes its meaning.

mod batch;
mod detail;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::PutEventsResultEntry;
use daypass_vending::life_event::LifeEvent;
use daypass_vending::ports::{EventBus, EventBusError};

use crate::errors::Failure;
use batch::{Prepared, batches};

/// A bus as an [`EventBus`].
#[derive(Debug)]
pub struct EventBridgeBus {
    client: Client,
    bus: String,
}

impl EventBridgeBus {
    /// The bus of this name or ARN.
    #[must_use]
    pub fn new(config: &SdkConfig, bus: String) -> Self {
        Self { client: Client::new(config), bus }
    }

    /// One call. EventBridge takes some of a call's events and refuses others
    /// (<https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>).
    async fn put(&self, batch: &[Prepared]) -> Vec<Result<(), EventBusError>> {
        let entries = batch.iter().map(|prepared| prepared.entry(&self.bus)).collect();
        match self.client.put_events().set_entries(Some(entries)).send().await {
            Ok(answer) => {
                let mut found = answer.entries.unwrap_or_default().into_iter();
                batch.iter().map(|_| outcome(found.next())).collect()
            }
            Err(error) => {
                let why = Failure::of(&error).to_string();
                batch.iter().map(|_| Err(EventBusError(why.clone()))).collect()
            }
        }
    }
}

#[async_trait]
impl EventBus for EventBridgeBus {
    async fn publish(&self, events: &[LifeEvent]) -> Vec<Result<(), EventBusError>> {
        let prepared: Vec<_> = events.iter().map(Prepared::new).collect();
        let mut outcomes = Vec::with_capacity(events.len());
        for batch in batches(&prepared) {
            outcomes.extend(self.put(batch).await);
        }
        outcomes
    }
}

/// What became of one event: it has an id when it was taken. An event that is not answered for may have been taken, and is
/// sent again.
fn outcome(entry: Option<PutEventsResultEntry>) -> Result<(), EventBusError> {
    let Some(entry) = entry else { return Err(EventBusError("EventBridge did not answer for it".to_owned())) };
    match entry.error_code {
        None if entry.event_id.is_some() => Ok(()),
        code => {
            let code = code.unwrap_or_else(|| "no event id".to_owned());
            Err(EventBusError(format!("{code}: {}", entry.error_message.unwrap_or_else(|| "no message".to_owned()))))
        }
    }
}
