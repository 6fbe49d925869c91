//! What goes wrong between the request and the working role.

use daypass_embedded::faults::{Counted, Fault, Refusal};
use daypass_tests::world::{World, WorldOptions};
use daypass_vending::reconcile::Scope;
use daypass_vending::saga::SagaError;
use daypass_vending::session::{State, Status};
use jiff::SignedDuration;

#[tokio::test]
async fn a_role_whose_policy_is_refused_is_removed_at_once() {
    let world = World::new().await;
    let session = world.request("carla", "read-only").await;
    world.fail_next("cloud.put_permissions", Fault::Before(Refusal::Refused("MalformedPolicyDocument")));
    let failed = world.vending.carry_on(session.id()).await.unwrap();
    assert_eq!(failed.status(), Status::Failed);
    assert_eq!(world.roles().await, [], "a refusal for good is not left to the sweeper");
    world.assert_at_rest("after the refusal").await;
}

#[tokio::test]
async fn a_role_that_cannot_be_removed_at_once_is_removed_by_the_reconciler() {
    let world = World::new().await;
    let session = world.request("carla", "read-only").await;
    world.fail_next("cloud.put_permissions", Fault::Before(Refusal::Refused("MalformedPolicyDocument")));
    world.fail_next("cloud.delete_role", Fault::Before(Refusal::Refused("ServiceFailure")));
    assert!(matches!(world.vending.carry_on(session.id()).await, Err(SagaError::Cloud(_))));
    assert_eq!(world.stored(session.id()).await.status(), Status::Provisioning, "nothing is claimed that is not so");
    assert_eq!(world.roles().await.len(), 1);
    world.pass(SignedDuration::from_mins(31));
    let report = world.vending.reconcile(Scope::Due, None).await;
    assert_eq!((report.undone, report.rolled_forward), (1, 0));
    world.assert_at_rest("after the pass").await;
}

/// A process dies after `CreateRole`, before anything of it is stored.
async fn crashed_after_create_role() -> (World, daypass_vending::session::Session) {
    let mut world = World::new().await;
    let session = world.request("carla", "read-only").await;
    world.fail_next("cloud.create_role", Fault::CrashAfter);
    world.vending.carry_on(session.id()).await.unwrap_err();
    world.restart();
    let role = world.role_of(&session).await.expect("the role was made");
    assert!(role.boundary_arn.is_some(), "a role has its boundary from its first moment");
    assert!(role.inline_policies.is_empty());
    (world, session)
}

#[tokio::test]
async fn a_crash_after_create_role_is_rolled_forward_while_somebody_may_still_wait() {
    let (world, session) = crashed_after_create_role().await;
    let report = world.vending.reconcile(Scope::Due, None).await;
    assert_eq!(report.rolled_forward, 0, "its maker might still be at work");
    world.pass(SignedDuration::from_mins(6));
    let report = world.vending.reconcile(Scope::Due, None).await;
    assert_eq!((report.rolled_forward, report.errors), (1, vec![]));
    let active = world.stored(session.id()).await;
    let missing = (world.now() + session.facts().request.duration.get()).duration_since(active.expires_at().unwrap());
    assert!(missing.abs() < SignedDuration::from_secs(1), "the clock starts at activation");
    let credentials = world.credentials("carla", &active).await;
    assert!(world.works(&credentials).await);
    world.assert_at_rest("after the pass").await;
}

#[tokio::test]
async fn a_crash_after_create_role_is_undone_when_it_is_noticed_too_late() {
    let (world, session) = crashed_after_create_role().await;
    world.pass(SignedDuration::from_mins(31));
    let report = world.vending.reconcile(Scope::Due, None).await;
    assert_eq!((report.undone, report.errors), (1, vec![]));
    assert_eq!(world.stored(session.id()).await.status(), Status::Failed);
    world.assert_at_rest("after the pass").await;
}

#[tokio::test]
async fn a_kill_that_finds_no_role_yet_is_not_outlived_by_the_role_that_lands_later() {
    let world = World::new().await;
    let session = world.request("carla", "read-only").await;
    let mut hold = world.hold_next("cloud.create_role");
    let kill = async {
        assert!(hold.reached().await);
        world.order_kill(&session).await;
        let killed = world.another().carry_on(session.id()).await.unwrap();
        assert_eq!(killed.status(), Status::Revoked, "the kill was through before the role was there");
        hold.release();
    };
    let (made, ()) = tokio::join!(world.vending.carry_on(session.id()), kill);
    assert_eq!(made.unwrap().status(), Status::Revoked);
    assert_eq!(world.roles().await, [], "whoever makes the role too late removes it");
    world.assert_at_rest("after both").await;
}

