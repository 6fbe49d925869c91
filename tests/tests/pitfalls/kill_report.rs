//! The answer to a kill says what was verified and when, and claims nothing else.

use daypass_embedded::faults::{Counted, Fault, Refusal};
use daypass_tests::world::{World, WorldOptions, account, external_id_in};
use daypass_vending::ports::{Assumption, Cloud};
use daypass_vending::reconcile::Scope;
use daypass_vending::secret::{ExternalId, Secret};
use daypass_vending::session::{KillReport, Session, State, Status};
use jiff::SignedDuration;

fn report_of(session: &Session) -> KillReport {
    match session.state() {
        State::Revoked(revoked) => revoked.ended.report.clone(),
        State::Expired(expired) => expired.ended.report.clone(),
        _ => panic!("{:?}", session.status()),
    }
}

async fn world_with(window_seconds: i64, delay_seconds: i64) -> World {
    World::with(WorldOptions {
        consistency_window: SignedDuration::from_secs(window_seconds),
        consistency_delay: SignedDuration::from_secs(delay_seconds),
        ..WorldOptions::default()
    })
    .await
}

/// A kill of a session that works, carried out to its end.
async fn kill(world: &World) -> KillReport {
    let session = world.active("carla", "read-only").await;
    // Wait until everybody sees the role.
    let credentials = world.credentials("carla", &session).await;
    world.pass(SignedDuration::from_mins(2));
    assert!(world.works(&credentials).await);
    world.order_kill(&session).await;
    let report = report_of(&world.vending.carry_on(session.id()).await.unwrap());
    assert!(!world.works(&credentials).await);
    report
}

#[tokio::test]
async fn the_steps_of_a_kill_are_reported_in_their_order() {
    let report = kill(&world_with(30, 2).await).await;
    let KillReport { denied_at, trust_closed_at, refusal_seen_at, role_gone_at } = report.clone();
    let steps = [denied_at, trust_closed_at, refusal_seen_at, role_gone_at].map(|step| step.expect("a time"));
    assert!(steps.is_sorted(), "{report:?}");
}

#[tokio::test]
async fn nobody_gets_new_credentials_of_a_role_that_waits_for_its_deletion() {
    let world = world_with(60, 0).await;
    let session = world.active("carla", "read-only").await;
    let role = world.role_of(&session).await.unwrap();
    let external_id = ExternalId::from_sealed(Secret::new(external_id_in(&role.trust)));
    let assumption = Assumption {
        role: &role.name,
        path: &role.path,
        external_id: &external_id,
        user: &session.facts().user,
        session: session.id(),
        duration_seconds: 900,
    };
    world.aws.assume_role(&account(), &assumption).await.unwrap();
    world.order_kill(&session).await;
    world.vending.reconcile(Scope::Abandoned, None).await;
    assert_eq!(world.stored(session.id()).await.status(), Status::Revoking);
    assert!(world.role_of(&session).await.is_some(), "it is still there");
    let refused = world.aws.assume_role(&account(), &assumption).await.unwrap_err();
    assert!(refused.is_access_denied(), "{refused}");
}

#[tokio::test]
async fn the_refusal_is_seen_by_a_witness_that_worked_before_and_not_before_it_is_so() {
    let world = world_with(30, 3).await;
    let report = kill(&world).await;
    let (denied_at, seen_at) = (report.denied_at.unwrap(), report.refusal_seen_at.unwrap());
    let took = seen_at.duration_since(denied_at);
    assert!(took >= SignedDuration::from_secs(3), "IAM had told nobody yet: {took}");
    assert!(took < SignedDuration::from_secs(4), "{took}");
    let calls = world.script.calls();
    let position = |name| calls.iter().rposition(|call| call.name == name).unwrap();
    let first_probe = calls.iter().position(|call| call.name == "cloud.probe").unwrap();
    assert!(first_probe < position("cloud.put_role_policy"), "the witness was alive before the denial");
}

#[tokio::test]
async fn a_refusal_that_was_not_seen_is_not_reported() {
    // IAM takes longer than anybody watches, but not longer than the window.
    let report = kill(&world_with(60, 30).await).await;
    assert_eq!(report.refusal_seen_at, None);
    let waited = report.role_gone_at.unwrap().duration_since(report.denied_at.unwrap());
    assert!(waited >= SignedDuration::from_secs(60), "then the window alone has to do");
}

#[tokio::test]
async fn a_witness_that_cannot_be_had_delays_no_kill_and_is_not_reported() {
    let world = world_with(0, 0).await;
    let session = world.active("carla", "read-only").await;
    world.fail_next("cloud.assume_role", Fault::Before(Refusal::Refused("AccessDenied")));
    world.order_kill(&session).await;
    let report = report_of(&world.vending.carry_on(session.id()).await.unwrap());
    assert_eq!(report.refusal_seen_at, None);
    assert!(report.denied_at.is_some() && report.role_gone_at.is_some());
}

#[tokio::test]
async fn a_witness_that_did_not_work_before_proves_nothing() {
    let world = world_with(0, 0).await;
    let session = world.active("carla", "read-only").await;
    // The policy that lets the witness do anything is gone: its refusal says nothing about the kill.
    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;
    world.aws.plant_role_policy(&account(), &session.role(), "deny", document).await.unwrap();
    world.order_kill(&session).await;
    let report = report_of(&world.vending.carry_on(session.id()).await.unwrap());
    assert_eq!(report.refusal_seen_at, None);
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_no_refusal() {
    let world = world_with(0, 0).await;
    let session = world.active("carla", "read-only").await;
    // The probe before the denial goes through; those after it get no answer.
    let probes = world.script.count(Counted::Named("cloud.probe"));
    for number in 2..1_000 {
        let counted = Counted::Named("cloud.probe");
        world.script.add(counted, probes + number, Fault::Before(Refusal::Unavailable));
    }
    world.order_kill(&session).await;
    let report = report_of(&world.vending.carry_on(session.id()).await.unwrap());
    assert_eq!(report.refusal_seen_at, None);
    assert!(report.role_gone_at.is_some());
}

#[tokio::test]
async fn what_was_done_before_a_crash_stays_in_the_report() {
    let mut world = world_with(30, 0).await;
    let session = world.active("carla", "read-only").await;
    world.order_kill(&session).await;
    world.fail_next("cloud.delete_role", Fault::CrashBefore);
    world.vending.carry_on(session.id()).await.unwrap_err();
    let State::Revoking(revoking) = world.stored(session.id()).await.state().clone() else { panic!("still revoking") };
    let denied_at = revoking.teardown.report.denied_at.unwrap();
    world.restart();
    world.pass(SignedDuration::from_mins(10));
    world.vending.reconcile(Scope::Due, None).await;
    let report = report_of(&world.stored(session.id()).await);
    assert_eq!(report.denied_at, Some(denied_at));
    assert!(report.refusal_seen_at.is_some());
}
