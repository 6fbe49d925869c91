//! What the domain relies on of an audit log.

use daypass_vending::audit::{Actor, ChainId, ChainVerifier, Checkpoint, Digest256, EventDraft, Outcome};
use daypass_vending::ports::{AuditLog, PageRequest, StoreError};

use super::Sample;

/// Holds for every [`AuditLog`].
///
/// # Panics
/// At the first clause that does not hold.
pub async fn audit_log_contract<S: AuditLog>(log: &S, sample: &Sample<'_>) {
    let chains: Vec<ChainId> = ["one", "two"].iter().map(|name| ChainId::person(&sample.person(name).user)).collect();
    for number in 0..7_i64 {
        for chain in &chains {
            log.record(&draft(chain, sample, number)).await.expect("an event");
        }
    }
    for chain in &chains {
        events_come_back_chained_and_in_order(log, sample, chain).await;
    }
    let head = log.heads().await.expect("heads").into_iter().find(|head| head.chain == chains[0]);
    assert_eq!(head.map(|head| head.seq), Some(7), "every chain's head is known");
    all_chains_together_are_in_the_order_of_storing(log, &chains).await;
    checkpoints_count_without_gaps(log, sample).await;
}

fn draft(chain: &ChainId, sample: &Sample<'_>, number: i64) -> EventDraft {
    EventDraft::new(chain.clone(), sample.after(number), Actor::Reconciler, "contract.event", Outcome::Done)
        .with("number", number)
        .with("text", "quotes \" and \u{1f511}")
}

async fn events_come_back_chained_and_in_order<S: AuditLog>(log: &S, sample: &Sample<'_>, chain: &ChainId) {
    for limit in [1, 3, 100] {
        let (mut events, mut cursor) = (Vec::new(), None);
        loop {
            let page = log.events(Some(chain), &PageRequest { cursor, limit }).await.expect("a page");
            assert!(page.items.len() <= limit);
            events.extend(page.items);
            match page.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        let mut verifier = ChainVerifier::default();
        for event in &events {
            verifier.check(event).expect("an honest chain");
        }
        let drafts: Vec<_> = events.into_iter().map(|event| event.draft).collect();
        let expected: Vec<_> = (0..7).map(|number| draft(chain, sample, number)).collect();
        assert_eq!(drafts, expected, "in pages of {limit}");
    }
    let page = PageRequest { cursor: Some("not a cursor".to_owned()), limit: 5 };
    assert_eq!(log.events(Some(chain), &page).await, Err(StoreError::BadCursor));
}

async fn all_chains_together_are_in_the_order_of_storing<S: AuditLog>(log: &S, chains: &[ChainId]) {
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let page = log.events(None, &PageRequest { cursor, limit: 50 }).await.expect("a page");
        seen.extend(page.items.into_iter().filter(|event| chains.contains(&event.draft.chain)));
        match page.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    let order: Vec<(u64, usize)> = seen
        .iter()
        .map(|event| (event.seq, chains.iter().position(|chain| *chain == event.draft.chain).expect("ours")))
        .collect();
    let expected: Vec<(u64, usize)> = (1..=7).flat_map(|seq| [(seq, 0), (seq, 1)]).collect();
    assert_eq!(order, expected);
}

async fn checkpoints_count_without_gaps<S: AuditLog>(log: &S, sample: &Sample<'_>) {
    let last = log.last_checkpoint().await.expect("the last checkpoint");
    let number = last.as_ref().map_or(1, |last| last.number + 1);
    let checkpoint = Checkpoint {
        number,
        at: sample.start,
        heads: log.heads().await.expect("heads"),
        previous: last.map_or(Digest256::ZERO, |last| last.digest()),
        signature: "a signature".to_owned(),
    };
    log.add_checkpoint(&checkpoint).await.expect("a checkpoint");
    assert_eq!(log.add_checkpoint(&checkpoint).await, Err(StoreError::Conflict), "a number is given once");
    assert_eq!(log.last_checkpoint().await, Ok(Some(checkpoint)));
}
