//! Lists: pages, the queue of what is due, the outbox.

use daypass_vending::ports::{Outbox, SessionFilter, SessionStore};
use daypass_vending::session::Status;

use super::super::audit::{CHAIN, TRAIL};
use super::super::commit::FORGET;
use super::super::cursor::{List, Part, encode};
use super::super::outbox::{OF_SESSION, UNDELIVERED};
use super::super::sessions::{DUE, Query};
use super::*;

#[tokio::test]
async fn pages_cover_everything_exactly_once_while_sessions_are_added() {
    let place = Place::new();
    // Three requests in each second: the order among them is the number's.
    for number in 0..30_u8 {
        let user = if number % 2 == 0 { "carla" } else { "carl" };
        let request = pending(facts(number, user, at(i64::from(number / 3))));
        place.store.commit(&request).await.unwrap();
        if number % 5 == 0 {
            place.store.commit(&lapsed(&request)).await.unwrap();
        }
    }
    let mut number = 100;
    let filters = [
        (SessionFilter::default(), 30),
        (SessionFilter { user: Some("carla".parse().unwrap()), ..Default::default() }, 15),
        (SessionFilter { statuses: vec![Status::Lapsed, Status::Active], ..Default::default() }, 6),
        (
            SessionFilter { user: Some("carl".parse().unwrap()), statuses: vec![Status::Lapsed], ..Default::default() },
            3,
        ),
        (SessionFilter { project: Some("zeta".parse().unwrap()), ..Default::default() }, 0),
    ];
    for (filter, expected) in filters {
        let read = async |page| place.store.sessions(&filter, &page).await;
        let found = pages(4, read, async || {
            number += 1;
            place.store.commit(&pending(facts(number, "later", at(1000 + i64::from(number))))).await.unwrap();
        });
        let found: Vec<Session> =
            found.await.into_iter().filter(|found| found.facts().user.as_str() != "later").collect();
        let ids: BTreeSet<_> = found.iter().map(Session::id).collect();
        assert_eq!((found.len(), ids.len()), (expected, expected), "{filter:?}");
        assert!(found.is_sorted_by_key(|session| std::cmp::Reverse(session.facts().requested_at)));
    }
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused() {
    let place = Place::new();
    for number in 0..3 {
        place.store.commit(&pending(facts(number, "carla", at(0)))).await.unwrap();
    }
    let first = PageRequest { cursor: None, limit: 1 };
    let sessions = place.store.sessions(&SessionFilter::default(), &first).await.unwrap();
    let trail = place.store.events(None, &first).await.unwrap();
    assert!(sessions.next.is_some() && trail.next.is_some());
    for cursor in [trail.next, Some("garbage".to_owned()), Some(String::new())] {
        let page = PageRequest { cursor, limit: 1 };
        assert_eq!(place.store.sessions(&SessionFilter::default(), &page).await.unwrap_err(), StoreError::BadCursor);
    }
    let page = PageRequest { cursor: sessions.next, limit: 1 };
    for chain in [None, Some(&ChainId::system())] {
        assert_eq!(place.store.events(chain, &page).await.unwrap_err(), StoreError::BadCursor);
    }
}

#[tokio::test]
async fn what_is_due_comes_longest_due_first_and_leaves_when_it_is_over() {
    let place = Place::new();
    let requests: Vec<Transition> = [2, 0, 1].map(|n| pending(facts(n, "carla", at(i64::from(n) * 60)))).into();
    for request in &requests {
        place.store.commit(request).await.unwrap();
    }
    let hour = 3600;
    let due = async |now, limit| -> Vec<Timestamp> {
        place.store.due(now, limit).await.unwrap().iter().map(|session| session.facts().requested_at).collect()
    };
    assert_eq!(due(at(hour) - SignedDuration::from_nanos(1), 9).await, []);
    assert_eq!(due(at(hour), 9).await, [at(0)]);
    assert_eq!(due(at(2 * hour), 9).await, [at(0), at(60), at(120)]);
    assert_eq!(due(at(2 * hour), 2).await, [at(0), at(60)]);
    place.store.commit(&lapsed(&requests[1])).await.unwrap();
    assert_eq!(due(at(2 * hour), 9).await, [at(60), at(120)]);
}

#[tokio::test]
async fn an_alert_waits_until_it_is_delivered() {
    let place = Place::new();
    for number in 1..=3 {
        place.store.commit(&granted(facts(number, "olga", at(0)))).await.unwrap();
    }
    let waiting = async |now| -> Vec<(u64, u32)> {
        place.store.undelivered(now, 9).await.unwrap().iter().map(|entry| (entry.number, entry.failed)).collect()
    };
    assert_eq!(waiting(at(0)).await, [(1, 0), (2, 0), (3, 0)]);
    place.store.delivered(1, at(5)).await.unwrap();
    place.store.undeliverable(2, at(60)).await.unwrap();
    assert_eq!(waiting(at(59)).await, [(3, 0)]);
    assert_eq!(waiting(at(60)).await, [(2, 1), (3, 0)]);
    // Whoever delivered the same alert meanwhile does not bring it back, nor change when it was delivered.
    place.store.undeliverable(1, at(60)).await.unwrap();
    place.store.delivered(1, at(99)).await.unwrap();
    let id = daypass_vending::ids::SessionId::from_random([1; 16]);
    let entries = place.store.alerts_of(&id).await.unwrap();
    assert_eq!((entries.len(), entries[0].delivered_at, entries[0].failed), (1, Some(at(5)), 0));
}

/// Whatever grows with time is found by an index. `TEMP B-TREE` would mean that SQLite sorts it on every call, `SCAN`
/// without an index that it reads all of it.
#[tokio::test]
async fn no_list_is_read_or_sorted_as_a_whole() {
    let place = Place::new();
    let explain = |sql: &str| {
        let file = Connection::open(place.path()).unwrap();
        let mut statement = file.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let count = statement.parameter_count();
        let rows =
            statement.query_map(rusqlite::params_from_iter(vec![1; count]), |row| row.get::<_, String>(3)).unwrap();
        rows.map(Result::unwrap).collect::<Vec<_>>().join("; ")
    };
    let next = PageRequest { cursor: Some(encode(List::Sessions, (0, 0))), limit: 9 };
    let sessions = |filter: SessionFilter| {
        [&PageRequest { cursor: None, limit: 9 }, &next]
            .map(|page| Query::of(&filter, &Part::of(List::Sessions, page).unwrap()).sql)
    };
    let default = SessionFilter::default;
    let lists = [
        (sessions(default()), "sessions_by_time"),
        (sessions(SessionFilter { user: Some("carla".parse().unwrap()), ..default() }), "sessions_by_user"),
        (sessions(SessionFilter { project: Some("acme-web".parse().unwrap()), ..default() }), "sessions_by_project"),
        (sessions(SessionFilter { statuses: vec![Status::Stuck], ..default() }), "sessions_by_status"),
        (sessions(SessionFilter { owing_review: true, ..default() }), "sessions_owing_review"),
        (
            sessions(SessionFilter { user: Some("olga".parse().unwrap()), owing_review: true, ..default() }),
            "sessions_of_user_owing_review",
        ),
        ([DUE, UNDELIVERED].map(str::to_owned), ""),
        ([OF_SESSION, CHAIN].map(str::to_owned), ""),
        ([TRAIL, FORGET].map(str::to_owned), ""),
    ];
    for (pair, index) in lists {
        for sql in pair {
            let plan = explain(&sql);
            assert!(plan.contains(index) && !plan.contains("TEMP B-TREE"), "{sql}: {plan}");
            assert!(plan.split("; ").all(|step| !step.starts_with("SCAN") || step.contains("INDEX")), "{sql}: {plan}");
        }
    }
}
