//! Many writers at once.

use daypass_embedded::entropy::SystemEntropy;
use daypass_tests::contracts::Sample;
use daypass_tests::emulated::{dynamodb, store_at, tables};
use daypass_vending::audit::{Actor, ChainId, ChainVerifier, Event, EventDraft, Outcome};
use daypass_vending::ports::{AuditLog, CommitError, PageRequest, SessionFilter, SessionStore};
use daypass_vending::session::{Provisioning, Session};
use futures::future::join_all;

use super::store;

async fn chain(store: &impl AuditLog, chain: &ChainId) -> Vec<Event> {
    store.events(Some(chain), &PageRequest { cursor: None, limit: 1000 }).await.unwrap().items
}

#[tokio::test]
async fn of_two_writers_on_one_session_exactly_one_wins() {
    let names = tables("rivals").await;
    let (one, other) = (store_at(dynamodb(), &names).await, store_at(dynamodb(), &names).await);
    let sample = Sample::new(&SystemEntropy);
    for round in 0..20 {
        let granted = sample.granted("racer", "break-glass", round);
        one.commit(&granted).await.unwrap();
        let session: Session<Provisioning> = granted.after().clone().narrow().unwrap();
        let activated = session.clone().activate(Actor::Broker, sample.after(round + 1));
        let failed = session.fail("lost".to_owned(), Actor::Broker, sample.after(round + 1));
        let (first, second) = tokio::join!(one.commit(&activated), other.commit(&failed));
        let winner = match (first, second) {
            (Ok(()), Err(CommitError::Conflict)) => activated,
            (Err(CommitError::Conflict), Ok(())) => failed,
            both => panic!("{both:?}"),
        };
        let id = granted.after().id();
        assert_eq!(one.session(&id).await, Ok(Some(winner.after().clone())));
        assert_eq!(chain(&one, &ChainId::session(&id)).await.len(), 2);
    }
}

#[tokio::test]
async fn of_two_writers_of_the_very_same_change_exactly_one_wins() {
    let names = tables("twins").await;
    let (one, other) = (store_at(dynamodb(), &names).await, store_at(dynamodb(), &names).await);
    let sample = Sample::new(&SystemEntropy);
    for round in 0..20 {
        let granted = sample.granted("twin", "read-only", round);
        let results = tokio::join!(one.commit(&granted), other.commit(&granted));
        assert!(
            matches!(results, (Ok(()), Err(CommitError::Conflict)) | (Err(CommitError::Conflict), Ok(()))),
            "{results:?}"
        );
    }
}

#[tokio::test]
async fn fifty_sessions_at_once_are_all_stored() {
    let (store, sample) = (store("fifty").await, Sample::new(&SystemEntropy));
    let granted: Vec<_> = (0..50).map(|number| sample.granted("crowd", "read-only", number)).collect();
    let results = join_all(granted.iter().map(|granted| store.commit(granted))).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    let filter = SessionFilter { user: Some(sample.person("crowd").user), ..SessionFilter::default() };
    let page = store.sessions(&filter, &PageRequest { cursor: None, limit: 100 }).await.unwrap();
    let mut expected: Vec<_> = granted.iter().map(|granted| granted.after().clone()).collect();
    expected.reverse();
    assert_eq!(page.items, expected, "newest first");
    for granted in &granted {
        assert_eq!(chain(&store, &ChainId::session(&granted.after().id())).await.len(), 1);
    }
}

#[tokio::test]
async fn events_of_one_chain_from_two_processes_form_one_chain() {
    let names = tables("chain").await;
    let (one, other) = (store_at(dynamodb(), &names).await, store_at(dynamodb(), &names).await);
    let sample = Sample::new(&SystemEntropy);
    let chain_id = ChainId::system();
    let draft = |number: i64| {
        EventDraft::new(chain_id.clone(), sample.after(number % 7), Actor::Reconciler, "test.happen", Outcome::Done)
    };
    let drafts: Vec<_> = (0..40).map(draft).collect();
    let results = join_all(drafts.iter().enumerate().map(|(number, draft)| {
        let store = if number % 2 == 0 { &one } else { &other };
        store.record(draft)
    }));
    assert!(results.await.iter().all(Result::is_ok));
    let (alone, all) = (chain(&one, &chain_id).await, chain_of_all(&other).await);
    assert_eq!(alone.len(), 40);
    assert_eq!(alone, all, "the trail of all chains has them in the same order, whatever their clocks say");
    let mut verifier = ChainVerifier::default();
    for event in &alone {
        verifier.check(event).unwrap();
    }
    assert_eq!(one.heads().await.unwrap(), [alone.last().unwrap().head()]);
}

async fn chain_of_all(store: &impl AuditLog) -> Vec<Event> {
    let (mut events, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.events(None, &PageRequest { cursor, limit: 7 }).await.unwrap();
        events.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return events;
        }
    }
}
