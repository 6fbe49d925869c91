//! Deliver what people must be told, at least once.

use futures::future::join;
use jiff::{SignedDuration, Timestamp};

use super::ReconcileReport;
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
        let mut report = ReconcileReport::default();
        self.deliver(None, &mut report).await;
        report
    }

    /// Alerts and events side by side: a channel that is slow or down does not hold up the bus, nor the bus the channel.
    pub(super) async fn deliver(&self, deadline: Option<Timestamp>, report: &mut ReconcileReport) {
        let mut of_events = ReconcileReport::default();
        join(self.deliver_alerts_into(deadline, report), self.publish_events(deadline, &mut of_events)).await;
        report.events_published += of_events.events_published;
        report.events_unpublished += of_events.events_unpublished;
        report.cut_short |= of_events.cut_short;
        report.errors.extend(of_events.errors);
    }

    async fn deliver_alerts_into(&self, deadline: Option<Timestamp>, report: &mut ReconcileReport) {
        loop {
            let waiting = match self.deps.outbox.undelivered(self.now(), BATCH).await {
                Ok(waiting) if waiting.is_empty() => return,
                Ok(waiting) => waiting,
                Err(error) => return report.failed("list undelivered alerts", &error),
            };
            for entry in waiting {
                if self.out_of_time(deadline) {
                    report.cut_short = true;
                    return;
                }
                let outcome = self.deps.alerts.deliver(&entry.alert).await;
                let noted = match outcome {
                    Ok(()) => {
                        report.alerts_delivered += 1;
                        self.deps.outbox.delivered(entry.number, self.now()).await
                    }
                    Err(error) => {
                        report.alerts_undelivered += 1;
                        report.failed(&format!("deliver alert {}", entry.number), &error);
                        self.deps.outbox.undeliverable(entry.number, self.next_try(entry.failed)).await
                    }
                };
                // Without the note the same alert would come back at once, for ever: leave the rest to the next pass.
                if let Err(error) = noted {
                    return report.failed("note the delivery of an alert", &error as &StoreError);
                }
            }
        }
    }

    pub(super) fn next_try(&self, failed: u32) -> Timestamp {
        let pause = SignedDuration::from_secs(5_i64 << failed.min(8)).min(LONGEST_PAUSE);
        self.now().checked_add(pause).unwrap_or(Timestamp::MAX)
    }
}
