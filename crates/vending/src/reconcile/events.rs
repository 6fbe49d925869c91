//! Publish life-cycle events, at least once.

use jiff::Timestamp;

use super::Tally;
use crate::ports::{EventBus, StoreError, WaitingEvent};
use crate::service::Vending;

/// How many events are fetched at a time.
const BATCH: usize = 100;

impl Vending {
    /// Publish what waits. Without a bus nothing does.
    pub(super) async fn publish_events(&self, deadline: Option<Timestamp>, tally: &Tally) {
        let Some(bus) = &self.bus else { return };
        loop {
            if self.out_of_time(deadline) {
                return tally.note(|report| report.cut_short = true);
            }
            let waiting = match self.deps.outbox.unpublished(self.now(), BATCH).await {
                Ok(waiting) if waiting.is_empty() => return,
                Ok(waiting) => waiting,
                Err(error) => return tally.failed("list unpublished events", &error),
            };
            // Without the notes the same events would come back at once, for ever: leave the rest to the next pass.
            if let Err(error) = self.publish_batch(bus.as_ref(), waiting, tally).await {
                return tally.failed("note the publication of events", &error);
            }
        }
    }

    async fn publish_batch(
        &self,
        bus: &dyn EventBus,
        waiting: Vec<WaitingEvent>,
        tally: &Tally,
    ) -> Result<(), StoreError> {
        let events: Vec<_> = waiting.iter().map(|entry| entry.event.clone()).collect();
        let mut outcomes = bus.publish(&events).await.into_iter();
        let (mut published, mut refused) = (Vec::new(), Vec::new());
        for entry in &waiting {
            match outcomes.next() {
                Some(Ok(())) => published.push(entry.number),
                Some(Err(error)) => refused.push((entry, error.to_string())),
                None => refused.push((entry, "the bus did not answer for it".to_owned())),
            }
        }
        tally.note(|report| {
            report.events_published += u32::try_from(published.len()).unwrap_or(u32::MAX);
            report.events_unpublished += u32::try_from(refused.len()).unwrap_or(u32::MAX);
        });
        if let Some((first, why)) = refused.first() {
            let (count, number) = (refused.len(), first.number);
            tally.noted(format!("could not publish {count} events, the first being {number}: {why}"));
        }
        self.deps.outbox.published(&published).await?;
        for (entry, _) in refused {
            self.deps.outbox.unpublishable(entry.number, self.next_try(entry.failed)).await?;
        }
        Ok(())
    }
}
