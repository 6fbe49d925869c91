//! What the domain relies on of a session store.

use std::collections::BTreeSet;

use daypass_vending::audit::{ChainId, Digest256};
use daypass_vending::ids::{IdempotencyKey, SessionId};
use daypass_vending::ports::{AuditLog, CommitError, Outbox, PageRequest, SessionFilter, SessionStore, StoreError};
use daypass_vending::session::{EndCause, IdempotentCall, Provisioning, Session, Status};

use super::sample::{Sample, active, narrow};

/// Holds for every [`SessionStore`], with the trail and outbox that share its transactions.
///
/// # Panics
/// At the first clause that does not hold.
pub async fn session_store_contract<S: SessionStore + AuditLog + Outbox>(store: &S, sample: &Sample<'_>) {
    what_is_stored_is_read_back(store, sample).await;
    a_lost_race_stores_nothing_at_all(store, sample).await;
    bookkeeping_is_conditional_too(store, sample).await;
    lists_filter_and_page(store, sample).await;
    what_is_due_comes_longest_due_first(store, sample).await;
    a_repeated_call_meets_its_own_result(store, sample).await;
}

async fn what_is_stored_is_read_back<S: SessionStore + AuditLog + Outbox>(store: &S, sample: &Sample<'_>) {
    let granted = sample.granted("reader", "break-glass", 0);
    let id = granted.after().id();
    assert_eq!(store.session(&id).await, Ok(None), "nothing is there before");
    store.commit(&granted).await.expect("an opening");
    assert_eq!(read(store, id).await, *granted.after());
    assert_eq!(store.commit(&granted).await, Err(CommitError::Conflict), "a session opens once");
    let activated = sample.activated(granted.after(), 1);
    store.commit(&activated).await.expect("a transition");
    assert_eq!(read(store, id).await, *activated.after());
    let actions: Vec<_> = chain(store, id).await.into_iter().map(|event| event.draft).collect();
    assert_eq!(actions, [granted.event().clone(), activated.event().clone()]);
    let alerts: Vec<_> = alerts(store, id).await;
    assert_eq!(alerts, granted.alerts());
}

async fn a_lost_race_stores_nothing_at_all<S: SessionStore + AuditLog + Outbox>(store: &S, sample: &Sample<'_>) {
    let granted = sample.granted("racer", "break-glass", 0);
    let id = granted.after().id();
    store.commit(&granted).await.expect("an opening");
    let first = sample.activated(granted.after(), 1);
    let second = narrow::<Provisioning>(granted.after()).fail(
        "lost".to_owned(),
        daypass_vending::audit::Actor::Broker,
        sample.after(1),
    );
    store.commit(&first).await.expect("the first of two");
    assert_eq!(store.commit(&second).await, Err(CommitError::Conflict));
    assert_eq!(read(store, id).await, *first.after());
    assert_eq!(chain(store, id).await.len(), 2, "the loser's event is not there");
    assert_eq!(alerts(store, id).await.len(), 1, "nor its alert");
}

async fn bookkeeping_is_conditional_too<S: SessionStore + AuditLog + Outbox>(store: &S, sample: &Sample<'_>) {
    let granted = sample.granted("keeper", "read-only", 0);
    let id = granted.after().id();
    store.commit(&granted).await.expect("an opening");
    let claim = narrow::<Provisioning>(granted.after()).claim(sample.after(10));
    let rival = narrow::<Provisioning>(granted.after()).claim(sample.after(20));
    store.keep(&claim).await.expect("a claim");
    assert_eq!(store.keep(&rival).await, Err(CommitError::Conflict), "only one of two claims");
    assert_eq!(read(store, id).await, *claim.after());
    assert_eq!(chain(store, id).await.len(), 1, "bookkeeping is no event");
    let unknown = sample.granted("keeper", "read-only", 0);
    let claim = narrow::<Provisioning>(unknown.after()).claim(sample.after(10));
    assert_eq!(store.keep(&claim).await, Err(CommitError::Conflict), "what is not there cannot be claimed");
}

async fn lists_filter_and_page<S: SessionStore + AuditLog + Outbox>(store: &S, sample: &Sample<'_>) {
    let mut sessions = Vec::new();
    // Some are asked for in the same second: a page must not end between them and forget one.
    for number in 0..11_i64 {
        let tier = if number % 3 == 0 { "developer" } else { "read-only" };
        let name = if number % 2 == 0 { "lister" } else { "other" };
        let granted = sample.granted(name, tier, 100 + number / 3);
        store.commit(&granted).await.expect("an opening");
        sessions.push(granted.after().clone());
    }
    let lister = SessionFilter { user: Some(sample.person("lister").user), ..SessionFilter::default() };
    let developers = SessionFilter { tier: Some("developer".parse().expect("a tier")), ..lister.clone() };
    let none = SessionFilter { statuses: vec![Status::Revoked, Status::Expired], ..lister.clone() };
    let alive = SessionFilter { statuses: vec![Status::Active, Status::Provisioning], ..lister.clone() };
    let project = sessions.first().map(|session| session.facts().request.project.clone());
    let ours = SessionFilter { project, ..lister.clone() };
    let elsewhere = SessionFilter { account: Some("444455556666".parse().expect("an account")), ..lister.clone() };
    for (filter, count) in [(&lister, 6), (&developers, 2), (&none, 0), (&alive, 6), (&ours, 6), (&elsewhere, 0)] {
        for limit in [1, 4, 100] {
            let found = all(store, filter, limit).await;
            assert_eq!(found.len(), count, "{filter:?} in pages of {limit}");
            let distinct: BTreeSet<SessionId> = found.iter().map(Session::id).collect();
            assert_eq!(distinct.len(), count, "each exactly once");
            assert!(
                found.is_sorted_by(|a, b| a.facts().requested_at >= b.facts().requested_at),
                "newest first in pages of {limit}"
            );
        }
    }
    let page = PageRequest { cursor: Some("not a cursor".to_owned()), limit: 5 };
    assert_eq!(store.sessions(&lister, &page).await, Err(StoreError::BadCursor));
}

