//! What the domain relies on of an outbox.

use daypass_vending::ports::{AuditLog, Outbox, OutboxEntry, SessionStore};

use super::Sample;

/// Holds for every [`Outbox`]. Nothing else may be undelivered while it runs.
///
/// # Panics
/// At the first clause that does not hold.
pub async fn outbox_contract<S: SessionStore + AuditLog + Outbox>(outbox: &S, sample: &Sample<'_>) {
    let now = sample.after(1_000);
    assert!(waiting(outbox, sample, 1_000).await.is_empty(), "the contract starts with an empty outbox");
    let mut sessions = Vec::new();
    for seconds in [1, 2, 3] {
        let granted = sample.granted("alarmed", "break-glass", seconds);
        outbox.commit(&granted).await.expect("an opening");
        sessions.push(granted.after().id());
    }
    let entries = waiting(outbox, sample, 1_000).await;
    let order: Vec<_> = entries.iter().map(|entry| entry.alert.session).collect();
    assert_eq!(order, sessions, "oldest first");
    assert_eq!(outbox.undelivered(now, 2).await.expect("alerts").len(), 2, "no more than asked for");

    let [first, second, third] = entries.as_slice() else { unreachable!("three alerts") };
    outbox.delivered(first.number, now).await.expect("a note");
    outbox.undeliverable(second.number, sample.after(1_060)).await.expect("a note");
    let numbers = |entries: Vec<OutboxEntry>| entries.into_iter().map(|entry| entry.number).collect::<Vec<_>>();
    assert_eq!(numbers(waiting(outbox, sample, 1_000).await), [third.number], "what failed waits");
    let later = waiting(outbox, sample, 1_060).await;
    assert_eq!(later.iter().find(|entry| entry.number == second.number).map(|entry| entry.failed), Some(1));
    assert_eq!(numbers(later).len(), 2, "and comes back");

    let delivered = outbox.alerts_of(&sessions[0]).await.expect("alerts");
    assert_eq!(delivered.first().and_then(|entry| entry.delivered_at), Some(now), "delivery is remembered");
    outbox.delivered(first.number, sample.after(2_000)).await.expect("a repeated note");
    let delivered = outbox.alerts_of(&sessions[0]).await.expect("alerts");
    assert_eq!(delivered.first().and_then(|entry| entry.delivered_at), Some(now), "as it was first");
    for entry in [second, third] {
        outbox.delivered(entry.number, now).await.expect("a note");
    }
    assert!(waiting(outbox, sample, 9_000).await.is_empty(), "nothing is left");
}

async fn waiting<S: Outbox>(outbox: &S, sample: &Sample<'_>, seconds: i64) -> Vec<OutboxEntry> {
    outbox.undelivered(sample.after(seconds), 100).await.expect("alerts")
}
