//! Somebody who can write the file edits the trail (invariant 11). The signed checkpoint is what finds those who also edit
//! the recorded heads.

use daypass_vending::audit::{Actor, EventDraft, Outcome};
use daypass_vending::ports::SessionStore;

use super::*;

/// Two session chains and the system's, and the heads as a checkpoint would have signed them.
async fn written() -> (Place, Vec<Head>) {
    let place = Place::new();
    for number in 1..=2 {
        let request = pending(facts(number, "carla", at(0)));
        place.store.commit(&request).await.unwrap();
        place.store.commit(&lapsed(&request)).await.unwrap();
    }
    for second in 0..4 {
        let event = EventDraft::new(ChainId::system(), at(second), Actor::Reconciler, "test.happen", Outcome::Done);
        place.store.record(&event.with("second", second)).await.unwrap();
    }
    let heads = place.store.heads().await.unwrap();
    (place, heads)
}

#[tokio::test]
async fn what_nobody_touched_is_whole() {
    let (place, heads) = written().await;
    assert_eq!((place.rows()["events"], heads.len()), (8, 3));
    assert!(is_whole(&place.edited(|_| ()).store, &heads).await);
}

#[tokio::test]
async fn every_edit_of_the_file_is_found() {
    let system = "chain = 'system'";
    for edit in [
        // An event is edited, whichever field.
        format!("UPDATE events SET document = replace(document, 'test.happen', 'test.nothing') WHERE {system} AND seq = 2"),
        format!("UPDATE events SET document = replace(document, '\"second\":\"1\"', '\"second\":\"7\"') WHERE {system}"),
        format!("UPDATE events SET document = json_set(document, '$.at', '2030-01-01T00:00:00Z') WHERE {system} AND seq = 4"),
        format!("UPDATE events SET document = json_set(document, '$.outcome', 'refused') WHERE {system} AND seq = 1"),
        format!("UPDATE events SET document = json_set(document, '$.chain', 'person:mallory') WHERE {system} AND seq = 1"),
        // An event is removed: first, middle, last.
        format!("DELETE FROM events WHERE {system} AND seq = 1"),
        format!("DELETE FROM events WHERE {system} AND seq = 2"),
        format!("DELETE FROM events WHERE {system} AND seq = 4"),
        // Two events change places.
        format!(
            "UPDATE events SET document = (SELECT other.document FROM events other WHERE other.{system} AND other.seq = 5 - events.seq)
             WHERE {system} AND seq IN (2, 3)"
        ),
        // An event is inserted, or repeated.
        format!(
            "INSERT INTO events (chain, seq, document) SELECT chain, 5, json_set(document, '$.seq', 5) FROM events WHERE {system} AND seq = 4"
        ),
        format!("INSERT INTO events (chain, seq, document) SELECT chain, 5, document FROM events WHERE {system} AND seq = 4"),
        // The last event and the head disappear together.
        format!(
            "DELETE FROM events WHERE {system} AND seq = 4;
             UPDATE heads SET seq = 3, hash = (SELECT document ->> '$.hash' FROM events WHERE {system} AND seq = 3) WHERE {system}"
        ),
        // A whole chain disappears: from the trail, and with its head.
        format!("DELETE FROM events WHERE {system}"),
        format!("DELETE FROM events WHERE {system}; DELETE FROM heads WHERE {system}"),
        "DELETE FROM events WHERE chain LIKE 'session:%'; DELETE FROM heads WHERE chain LIKE 'session:%'".to_owned(),
        // A head is edited alone.
        format!("UPDATE heads SET seq = 9 WHERE {system}"),
        format!("DELETE FROM heads WHERE {system}"),
    ] {
        let (place, heads) = written().await;
        let place = place.edited(|file| file.execute_batch(&edit).unwrap());
        assert!(!is_whole(&place.store, &heads).await, "{edit}");
    }
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_not_skipped() {
    let (place, _) = written().await;
    let place = place.edited(|file| {
        file.execute_batch("UPDATE events SET document = 'nothing to see here' WHERE chain = 'system' AND seq = 2")
            .unwrap();
    });
    let page = PageRequest { cursor: None, limit: 100 };
    let error = place.store.events(None, &page).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt(_)), "{error:?}");
}
