//! Where DynamoDB's limits are: answers of 1 MB, items of 400 KB, batches of 100.

use daypass_embedded::entropy::SystemEntropy;
use daypass_tests::contracts::Sample;
use daypass_vending::audit::{Actor, ChainId, Checkpoint, Digest256, EventDraft, Head, Outcome};
use daypass_vending::ports::{AuditLog, PageRequest, SessionFilter, SessionStore, StoreError};

use super::store;

fn large(sample: &Sample<'_>, chain: &ChainId, letters: usize) -> EventDraft {
    EventDraft::new(chain.clone(), sample.after(0), Actor::Reconciler, "test.happen", Outcome::Done)
        .with("text", "x".repeat(letters))
}

#[tokio::test]
async fn a_page_of_more_than_a_megabyte_is_whole() {
    let (store, sample) = (store("large").await, Sample::new(&SystemEntropy));
    let chain = ChainId::person(&sample.person("writer").user);
    for _ in 0..15 {
        store.record(&large(&sample, &chain, 200_000)).await.unwrap();
    }
    for of_chain in [Some(&chain), None] {
        let page = store.events(of_chain, &PageRequest { cursor: None, limit: 12 }).await.unwrap();
        assert_eq!(page.items.iter().map(|event| event.seq).collect::<Vec<_>>(), (1..=12).collect::<Vec<_>>());
        let rest = store.events(of_chain, &PageRequest { cursor: page.next, limit: 12 }).await.unwrap();
        assert_eq!((rest.items.len(), rest.next), (3, None));
    }
}

#[tokio::test]
async fn what_is_larger_than_an_item_is_refused_and_leaves_nothing() {
    let (store, sample) = (store("huge").await, Sample::new(&SystemEntropy));
    let chain = ChainId::system();
    let refused = store.record(&large(&sample, &chain, 410_000)).await;
    assert!(matches!(&refused, Err(StoreError::Unavailable(why)) if why.contains("409600")), "{refused:?}");
    assert_eq!(store.heads().await, Ok(vec![]));
}

#[tokio::test]
async fn a_checkpoint_over_thousands_of_chains_is_stored_in_parts() {
    let (store, sample) = (store("checkpoint").await, Sample::new(&SystemEntropy));
    let head = |number: u32| {
        let chain = ChainId::named(&format!("session:{number:036}"));
        Head { chain, seq: u64::from(number), hash: Digest256::of(&number.to_be_bytes()) }
    };
    let heads: Vec<Head> = (0..6_000).map(head).collect();
    let checkpoint = |signature: &str| Checkpoint {
        number: 1,
        at: sample.start,
        heads: heads.clone(),
        previous: Digest256::ZERO,
        signature: signature.to_owned(),
    };
    store.add_checkpoint(&checkpoint("first")).await.unwrap();
    for rival in ["second", "first"] {
        assert_eq!(store.add_checkpoint(&checkpoint(rival)).await, Err(StoreError::Conflict));
        assert_eq!(store.last_checkpoint().await, Ok(Some(checkpoint("first"))), "after {rival}");
    }
}

#[tokio::test]
async fn a_filter_that_few_pass_still_finds_all() {
    let (store, sample) = (store("sparse").await, Sample::new(&SystemEntropy));
    for number in 0..150 {
        let tier = if number % 50 == 0 { "developer" } else { "read-only" };
        // Over two days, so that the list goes on from one to the other.
        store.commit(&sample.granted("many", tier, number * 1_000)).await.unwrap();
    }
    let filter = SessionFilter { tier: Some("developer".parse().unwrap()), ..SessionFilter::default() };
    let page = store.sessions(&filter, &PageRequest { cursor: None, limit: 2 }).await.unwrap();
    assert_eq!(page.items.len(), 2);
    let rest = store.sessions(&filter, &PageRequest { cursor: page.next, limit: 2 }).await.unwrap();
    assert_eq!((rest.items.len(), rest.next), (1, None));
    let due = store.due(sample.after(1_000_000), 120).await.unwrap();
    assert_eq!(due.len(), 120);
    assert!(due.is_sorted_by_key(|session| session.due_at()), "longest due first");
}

#[tokio::test]
async fn a_cursor_of_somebody_elses_list_leads_nowhere_else() {
    let (store, sample) = (store("cursor").await, Sample::new(&SystemEntropy));
    for number in 0..6 {
        let name = if number % 2 == 0 { "one" } else { "other" };
        store.commit(&sample.granted(name, "read-only", number)).await.unwrap();
    }
    let of = |name: &str| SessionFilter { user: Some(sample.person(name).user), ..SessionFilter::default() };
    let page = store.sessions(&of("one"), &PageRequest { cursor: None, limit: 1 }).await.unwrap();
    let found = store.sessions(&of("other"), &PageRequest { cursor: page.next, limit: 10 }).await.unwrap();
    assert!(found.items.iter().all(|session| session.facts().user == sample.person("other").user));
}