#[tokio::test]
async fn a_kill_waits_for_a_role_that_may_still_land_and_removes_it() {
    let window = SignedDuration::from_secs(30);
    let world = World::with(WorldOptions { consistency_window: window, ..WorldOptions::default() }).await;
    let session = world.request("carla", "read-only").await;
    let mut hold = world.hold_next("cloud.create_role");
    let kill = async {
        assert!(hold.reached().await);
        world.order_kill(&session).await;
        let killed = world.another().carry_on(session.id()).await.unwrap();
        assert_eq!(killed.status(), Status::Revoking, "no role is no proof before the window has passed");
        hold.release();
    };
    let (made, ()) = tokio::join!(world.vending.carry_on(session.id()), kill);
    assert!(matches!(made, Err(SagaError::Overtaken)), "{made:?}");
    assert_eq!(world.roles().await.len(), 1);
    // The kill takes two passes: deny the role that is there after all, and delete it once the denial is old enough.
    for status in [Status::Revoking, Status::Revoked] {
        world.pass(window);
        assert_eq!(world.vending.reconcile(Scope::Due, None).await.errors, Vec::<String>::new());
        assert_eq!(world.stored(session.id()).await.status(), status);
    }
    world.assert_at_rest("after the window").await;
}

#[tokio::test]
async fn a_role_that_lands_after_its_session_ended_and_its_maker_died_is_swept() {
    let window = SignedDuration::from_secs(30);
    let mut world = World::with(WorldOptions { consistency_window: window, ..WorldOptions::default() }).await;
    let session = world.request("carla", "read-only").await;
    let mut hold = world.hold_next("cloud.create_role");
    world.fail_next("cloud.create_role", Fault::CrashAfter);
    let kill = async {
        assert!(hold.reached().await);
        world.order_kill(&session).await;
        world.pass(window);
        let killed = world.another().carry_on(session.id()).await.unwrap();
        assert_eq!(killed.status(), Status::Revoked);
        hold.release();
    };
    let (made, ()) = tokio::join!(world.vending.carry_on(session.id()), kill);
    made.unwrap_err();
    world.restart();
    assert_eq!(world.roles().await.len(), 1, "nobody was left to remove it");
    let report = world.vending.reconcile(Scope::Due, None).await;
    assert_eq!((report.quarantined, report.orphans_deleted), (1, 0), "it is denied, and too young to be deleted");
    world.pass(window);
    let report = world.vending.reconcile(Scope::Due, None).await;
    assert_eq!((report.quarantined, report.orphans_deleted), (0, 1));
    world.assert_at_rest("after the sweeps").await;
}

#[tokio::test]
async fn a_kill_beats_a_reconciler_that_is_repairing_the_role() {
    let (world, session) = crashed_after_create_role().await;
    world.pass(SignedDuration::from_mins(6));
    let mut hold = world.hold_next("cloud.put_permissions");
    let kill = async {
        assert!(hold.reached().await);
        world.order_kill(&session).await;
        assert_eq!(world.another().carry_on(session.id()).await.unwrap().status(), Status::Revoked);
        hold.release();
    };
    let (report, ()) = tokio::join!(world.vending.reconcile(Scope::Due, None), kill);
    assert_eq!((report.rolled_forward, report.undone), (0, 0));
    assert_eq!(world.stored(session.id()).await.status(), Status::Revoked);
    world.assert_at_rest("after both").await;
}

#[tokio::test]
async fn a_lost_answer_to_create_role_meets_its_own_work() {
    let world = World::new().await;
    let session = world.request("carla", "read-only").await;
    world.fail_next("cloud.create_role", Fault::After);
    let active = world.vending.carry_on(session.id()).await.unwrap();
    assert!(matches!(active.state(), State::Active(_)));
    assert_eq!(world.roles().await.len(), 1);
    let credentials = world.credentials("carla", &active).await;
    assert!(world.works(&credentials).await);
}

#[tokio::test]
async fn an_account_that_throttles_is_asked_again_with_patience() {
    let world = World::new().await;
    let session = world.request("carla", "read-only").await;
    for number in 1..=3 {
        world.script.add(Counted::Named("cloud.create_role"), number, Fault::Before(Refusal::Throttled));
    }
    let started = world.now();
    let active = world.vending.carry_on(session.id()).await.unwrap();
    assert_eq!(active.status(), Status::Active);
    assert!(world.now() > started, "between the tries there is a pause");
}
