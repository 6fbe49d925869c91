//! How many events go into one call.

use aws_sdk_eventbridge::primitives::DateTime;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use daypass_vending::life_event::LifeEvent;

use super::detail::{SOURCE, detail, detail_type};

/// How many events a call takes
/// (<https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>).
const MOST: usize = 10;

/// How many bytes a call takes, all its events together
/// (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size>). No event of ours comes
/// near it alone: all its texts are bounded.
const LARGEST: usize = 256 * 1024;

/// What EventBridge counts for the time of an event, in bytes.
const TIME: usize = 14;

/// An event as it is sent.
pub(super) struct Prepared {
    detail_type: &'static str,
    detail: String,
    at: DateTime,
}

impl Prepared {
    pub(super) fn new(event: &LifeEvent) -> Self {
        let at = DateTime::from_secs(event.at.as_second());
        Self { detail_type: detail_type(event.milestone), detail: detail(event).to_string(), at }
    }

    pub(super) fn entry(&self, bus: &str) -> PutEventsRequestEntry {
        PutEventsRequestEntry::builder()
            .event_bus_name(bus)
            .source(SOURCE)
            .detail_type(self.detail_type)
            .detail(&self.detail)
            .time(self.at)
            .build()
    }

    /// As EventBridge counts it.
    fn size(&self) -> usize {
        TIME + SOURCE.len() + self.detail_type.len() + self.detail.len()
    }
}

/// The same events in the same order, in as few calls as may be.
pub(super) fn batches(mut events: &[Prepared]) -> Vec<&[Prepared]> {
    let mut batches = Vec::new();
    while !events.is_empty() {
        let (mut count, mut size) = (0, 0);
        for event in events.iter().take(MOST) {
            size += event.size();
            if count > 0 && size > LARGEST {
                break;
            }
            count += 1;
        }
        let (batch, rest) = events.split_at(count);
        batches.push(batch);
        events = rest;
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_size(size: usize) -> Prepared {
        let around = TIME + SOURCE.len() + "Session Granted".len();
        Prepared { detail_type: "Session Granted", detail: "x".repeat(size - around), at: DateTime::from_secs(0) }
    }

    #[test]
    fn a_call_has_ten_events_and_256_kilobytes_at_most() {
        let check = |sizes: Vec<usize>, expected: &[usize]| {
            let events: Vec<_> = sizes.into_iter().map(of_size).collect();
            assert_eq!(batches(&events).iter().map(|batch| batch.len()).collect::<Vec<_>>(), expected);
        };
        check(vec![], &[]);
        check(vec![500; 23], &[10, 10, 3]);
        check(vec![LARGEST / 2, LARGEST / 2, 100], &[2, 1]);
        check(vec![LARGEST, 100, LARGEST - 100, 100], &[1, 2, 1]);
        // What is too large alone is sent alone, and EventBridge says so.
        check(vec![100, LARGEST + 1, 100], &[1, 1, 1]);
    }
}
