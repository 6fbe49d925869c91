//! Where the life-cycle events of a world arrive.

use daypass_vending::life_event::{LifeEvent, Milestone};
use daypass_vending::ports::{EventBus, EventBusError};

/// A bus that keeps what it is given, and can be down or refuse some of it.
#[derive(Debug, Default)]
pub struct CollectedEvents(std::sync::Mutex<Collected>);

#[derive(Debug, Default)]
struct Collected {
    events: Vec<LifeEvent>,
    is_down: bool,
    refused: Option<Milestone>,
}

impl CollectedEvents {
    /// What arrived.
    #[must_use]
    pub fn all(&self) -> Vec<LifeEvent> {
        self.0.lock().expect("the events").events.clone()
    }

    /// Switch the bus off or on.
    pub fn set_down(&self, is_down: bool) {
        self.0.lock().expect("the events").is_down = is_down;
    }

    /// Let it refuse this milestone, and take what is beside it.
    pub fn refuse(&self, milestone: Option<Milestone>) {
        self.0.lock().expect("the events").refused = milestone;
    }
}

#[async_trait::async_trait]
impl EventBus for CollectedEvents {
    async fn publish(&self, events: &[LifeEvent]) -> Vec<Result<(), EventBusError>> {
        let mut collected = self.0.lock().expect("the events");
        let take = |event: &LifeEvent| {
            if collected.is_down || collected.refused == Some(event.milestone) {
                return Err(EventBusError("the bus does not take it".to_owned()));
            }
            collected.events.push(event.clone());
            Ok(())
        };
        events.iter().map(take).collect()
    }
}
