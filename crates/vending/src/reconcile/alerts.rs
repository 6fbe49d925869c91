//! Deliver what people must be told, at least once.

use jiff::{SignedDuration, Timestamp};

use super::ReconcileReport;
use crate::ports::StoreError;
use crate::service::Vending;

/// How many alerts are fetched at a time.
const BATCH: usize = 100;

/// The longest pause before another try: an alert about an emergency must not wait for hours because a channel was down.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(15);

impl Vending {
    /// Deliver every alert that waits. Called right after whatever may have raised one, and by each pass of the reconciler.
    pub async fn deliver_alerts(&self) -> ReconcileReport {
        let mut report = ReconcileReport::default();
        self.deliver_alerts_into(None, &mut report).await;
        report
    }

    pub(super) async fn deliver_alerts_into(&self, deadline: Option<Timestamp>, report: &mut ReconcileReport) {
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

    fn next_try(&self, failed: u32) -> Timestamp {
        let pause = SignedDuration::from_secs(5_i64 << failed.min(8)).min(LONGEST_PAUSE);
        self.now().checked_add(pause).unwrap_or(Timestamp::MAX)
    }
}
