//! Injected faults do to a call exactly what they say, over all ports that share a script.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in its helpers")]

use std::sync::Arc;

use daypass_embedded::aws::{AwsOptions, Broker, SimulatedAws};
use daypass_embedded::clock::ManualClock;
use daypass_embedded::database::Database;
use daypass_embedded::entropy::SeededEntropy;
use daypass_embedded::faults::{
    CallKind, Chances, Counted, Fault, FaultScript, FaultyCloud, FaultyStore, Outcome, Refusal,
};
use daypass_embedded::store::SqliteStore;
use daypass_vending::audit::{Actor, ChainId, EventDraft, Outcome as Ending};
use daypass_vending::ids::{AccountId, RoleName};
use daypass_vending::plan::Change;
use daypass_vending::ports::{AuditLog, Cloud, CloudError, PageRequest, StoreError};
use jiff::Timestamp;

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"sts:*"}]}"#;
const BOUNDARY: &str = "arn:aws:iam::111122223333:policy/boundary";
const ALLOW: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// Both ports over one database, and the same without faults to look at the truth.
struct World {
    cloud: FaultyCloud,
    store: FaultyStore,
    aws: Arc<SimulatedAws>,
    truth: Arc<SqliteStore>,
    account: AccountId,
}

impl World {
    async fn new(script: &FaultScript) -> Self {
        let database = Database::open_in_memory().unwrap();
        let clock = Arc::new(ManualClock::new(now()));
        let options = AwsOptions::new(Broker::new("arn:aws:iam::444455556666:role/broker").unwrap());
        let aws = Arc::new(SimulatedAws::new(database.clone(), clock, Arc::new(SeededEntropy::new(1)), options));
        let truth = Arc::new(SqliteStore::new(database));
        let account: AccountId = "111122223333".parse().unwrap();
        aws.put_managed_policy(&account, BOUNDARY, ALLOW).await.unwrap();
        Self {
            cloud: FaultyCloud::new(aws.clone(), script.clone()),
            store: FaultyStore::new(truth.clone(), script.clone()),
            aws,
            truth,
            account,
        }
    }

    async fn create(&self, name: &str) -> Result<(), CloudError> {
        let change = Change::CreateRole {
            role: RoleName::found(name),
            path: "/daypass/".to_owned(),
            boundary_arn: BOUNDARY.to_owned(),
            tags: [].into(),
            trust: TRUST.to_owned(),
        };
        self.cloud.apply(&self.account, &change).await
    }

    async fn exists(&self, name: &str) -> bool {
        self.aws.role(&self.account, &RoleName::found(name)).await.unwrap().is_some()
    }

    async fn record(&self) -> Result<(), StoreError> {
        let event = EventDraft::new(ChainId::system(), now(), Actor::Reconciler, "test.happen", Ending::Done);
        self.store.record(&event).await
    }

    async fn recorded(&self) -> usize {
        let page = PageRequest { cursor: None, limit: 100 };
        self.truth.events(Some(&ChainId::system()), &page).await.unwrap().items.len()
    }
}

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

#[tokio::test]
async fn without_faults_everything_happens_and_is_written_down() {
    let script = FaultScript::new();
    let world = World::new(&script).await;
    world.create("one").await.unwrap();
    assert_eq!(world.create("one").await, Err(CloudError::AlreadyExists("role one".to_owned())));
    world.record().await.unwrap();
    world.cloud.role_quota(&world.account).await.unwrap();
    let log: Vec<_> =
        script.calls().into_iter().map(|call| (call.name, call.kind, call.subject, call.outcome)).collect();
    let call = |name, kind, subject: &str, outcome| (name, kind, subject.to_owned(), outcome);
    assert_eq!(
        log,
        [
            call("cloud.create_role", CallKind::Write, "one", Outcome::Done),
            call("cloud.create_role", CallKind::Write, "one", Outcome::Failed),
            call("store.record", CallKind::Write, "system", Outcome::Done),
            call("cloud.role_quota", CallKind::Read, "111122223333", Outcome::Done),
        ]
    );
    assert_eq!(script.count(Counted::All), 4);
    assert_eq!(script.count(Counted::OfKind(CallKind::Write)), 3);
    assert_eq!(script.count(Counted::Named("cloud.create_role")), 2);
    assert_eq!(script.count(Counted::Named("cloud.delete_role")), 0);
}

#[tokio::test]
async fn a_fault_before_a_call_keeps_it_from_happening() {
    let refused = CloudError::Refused { code: "LimitExceeded".to_owned(), message: "an injected fault".to_owned() };
    for (refusal, expected) in [
        (Refusal::Refused("LimitExceeded"), refused),
        (Refusal::Throttled, CloudError::Throttled),
        (Refusal::Unavailable, CloudError::Unavailable("an injected fault".to_owned())),
    ] {
        let script = FaultScript::new().with(Counted::All, 2, Fault::Before(refusal));
        let world = World::new(&script).await;
        world.create("one").await.unwrap();
        let error = world.create("two").await.unwrap_err();
        assert_eq!(error, expected);
        assert!(!error.may_have_applied());
        assert!(!world.exists("two").await);
        world.create("two").await.unwrap();
        let calls = script.calls();
        assert_eq!((calls[1].fault, calls[1].outcome), (Some(Fault::Before(refusal)), Outcome::NotDone));
    }
}

