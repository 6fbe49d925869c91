//! A transition is stored whole or not at all.

use daypass_vending::audit::{Actor, Checkpoint, Digest256, EventDraft, Outcome};
use daypass_vending::ports::{CommitError, Outbox, SessionStore};
use daypass_vending::session::{IdempotentCall, Provisioning};

use super::*;

fn call(key: &str, fingerprint: &str) -> IdempotentCall {
    IdempotentCall {
        user: "carla".parse().unwrap(),
        key: key.parse().unwrap(),
        fingerprint: Digest256::of(fingerprint.as_bytes()),
    }
}

#[tokio::test]
async fn a_transition_brings_its_event_and_alerts() {
    let place = Place::new();
    let grant = granted(facts(1, "carla", at(0))).called_by(Some(call("first-key", "one")));
    place.store.commit(&grant).await.unwrap();
    let id = grant.after().id();
    assert_eq!(place.store.session(&id).await.unwrap().as_ref(), Some(grant.after()));
    let events =
        place.store.events(Some(&ChainId::session(&id)), &PageRequest { cursor: None, limit: 9 }).await.unwrap();
    assert_eq!(events.items, vec![grant.event().clone().chained(None)]);
    let alerts: Vec<_> = place.store.alerts_of(&id).await.unwrap().into_iter().map(|entry| entry.alert).collect();
    assert_eq!(alerts, grant.alerts());
    assert_eq!(place.store.replayed(&call("first-key", "one")).await, Ok(Some(id)));
}

/// Each trigger makes one part of the transaction fail; nothing of the others may remain.
#[tokio::test]
async fn if_one_part_cannot_be_stored_none_is() {
    for table in ["sessions", "calls", "events", "heads", "outbox", "life_events"] {
        let place = Place::new().edited(|file| {
            let trigger =
                format!("CREATE TRIGGER fail BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'no room'); END");
            file.execute_batch(&trigger).unwrap();
        });
        let before = place.rows();
        let grant = granted(facts(1, "carla", at(0))).called_by(Some(call("first-key", "one"))).announced();
        let error = place.store.commit(&grant).await.unwrap_err();
        assert!(matches!(error, CommitError::Store(StoreError::Unavailable(_))), "{table}: {error:?}");
        assert_eq!(place.rows(), before, "after failing at {table}");

        let place = place.edited(|file| file.execute_batch("DROP TRIGGER fail").unwrap());
        place.store.commit(&grant).await.unwrap();
    }
}

#[tokio::test]
async fn a_lost_race_stores_nothing() {
    let place = Place::new();
    let request = pending(facts(1, "carla", at(0)));
    place.store.commit(&request).await.unwrap();
    assert_eq!(place.store.commit(&request).await, Err(CommitError::Conflict), "it is there already");
    place.store.commit(&lapsed(&request)).await.unwrap();

    let before = place.rows();
    let evidence = Evidence::bare("http://localhost".to_owned(), [127, 0, 0, 1].into(), at(10));
    let requester = daypass_vending::session::Requester::known_by(&"olga".parse().unwrap(), &evidence);
    let late = after::<PendingApproval>(&request).deny(requester, "too late".to_owned(), at(10));
    assert_eq!(place.store.commit(&late.called_by(Some(call("late-key", "late")))).await, Err(CommitError::Conflict));
    let never_stored = lapsed(&pending(facts(2, "carla", at(0))));
    assert_eq!(place.store.commit(&never_stored).await, Err(CommitError::Conflict));
    assert_eq!(place.rows(), before);
    assert_eq!(place.store.replayed(&call("late-key", "late")).await, Ok(None));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_wins_and_the_chain_has_no_fork() {
    let place = Place::new();
    let grant = granted(facts(1, "carla", at(0)));
    place.store.commit(&grant).await.unwrap();
    let racers = (0..32).map(|number| {
        let store = place.store.clone();
        let active = after::<Provisioning>(&grant).activate(Actor::Reconciler, at(number));
        tokio::spawn(async move { store.commit(&active).await })
    });
    let mut won = 0;
    for racer in racers.collect::<Vec<_>>() {
        match racer.await.unwrap() {
            Ok(()) => won += 1,
            Err(error) => assert_eq!(error, CommitError::Conflict),
        }
    }
    assert_eq!((won, place.rows()["events"]), (1, 2));
    assert!(is_whole(&place.store, &[]).await);
}

#[tokio::test]
async fn a_repeated_call_meets_its_own_result_and_stores_nothing() {
    let place = Place::new();
    let first = pending(facts(1, "carla", at(0))).called_by(Some(call("the-key-1", "one")));
    place.store.commit(&first).await.unwrap();
    let before = place.rows();
    let again = pending(facts(2, "carla", at(60))).called_by(Some(call("the-key-1", "one")));
    assert_eq!(place.store.commit(&again).await, Err(CommitError::Replayed(first.after().id())));
    let other = pending(facts(2, "carla", at(60))).called_by(Some(call("the-key-1", "two")));
    assert_eq!(place.store.commit(&other).await, Err(CommitError::KeyReused));
    assert_eq!(place.store.replayed(&call("the-key-1", "two")).await, Err(CommitError::KeyReused));
    assert_eq!(place.rows(), before);
}

#[tokio::test]
async fn keys_are_kept_for_a_day_at_least_and_not_for_ever() {
    let place = Place::new();
    let day = 24 * 3600;
    for (number, second) in [(1, 0), (2, day), (3, 4 * day)] {
        let key = format!("the-key-{number}");
        place
            .store
            .commit(&pending(facts(number, "carla", at(second))).called_by(Some(call(&key, "x"))))
            .await
            .unwrap();
        if number == 2 {
            assert!(place.store.replayed(&call("the-key-1", "x")).await.unwrap().is_some());
        }
    }
    assert_eq!(place.store.replayed(&call("the-key-1", "x")).await, Ok(None));
    assert_eq!(place.rows()["calls"], 1);
}

#[tokio::test]
async fn reopening_the_file_gives_the_same_state() {
    let mut place = Place::new();
    let grant = granted(facts(1, "carla", at(0)));
    place.store.commit(&grant).await.unwrap();
    place.store.keep(&after::<Provisioning>(&grant).claim(at(5))).await.unwrap();
    let draft = EventDraft::new(ChainId::system(), at(6), Actor::Reconciler, "test.happen", Outcome::Done);
    place.store.record(&draft).await.unwrap();
    let heads = place.store.heads().await.unwrap();
    let checkpoint =
        Checkpoint { number: 1, at: at(7), heads: heads.clone(), previous: Digest256::ZERO, signature: "s".to_owned() };
    place.store.add_checkpoint(&checkpoint).await.unwrap();
    assert_eq!(place.store.add_checkpoint(&checkpoint).await, Err(StoreError::Conflict));
    let everything = async |store: &SqliteStore| {
        let id = grant.after().id();
        let session = store.session(&id).await.unwrap();
        (session, trail(store).await, store.alerts_of(&id).await.unwrap(), store.heads().await.unwrap())
    };
    let before = everything(&place.store).await;
    place = place.edited(|_| ());
    assert_eq!(everything(&place.store).await, before);
    assert_eq!(place.store.last_checkpoint().await.unwrap(), Some(checkpoint));
    place.store.record(&draft).await.unwrap();
    assert!(is_whole(&place.store, &heads).await, "the chain goes on where it was");
}
