//! Answers that are lost after the effect.

use daypass_embedded::entropy::SystemEntropy;
use daypass_tests::contracts::Sample;
use daypass_tests::emulated::{Fault, Proxy, Rule, dynamodb, store_at, tables};
use daypass_vending::audit::{Actor, ChainId, EventDraft, Outcome};
use daypass_vending::ports::{AuditLog, CommitError, Outbox, PageRequest, SessionStore, StoreError};
use daypass_vending::session::{Provisioning, Session};

/// How often the SDK tries a call.
const ATTEMPTS: usize = 5;

/// Lose the answers to the next so many writes: they have their effect, and the connection breaks.
fn lose(proxy: &Proxy, count: usize) {
    let writes = ["dynamodb.TransactWriteItems", "dynamodb.UpdateItem", "dynamodb.DeleteItem"];
    proxy.arm(Rule::on(&writes, Fault::ResetAfter).times(count));
}

async fn events(store: &impl AuditLog, chain: &ChainId) -> usize {
    store.events(Some(chain), &PageRequest { cursor: None, limit: 100 }).await.unwrap().items.len()
}

#[tokio::test]
async fn a_commit_whose_answer_was_lost_is_recognised_when_it_is_repeated() {
    let (proxy, sample) = (Proxy::before(dynamodb()).await, Sample::new(&SystemEntropy));
    let store = store_at(proxy.address, &tables("recognised").await).await;
    // The day is opened by a write of its own, whose answer is lost as well.
    for lost in [1, 2] {
        let granted = sample.granted("doubter", "break-glass", 0);
        lose(&proxy, lost);
        assert_eq!(store.commit(&granted).await, Ok(()), "{lost} answers lost");
        let id = granted.after().id();
        assert_eq!(store.session(&id).await, Ok(Some(granted.after().clone())));
        assert_eq!(events(&store, &ChainId::session(&id)).await, 1, "its event is there once");
        assert_eq!(store.alerts_of(&id).await.unwrap().len(), 1, "and its alert");
    }
    assert_eq!(proxy.met(), 3);
}

#[tokio::test]
async fn a_commit_that_is_never_answered_is_unknown_and_happens_once() {
    let (proxy, sample) = (Proxy::before(dynamodb()).await, Sample::new(&SystemEntropy));
    let store = store_at(proxy.address, &tables("unknown").await).await;
    store.commit(&sample.granted("opener", "read-only", 0)).await.unwrap();
    let granted = sample.granted("doubter", "break-glass", 0);
    lose(&proxy, ATTEMPTS);
    let unknown = store.commit(&granted).await;
    assert!(matches!(unknown, Err(CommitError::Store(StoreError::Unknown(_)))), "{unknown:?}");
    assert_eq!(proxy.met(), ATTEMPTS);
    assert_eq!(store.commit(&granted).await, Err(CommitError::Conflict), "it did happen");
    let id = granted.after().id();
    assert_eq!(store.session(&id).await, Ok(Some(granted.after().clone())));
    assert_eq!(events(&store, &ChainId::session(&id)).await, 1);
    assert_eq!(store.alerts_of(&id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_claim_whose_answer_was_lost_is_not_taken_for_somebody_elses() {
    let (proxy, sample) = (Proxy::before(dynamodb()).await, Sample::new(&SystemEntropy));
    let store = store_at(proxy.address, &tables("claim").await).await;
    let granted = sample.granted("keeper", "read-only", 0);
    store.commit(&granted).await.unwrap();
    let session: Session<Provisioning> = granted.after().clone().narrow().unwrap();
    let claim = session.claim(sample.after(10));
    lose(&proxy, 1);
    assert_eq!(store.keep(&claim).await, Ok(()));
    assert_eq!(proxy.met(), 1);
    assert_eq!(store.keep(&claim).await, Err(CommitError::Conflict), "a second claim is another's");
}

#[tokio::test]
async fn an_event_whose_answer_was_lost_is_recorded_once() {
    let (proxy, sample) = (Proxy::before(dynamodb()).await, Sample::new(&SystemEntropy));
    let store = store_at(proxy.address, &tables("event").await).await;
    let chain = ChainId::system();
    for number in 1..=3 {
        lose(&proxy, 1);
        let draft = EventDraft::new(chain.clone(), sample.after(0), Actor::Reconciler, "test.happen", Outcome::Done);
        assert_eq!(store.record(&draft).await, Ok(()));
        assert_eq!(events(&store, &chain).await, number);
    }
}

#[tokio::test]
async fn a_delivery_whose_answer_was_lost_is_noted() {
    let (proxy, sample) = (Proxy::before(dynamodb()).await, Sample::new(&SystemEntropy));
    let store = store_at(proxy.address, &tables("delivery").await).await;
    let granted = sample.granted("alarmed", "break-glass", 0);
    store.commit(&granted).await.unwrap();
    let entry = store.undelivered(sample.after(10), 10).await.unwrap().remove(0);
    lose(&proxy, 1);
    assert_eq!(store.delivered(entry.number, sample.after(5)).await, Ok(()));
    let noted = store.alerts_of(&granted.after().id()).await.unwrap().remove(0);
    assert_eq!(noted.delivered_at, Some(sample.after(5)));
}