#[tokio::test]
async fn a_lost_answer_hides_that_the_call_happened() {
    let script = FaultScript::new().with(Counted::Named("cloud.create_role"), 1, Fault::After).with(
        Counted::Named("store.record"),
        1,
        Fault::After,
    );
    let world = World::new(&script).await;
    assert!(world.create("one").await.unwrap_err().may_have_applied());
    assert!(world.exists("one").await);
    assert!(matches!(world.record().await, Err(StoreError::Unknown(_))));
    assert_eq!(world.recorded().await, 1);
    assert!(script.calls().iter().all(|call| call.outcome == Outcome::Lost));
}

#[tokio::test]
async fn after_a_crash_nothing_gets_through_until_the_process_starts_again() {
    for (fault, happened) in [(Fault::CrashBefore, false), (Fault::CrashAfter, true)] {
        let script =
            FaultScript::new().with(Counted::OfKind(CallKind::Write), 2, fault).with(Counted::All, 4, Fault::After);
        let world = World::new(&script).await;
        world.record().await.unwrap();
        world.create("one").await.unwrap_err();
        assert!(script.is_dead());
        assert_eq!(world.exists("one").await, happened, "{fault:?}");
        world.record().await.unwrap_err();
        world.create("two").await.unwrap_err();
        world.cloud.role_quota(&world.account).await.unwrap_err();
        assert!(!world.exists("two").await);
        assert_eq!(world.recorded().await, 1);
        script.restart();
        world.record().await.unwrap();
        assert_eq!(world.recorded().await, 2);
        assert_eq!(script.count(Counted::All), 6, "calls of a dead process count too");
        assert_eq!(script.calls()[3].fault, None, "and meet no further fault");
    }
}

#[tokio::test]
async fn numbers_count_what_they_are_told_to_count() {
    let script = FaultScript::new().with(Counted::OfKind(CallKind::Read), 1, Fault::Before(Refusal::Throttled)).with(
        Counted::Named("store.record"),
        2,
        Fault::Before(Refusal::Unavailable),
    );
    let world = World::new(&script).await;
    world.create("one").await.unwrap();
    world.record().await.unwrap();
    assert_eq!(world.cloud.role_quota(&world.account).await, Err(CloudError::Throttled));
    world.cloud.role_quota(&world.account).await.unwrap();
    assert!(matches!(world.record().await, Err(StoreError::Unavailable(_))));
    world.record().await.unwrap();
    script.add(Counted::All, 8, Fault::After);
    world.create("two").await.unwrap();
    world.create("three").await.unwrap_err();
    script.reset();
    assert_eq!(script.calls(), []);
    world.create("four").await.unwrap();
}

/// The model test relies on it: a failing seed fails again.
#[tokio::test]
async fn faults_by_chance_are_the_same_for_the_same_seed_and_tell_the_truth() {
    let run = async |seed| {
        let script = FaultScript::random(seed, Chances { before: 200, after: 200, crash: 20 });
        let world = World::new(&script).await;
        let mut told = Vec::new();
        for number in 0..100 {
            let name = format!("role-{number}");
            let result = world.create(&name).await;
            let exists = world.exists(&name).await;
            match &result {
                Ok(()) => assert!(exists),
                Err(error) if !error.may_have_applied() => assert!(!exists),
                Err(_) => {}
            }
            told.push((result, exists));
            if script.is_dead() {
                script.restart();
            }
        }
        told
    };
    let one = run(5).await;
    assert_eq!(one, run(5).await);
    assert_ne!(one, run(6).await);
    assert!(one.iter().any(|(result, exists)| result.is_err() && *exists), "some answers were lost");
}

#[tokio::test]
async fn a_call_that_is_held_up_happens_when_it_is_let_go_and_others_pass_it() {
    let script = FaultScript::new();
    let world = World::new(&script).await;
    let mut hold = script.hold(Counted::Named("cloud.create_role"), 1);
    let other_things = async {
        assert!(hold.reached().await);
        assert!(!world.exists("one").await);
        world.create("two").await.unwrap();
        hold.release();
    };
    let (held, ()) = tokio::join!(world.create("one"), other_things);
    held.unwrap();
    assert!(world.exists("one").await);
    drop(script.hold(Counted::Named("cloud.create_role"), 3));
    world.create("three").await.unwrap();
}

#[tokio::test]
async fn a_whole_port_can_be_out_of_reach() {
    let script = FaultScript::new();
    script.add_to_all(Counted::OfPort("cloud"), Fault::Before(Refusal::Unavailable));
    let world = World::new(&script).await;
    for _ in 0..3 {
        world.create("one").await.unwrap_err();
    }
    world.record().await.unwrap();
    assert_eq!((script.count(Counted::OfPort("cloud")), script.count(Counted::OfPort("store"))), (3, 1));
}
