//! Deliver what people must be told, at least once.

use futures::future::join;
use jiff::{SignedDuration, Timestamp};

use super::{ReconcileReport, Tally};
use crate::ports::StoreError;
use crate::service::Vending;

/// How many alerts are fetched at a time.
const BATCH: usize = 100;

/// The longest pause before another try: an alert about an emergency must not wait for hours because a channel was down.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(15);

impl Vending {
    /// Deliver every alert and life-cycle event that waits. Called right after whatever may have raised one, and by each
    /// pass of the reconciler.
    pub async fn deliver_alerts(&self) -> ReconcileReport {
        let tally = Tally::default();
        self.deliver_waiting(None, &tally).await;
        tally.into_report()
    }

    /// Alerts and events side by side: a channel that is slow or down does not hold up the bus, nor the bus the channel.
    pub(super) async fn deliver_waiting(&self, deadline: Option<Timestamp>, tally: &Tally) {
        join(self.deliver_alerts_into(deadline, tally), self.publish_events(deadline, tally)).await;
    }

    async fn deliver_alerts_into(&self, deadline: Option<Timestamp>, tally: &Tally) {
        loop {
            let waiting = match self.deps.outbox.undelivered(self.now(), BATCH).await {
                Ok(waiting) if waiting.is_empty() => return,
                Ok(waiting) => waiting,
                Err(error) => return tally.failed("list undelivered alerts", &error),
            };
            for entry in waiting {
                if self.out_of_time(deadline) {
                    tally.note(|report| report.cut_short = true);
                    return;
                }
                let outcome = self.deps.alerts.deliver(&entry.alert).await;
                let noted = match outcome {
                    Ok(()) => {
                        tally.note(|report| report.alerts_delivered += 1);
                        self.deps.outbox.delivered(entry.number, self.now()).await
                    }
                    Err(error) => {
                        tally.note(|report| report.alerts_undelivered += 1);
                        tally.failed(&format!("deliver alert {}", entry.number), &error);
                        self.deps.outbox.undeliverable(entry.number, self.next_try(entry.failed)).await
                    }
                };
                // Without the note the same alert would come back at once, for ever: leave the rest to the next pass.
                if let Err(error) = noted {
                    return tally.failed("note the delivery of an alert", &error as &StoreError);
                }
            }
        }
    }

    pub(super) fn next_try(&self, failed: u32) -> Timestamp {
        let pause = SignedDuration::from_secs(5_i64 << failed.min(8)).min(LONGEST_PAUSE);
        self.now().checked_add(pause).unwrap_or(Timestamp::MAX)
    }
}
