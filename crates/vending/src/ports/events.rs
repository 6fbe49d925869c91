//! Where life-cycle events go: EventBridge, or nowhere.

use async_trait::async_trait;

use crate::life_event::LifeEvent;

/// Publishes life-cycle events to other programs. Called at least once for each event, in no certain order: whoever
/// listens orders by [`LifeEvent::sequence`] and knows repetitions by it.
#[async_trait]
pub trait EventBus: Send + Sync {
    /// Hand these events over. Answers for each of them, in their order.
    async fn publish(&self, events: &[LifeEvent]) -> Vec<Result<(), EventBusError>>;
}

/// Why an event was not, or may not have been, handed over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the event was not published: {0}")]
pub struct EventBusError(pub String);
