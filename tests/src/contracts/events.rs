//! What the domain relies on of an outbox for life-cycle events.

use daypass_vending::life_event::Milestone;
use daypass_vending::ports::{AuditLog, CommitError, Outbox, SessionStore, WaitingEvent};

use super::Sample;

/// Holds for every [`Outbox`]. Nothing else may be unpublished while it runs.
///
/// # Panics
/// At the first clause that does not hold.
pub async fn events_contract<S: SessionStore + AuditLog + Outbox>(outbox: &S, sample: &Sample<'_>) {
    assert!(waiting(outbox, sample, 1_000).await.is_empty(), "the contract starts without events");
    a_transition_brings_its_event_only_if_it_is_stored(outbox, sample).await;
    what_waits_comes_oldest_first_and_what_is_published_is_gone(outbox, sample).await;
    alerts_and_events_do_not_wait_for_each_other(outbox, sample).await;
}

async fn a_transition_brings_its_event_only_if_it_is_stored<S>(outbox: &S, sample: &Sample<'_>)
where
    S: SessionStore + AuditLog + Outbox,
{
    let silent = sample.granted("silent", "break-glass", 0);
    outbox.commit(&silent).await.expect("an opening");
    assert!(waiting(outbox, sample, 1_000).await.is_empty(), "who announces nothing writes nothing");
    let granted = sample.granted("heard", "break-glass", 1).announced();
    outbox.commit(&granted).await.expect("an opening");
    assert_eq!(outbox.commit(&granted).await, Err(CommitError::Conflict), "a session opens once");
    let entries = waiting(outbox, sample, 1_000).await;
    let [entry] = entries.as_slice() else { unreachable!("one event, not {entries:?}") };
    assert_eq!(Some(&entry.event), granted.life_event());
    assert_eq!((entry.event.milestone, entry.failed), (Milestone::Granted, 0));
    outbox.published(&[entry.number]).await.expect("a note");
}

async fn what_waits_comes_oldest_first_and_what_is_published_is_gone<S>(outbox: &S, sample: &Sample<'_>)
where
    S: SessionStore + AuditLog + Outbox,
{
    for seconds in [10, 11, 12] {
        outbox.commit(&sample.granted("told", "read-only", seconds).announced()).await.expect("an opening");
    }
    let entries = waiting(outbox, sample, 1_000).await;
    assert!(entries.is_sorted_by_key(|entry| entry.event.at), "oldest first");
    assert_eq!(outbox.unpublished(sample.after(1_000), 2).await.expect("events").len(), 2, "no more than asked for");
    let [first, second, third] = entries.as_slice() else { unreachable!("three events") };
    outbox.unpublishable(second.number, sample.after(1_060)).await.expect("a note");
    outbox.published(&[first.number]).await.expect("a note");
    assert_eq!(numbers(&waiting(outbox, sample, 1_000).await), [third.number], "what failed waits");
    let later = waiting(outbox, sample, 1_060).await;
    assert_eq!(later.iter().find(|entry| entry.number == second.number).map(|entry| entry.failed), Some(1));
    assert_eq!(later.len(), 2, "and comes back");
    outbox.published(&[first.number, second.number, third.number]).await.expect("a repeated note");
    outbox.unpublishable(third.number, sample.after(1)).await.expect("a late note");
    outbox.published(&[]).await.expect("nothing to note");
    assert!(waiting(outbox, sample, 9_000).await.is_empty(), "what is published stays published");
}

async fn alerts_and_events_do_not_wait_for_each_other<S>(outbox: &S, sample: &Sample<'_>)
where
    S: SessionStore + AuditLog + Outbox,
{
    let before = outbox.undelivered(sample.after(9_000), 1_000).await.expect("alerts").len();
    for seconds in 0..12 {
        outbox.commit(&sample.granted("crowd", "read-only", seconds).announced()).await.expect("an opening");
    }
    outbox.commit(&sample.granted("crowd", "break-glass", 100)).await.expect("an opening");
    let alerts = outbox.undelivered(sample.after(9_000), before + 20).await.expect("alerts");
    assert_eq!(alerts.len(), before + 13, "an alert each, and no event among them");
    let events = waiting(outbox, sample, 9_000).await;
    assert_eq!(events.len(), 12, "an event each, and no alert among them");
    outbox.published(&numbers(&events)).await.expect("a note");
    assert_eq!(outbox.undelivered(sample.after(9_000), before + 20).await.expect("alerts").len(), before + 13);
}

fn numbers(entries: &[WaitingEvent]) -> Vec<u64> {
    entries.iter().map(|entry| entry.number).collect()
}

async fn waiting<S: Outbox>(outbox: &S, sample: &Sample<'_>, seconds: i64) -> Vec<WaitingEvent> {
    outbox.unpublished(sample.after(seconds), 100).await.expect("events")
}
