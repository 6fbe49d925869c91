//! What is special about this store; what every store must do is in the contracts of the workspace's `tests` crate.

mod atomic;
mod lists;
mod tampering;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use daypass_vending::alert::Occasion;
use daypass_vending::audit::{ChainId, ChainVerifier, Event, Head};
use daypass_vending::identity::{Evidence, Method, Standing};
use daypass_vending::plan::{Plan, TrustTerms};
use daypass_vending::ports::{AuditLog, Page, PageRequest, StoreError};
use daypass_vending::request::{Delivery, PassDuration, SessionRequest};
use daypass_vending::secret::Sealed;
use daypass_vending::session::{Facts, Obligations, PendingApproval, RulingRecord, Session, Stage, Transition};
use jiff::SignedDuration;
use rusqlite::Connection;
use tempfile::TempDir;

use super::*;

/// A store in a file of its own.
struct Place {
    folder: TempDir,
    store: SqliteStore,
}

impl Place {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let store = SqliteStore::new(Database::open(&folder.path().join("test.db")).unwrap());
        Self { folder, store }
    }

    /// Close the file, let `change` do with it what it likes, and open it again.
    fn edited(self, change: impl FnOnce(&Connection)) -> Self {
        let Self { folder, store } = self;
        drop(store);
        let path = folder.path().join("test.db");
        change(&Connection::open(&path).unwrap());
        let store = SqliteStore::new(Database::open(&path).unwrap());
        Self { folder, store }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("test.db")
    }

    /// How many rows each table has; what a failed change must leave alone.
    fn rows(&self) -> BTreeMap<&'static str, i64> {
        let reader = Connection::open(self.path()).unwrap();
        let tables = ["sessions", "calls", "events", "heads", "outbox", "life_events", "checkpoints"];
        let count = |table| reader.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
        tables.map(|table| (table, count(table))).into()
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

fn facts(number: u8, user: &str, requested_at: Timestamp) -> Facts {
    Facts {
        id: daypass_vending::ids::SessionId::from_random([number; 16]),
        user: user.parse().unwrap(),
        request: SessionRequest {
            project: "acme-web".parse().unwrap(),
            account: "111122223333".parse().unwrap(),
            tier: "read-only".parse().unwrap(),
            duration: PassDuration::from_hours(4).unwrap(),
            reason: "look at the failing nightly job".parse().unwrap(),
            incident: None,
            delivery: Delivery::Brokered,
        },
        requested_at,
        evidence: Evidence {
            issuer: "http://localhost".to_owned(),
            method: Method::Token,
            authenticated_at: requested_at,
            mfa_at: Some(requested_at),
            address: [127, 0, 0, 1].into(),
            request: None,
        },
        ruling: RulingRecord { policies: vec!["contractors".to_owned()], rules_hash: "00".to_owned() },
        obligations: Obligations::default(),
        alerts: vec![Occasion::Grant, Occasion::End],
        max: PassDuration::from_hours(36).unwrap(),
        review_required: false,
    }
}

fn plan(facts: &Facts, expires_at: Timestamp) -> Plan {
    let role = daypass_vending::ids::RoleName::of(&facts.request.project, &facts.id);
    Plan {
        role,
        path: "/daypass/read-only/".to_owned(),
        account: facts.request.account.clone(),
        boundary_arn: "arn:aws:iam::111122223333:policy/daypass/boundary/read-only".to_owned(),
        tags: BTreeMap::new(),
        permissions: r#"{"Version":"2012-10-17","Statement":[]}"#.to_owned(),
        trust: TrustTerms {
            principal: "arn:aws:iam::444455556666:role/broker".to_owned(),
            user: facts.user.clone(),
            expires_at,
            holder: None,
        },
        external_id: Sealed("sealed".to_owned()),
        expires_at,
        template_hash: daypass_vending::audit::Digest256::ZERO,
        template_versions: None,
    }
}

/// A request that waits for approval until an hour after it was made.
fn pending(facts: Facts) -> Transition {
    let now = facts.requested_at;
    Session::request(facts).await_approval(Standing::bare(now), now + SignedDuration::from_hours(1), now)
}

/// A grant: its transition carries an alert.
fn granted(facts: Facts) -> Transition {
    let (now, plan) = (facts.requested_at, plan(&facts, facts.requested_at + SignedDuration::from_hours(4)));
    Session::request(facts).approve(now).provision(plan, now)
}

/// The session after a transition, in the state it is known to be in.
fn after<S: Stage>(transition: &Transition) -> Session<S> {
    transition.after().clone().narrow().unwrap()
}

fn lapsed(transition: &Transition) -> Transition {
    after::<PendingApproval>(transition).lapse(at(9000))
}

/// Read a list page by page; `between` runs after each page.
async fn pages<T, F: Future<Output = Result<Page<T>, StoreError>>>(
    limit: usize,
    mut read: impl FnMut(PageRequest) -> F,
    mut between: impl AsyncFnMut(),
) -> Vec<T> {
    let (mut items, mut cursor) = (vec![], None);
    loop {
        let page = read(PageRequest { cursor, limit }).await.unwrap();
        assert!(page.items.len() <= limit);
        items.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return items;
        }
        between().await;
    }
}

async fn trail(store: &SqliteStore) -> Vec<Event> {
    pages(3, async |page| store.events(None, &page).await, async || {}).await
}

/// Whether trail, recorded heads and `signed` heads agree.
async fn is_whole(store: &SqliteStore, signed: &[Head]) -> bool {
    let mut chains: BTreeMap<ChainId, ChainVerifier> = BTreeMap::new();
    let mut met = BTreeSet::new();
    for event in trail(store).await {
        if chains.entry(event.draft.chain.clone()).or_default().check(&event).is_err() {
            return false;
        }
        met.insert(event.head());
    }
    let ends: Vec<Head> = chains.into_values().filter_map(|chain| chain.head().cloned()).collect();
    ends == store.heads().await.unwrap() && signed.iter().all(|head| met.contains(head))
}
