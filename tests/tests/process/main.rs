//! The real program: killed with `kill -9` in the middle of its work and started again on what it left behind, asked to
//! stop while it works, told to read its rules anew, and started twice.
#![cfg(unix)]
#![expect(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "this whole program is test code")]

mod aftermath;
mod load;
mod program;

use std::time::{Duration, Instant};

use daypass_api::{
    AuditQuery, Call, Client, Delivery, NewSession, OutcomeView, ProblemCode, SessionQuery, SessionStatus,
};
use daypass_embedded::entropy::SeededEntropy;
use daypass_entitlements::DEFAULT_POLICIES;

use aftermath::Records;
use load::{Ledger, roll};
use program::Installation;

const ROUNDS: u64 = 8;

/// How long the load runs before the process dies, in milliseconds.
const LIFE: std::ops::Range<u64> = 100..900;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_loses_no_session_and_leaves_no_role_behind() {
    let installation = Installation::new();
    let mut dev = installation.start().await;
    let people = installation.log_everybody_in(&dev).await;
    let ledger = Ledger::default();
    for seed in 1..=ROUNDS {
        let chance = SeededEntropy::new(seed);
        let life = Duration::from_millis(LIFE.start + roll(&chance, LIFE.end - LIFE.start));
        let about = format!("round {seed}, killed after {life:?}");
        let loads = load::start(&people, &ledger, seed);
        tokio::time::sleep(life).await;
        dev.kill().await;
        loads.finished().await;
        dev = installation.start().await;
        aftermath::comes_to_rest(&people.ada, &about).await;
        aftermath::nothing_is_lost(&people.ada, &ledger, &about).await;
        aftermath::credentials_work_exactly_while_sessions_live(&people.ada, &ledger, &about).await;
        assert!(dev.stop().await.success(), "{about}");
        Records::open(&installation).await.assert_roles_are_those_of_live_sessions(&about).await;
        dev = installation.start().await;
    }
    ledger.assert_much_happened();
    aftermath::everything_can_be_ended(&people.ada).await;
    assert!(dev.stop().await.success());
    let records = Records::open(&installation).await;
    records.assert_roles_are_those_of_live_sessions("at the end").await;
    assert_eq!(records.roles().await.len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_while_sessions_expire_ends_them_after_its_restart() {
    let installation = Installation::new();
    let mut dev = installation.start().await;
    let people = installation.log_everybody_in(&dev).await;
    let ledger = Ledger::default();
    for seed in 1..=3 {
        for _ in 0..4 {
            let wish = NewSession { duration_seconds: Some(900), ..wish("read-only") };
            let session = people.carla.request_session(&wish, &Call::new().waiting(20)).await.unwrap();
            let credentials = people.carla.credentials(&session.session_id).await.unwrap();
            ledger.entries().credentials.push(credentials);
        }
        // All of them are due at once, and the reconciler wakes up. The clock of the next process starts over.
        people.ada.advance_clock(901).await.unwrap();
        let life = Duration::from_millis(roll(&SeededEntropy::new(seed), 120));
        let about = format!("round {seed}, killed after {life:?}");
        tokio::time::sleep(life).await;
        dev.kill().await;
        dev = installation.start().await;
        people.ada.advance_clock(905).await.unwrap();
        aftermath::are_all(&people.ada, SessionStatus::Expired, &about).await;
        aftermath::credentials_work_exactly_while_sessions_live(&people.ada, &ledger, &about).await;
        assert!(dev.stop().await.success(), "{about}");
        let records = Records::open(&installation).await;
        assert_eq!(records.roles().await.len(), 0, "{about}");
        drop(records);
        dev = installation.start().await;
    }
    assert!(dev.stop().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_asked_to_stop_finishes_what_it_has_begun() {
    let installation = Installation::new();
    let dev = installation.start().await;
    let people = installation.log_everybody_in(&dev).await;
    let mut killed = Vec::new();
    for _ in 0..6 {
        let session = people.carla.request_session(&wish("read-only"), &Call::new().waiting(20)).await.unwrap();
        killed.push(session.session_id);
    }
    // Each kill waits out the consistency window of a second, so all of them are under way when the signal comes.
    let mut begun = Vec::new();
    for id in &killed {
        people.carla.end_session(id, None, &Call::new()).await.unwrap();
        begun.push(people.carla.request_session(&wish("read-only"), &Call::new()).await.unwrap().session_id);
    }
    assert!(dev.stop().await.success());
    let records = Records::open(&installation).await;
    for id in &begun {
        assert_eq!(records.status(id).await, "active", "a request under way is finished");
    }
    for id in &killed {
        assert_eq!(records.status(id).await, "revoked", "a kill under way is finished");
    }
    records.assert_roles_are_those_of_live_sessions("after the signal").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_server_on_the_same_data_is_refused_and_harms_nobody() {
    let installation = Installation::new();
    let dev = installation.start().await;
    let (status, said) = installation.start_another().await;
    assert!(!status.success());
    assert!(said.contains("another process has"), "{said}");
    assert!(said.contains("daypass.sqlite"), "{said}");
    let people = installation.log_everybody_in(&dev).await;
    people.carla.request_session(&wish("read-only"), &Call::new().waiting(20)).await.unwrap();
    assert_eq!(sessions_of(&people.carla).await, 1);
    assert!(dev.stop().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_exchanges_the_rules_and_broken_ones_change_nothing() {
    let installation = Installation::deciding_by(DEFAULT_POLICIES);
    let dev = installation.start().await;
    let people = installation.log_everybody_in(&dev).await;
    assert!(is_allowed(&people.carla).await);

    let shut = "@id(\"nobody\") forbid (principal, action == Action::\"RequestSession\", resource);";
    installation.write_rules(&format!("{DEFAULT_POLICIES}\n{shut}"));
    dev.hang_up().await;
    reloads(&people.ada, &[OutcomeView::Done]).await;
    // The exchange is on record a moment before it is made.
    while is_allowed(&people.carla).await {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    installation.write_rules("permit (principal, action");
    dev.hang_up().await;
    reloads(&people.ada, &[OutcomeView::Done, OutcomeView::Refused]).await;
    assert!(!is_allowed(&people.carla).await, "what was in force stays in force");
    assert!(dev.stop().await.success());
}

/// Whether the rules give this person access.
async fn is_allowed(who: &Client) -> bool {
    match who.request_session(&wish("read-only"), &Call::new()).await {
        Ok(_) => true,
        Err(error) if error.problem().is_some_and(|problem| problem.code == ProblemCode::Refused) => false,
        Err(error) => panic!("{error}"),
    }
}

/// Wait until the trail shows these exchanges of rules.
async fn reloads(reader: &Client, expected: &[OutcomeView]) {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let query = AuditQuery { chain: Some("system".to_owned()), limit: Some(200), ..AuditQuery::default() };
        let events = reader.audit(&query).await.unwrap().events;
        let seen: Vec<_> =
            events.iter().filter(|event| event.action == "rules.reload").map(|event| event.outcome).collect();
        if seen == expected {
            return;
        }
        assert!(Instant::now() < deadline, "the trail shows {seen:?}, not {expected:?}");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

async fn sessions_of(client: &Client) -> usize {
    client.sessions(&SessionQuery::default()).await.unwrap().sessions.len()
}

/// What carla asks for.
fn wish(tier: &str) -> NewSession {
    NewSession {
        project_id: "acme-web".to_owned(),
        account_id: "111122223333".to_owned(),
        permission_tier: tier.to_owned(),
        duration_seconds: Some(3600),
        reason: "look into the nightly job".to_owned(),
        incident_id: None,
        delivery: Delivery::Brokered,
    }
}