async fn what_is_due_comes_longest_due_first<S: SessionStore + AuditLog + Outbox>(store: &S, sample: &Sample<'_>) {
    let (mut expected, far) = (Vec::new(), 40 * 365 * 86_400);
    // Far in the past, so that whatever else the store holds is due later.
    for seconds in [-far, -far + 50, -far + 20] {
        let granted = sample.granted("debtor", "read-only", seconds);
        store.commit(&granted).await.expect("an opening");
        let activated = sample.activated(granted.after(), seconds);
        store.commit(&activated).await.expect("a transition");
        expected.push((seconds, activated.after().clone()));
    }
    expected.sort_by_key(|(seconds, _)| *seconds);
    let before = sample.after(-far + 3599);
    assert_eq!(store.due(before, 10).await, Ok(vec![]), "nothing is due yet");
    let due = store.due(sample.after(-far + 3600 + 30), 10).await.expect("what is due");
    let ids = |sessions: &[Session]| sessions.iter().map(Session::id).collect::<Vec<_>>();
    let expected: Vec<Session> = expected.into_iter().map(|(_, session)| session).collect();
    assert_eq!(ids(&due), ids(&expected[..2]));
    let one = store.due(sample.after(-far + 3700), 1).await.expect("what is due");
    assert_eq!(ids(&one), ids(&expected[..1]), "no more than asked for");
    for session in &expected {
        let ended = active(session).revoke(EndCause::Released, sample.person("debtor").into(), sample.after(0));
        store.commit(&ended).await.expect("an end");
    }
    assert_eq!(store.due(sample.after(-far + 3700), 10).await, Ok(vec![]), "what is postponed is not due");
}

async fn a_repeated_call_meets_its_own_result<S: SessionStore + AuditLog + Outbox>(store: &S, sample: &Sample<'_>) {
    let key: IdempotencyKey = format!("key-of-run-{}", sample.mark).parse().expect("a key");
    let call = |name: &str, body: &str| IdempotentCall {
        user: sample.person(name).user,
        key: key.clone(),
        fingerprint: Digest256::of(body.as_bytes()),
    };
    assert_eq!(store.replayed(&call("caller", "one")).await, Ok(None));
    let first = sample.granted("caller", "read-only", 0).called_by(Some(call("caller", "one")));
    store.commit(&first).await.expect("an opening");
    let id = first.after().id();
    assert_eq!(store.replayed(&call("caller", "one")).await, Ok(Some(id)));
    assert_eq!(store.replayed(&call("caller", "two")).await, Err(CommitError::KeyReused));
    assert_eq!(store.replayed(&call("stranger", "one")).await, Ok(None), "keys of different people never meet");
    for (body, expected) in [("one", CommitError::Replayed(id)), ("two", CommitError::KeyReused)] {
        let again = sample.granted("caller", "read-only", 1).called_by(Some(call("caller", body)));
        assert_eq!(store.commit(&again).await, Err(expected), "{body}");
        assert_eq!(store.session(&again.after().id()).await, Ok(None), "nothing of a repeated call is stored");
        assert!(chain(store, again.after().id()).await.is_empty(), "nor its event");
    }
}

async fn read<S: SessionStore>(store: &S, id: SessionId) -> Session {
    store.session(&id).await.expect("the store").expect("a stored session")
}

async fn all<S: SessionStore>(store: &S, filter: &SessionFilter, limit: usize) -> Vec<Session> {
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.sessions(filter, &PageRequest { cursor, limit }).await.expect("a page");
        assert!(page.items.len() <= limit, "a page is no longer than asked for");
        found.extend(page.items);
        match page.next {
            Some(next) => cursor = Some(next),
            None => return found,
        }
    }
}

async fn chain<S: AuditLog>(store: &S, id: SessionId) -> Vec<daypass_vending::audit::Event> {
    let page = PageRequest { cursor: None, limit: 100 };
    store.events(Some(&ChainId::session(&id)), &page).await.expect("a chain").items
}

async fn alerts<S: Outbox>(store: &S, id: SessionId) -> Vec<daypass_vending::alert::Alert> {
    store.alerts_of(&id).await.expect("alerts").into_iter().map(|entry| entry.alert).collect()
}
