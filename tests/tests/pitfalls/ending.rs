//! Ends that take long, meet an account that does not answer, or find a role that is no longer there.

use daypass_embedded::faults::{Counted, Fault, Refusal};
use daypass_tests::world::{World, WorldOptions, account};
use daypass_vending::alert::Occasion;
use daypass_vending::plan::{KILL_POLICY, SESSION_POLICY};
use daypass_vending::ports::Cloud;
use daypass_vending::reconcile::Scope;
use daypass_vending::session::{Attempts, State, Status};
use daypass_vending::settings::Projects;
use jiff::SignedDuration;

const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

#[tokio::test]
async fn a_denial_younger_than_the_window_is_not_followed_by_deletion() {
    let window = SignedDuration::from_secs(60);
    let world = World::with(WorldOptions { consistency_window: window, ..WorldOptions::default() }).await;
    let session = world.active("carla", "read-only").await;
    world.order_kill(&session).await;
    world.vending.reconcile(Scope::Abandoned, None).await;
    let denied_at = world.now();
    for _ in 0..5 {
        let role = world.role_of(&session).await.expect("the role is denied, not deleted");
        assert!(role.inline_policies.contains_key(KILL_POLICY));
        world.vending.reconcile(Scope::Due, None).await;
        world.vending.reconcile(Scope::Abandoned, None).await;
        assert_eq!(world.stored(session.id()).await.status(), Status::Revoking);
        world.pass(SignedDuration::from_secs(10));
    }
    assert!(world.now().duration_since(denied_at) < window);
    world.pass(SignedDuration::from_secs(11));
    world.vending.reconcile(Scope::Due, None).await;
    assert_eq!(world.stored(session.id()).await.status(), Status::Revoked);
    world.assert_at_rest("after the window").await;
}

#[tokio::test]
async fn whoever_carries_a_kill_on_waits_the_window_out() {
    let window = SignedDuration::from_secs(30);
    let world = World::with(WorldOptions { consistency_window: window, ..WorldOptions::default() }).await;
    let session = world.active("carla", "read-only").await;
    world.order_kill(&session).await;
    let killed = world.vending.carry_on(session.id()).await.unwrap();
    let State::Revoked(revoked) = killed.state() else { panic!("{:?}", killed.status()) };
    let report = &revoked.ended.report;
    let waited = report.role_gone_at.unwrap().duration_since(report.denied_at.unwrap());
    assert!(waited >= window, "{waited}");
}

#[tokio::test]
async fn a_kill_clears_whatever_the_holder_could_have_added() {
    let world = World::new().await;
    let session = world.active("carla", "read-only").await;
    let (aws, role) = (&world.aws, session.role());
    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    for name in ["a", "daypass-killer", "zz"] {
        aws.plant_role_policy(&account(), &role, name, document).await.unwrap();
    }
    aws.attach_role_policy(&account(), &role, ADMINISTRATOR).await.unwrap();
    aws.create_instance_profile(&account(), "profile", &role).await.unwrap();
    world.order_kill(&session).await;
    assert_eq!(world.vending.carry_on(session.id()).await.unwrap().status(), Status::Revoked);
    world.assert_at_rest("after the kill").await;
}

#[tokio::test]
async fn a_session_whose_role_somebody_deleted_ends_all_the_same() {
    let world = World::new().await;
    let session = world.active("carla", "read-only").await;
    world.aws.delete_role_policy(&account(), &session.role(), SESSION_POLICY).await.unwrap();
    world.aws.delete_role(&account(), &session.role()).await.unwrap();
    world.order_kill(&session).await;
    let killed = world.vending.carry_on(session.id()).await.unwrap();
    let State::Revoked(revoked) = killed.state() else { panic!("{:?}", killed.status()) };
    let report = &revoked.ended.report;
    assert_eq!((report.denied_at, report.refusal_seen_at), (None, None), "nothing is claimed that was not done");
    assert!(report.role_gone_at.is_some());
}

/// A session whose account answers nothing while it is being killed, until it counts as stuck.
async fn stuck() -> (World, daypass_vending::session::Session) {
    let world = World::new().await;
    let session = world.active("carla", "read-only").await;
    world.script.add_to_all(Counted::OfPort("cloud"), Fault::Before(Refusal::Unavailable));
    world.order_kill(&session).await;
    world.vending.carry_on(session.id()).await.unwrap_err();
    for failed in 1..Attempts::LIMIT {
        let stored = world.stored(session.id()).await;
        assert_eq!(stored.status(), Status::Revoking, "after {failed} failures");
        world.pass(SignedDuration::from_mins(30));
        world.vending.reconcile(Scope::Due, None).await;
    }
    (world, session)
}

#[tokio::test]
async fn a_kill_in_an_account_that_answers_nothing_is_stuck_after_six_failures_and_alarms_once() {
    let (world, session) = stuck().await;
    let stored = world.stored(session.id()).await;
    let State::Stuck(stuck) = stored.state() else { panic!("{:?}", stored.status()) };
    assert_eq!(stuck.teardown.attempts.failed, Attempts::LIMIT);
    for _ in 0..3 {
        world.pass(SignedDuration::from_hours(25));
        world.vending.reconcile(Scope::Due, None).await;
    }
    let alarms = world.alerts.all().into_iter().filter(|alert| alert.occasion == Occasion::Stuck);
    assert_eq!(alarms.count(), 1, "one session, one alarm");
    world.vending.session(&world.person("ada"), session.id()).await.unwrap();
}

#[tokio::test]
async fn a_stuck_kill_is_tried_once_a_day_and_finishes_when_the_account_answers() {
    let (mut world, _) = stuck().await;
    let attempts = |world: &World| world.script.count(Counted::Named("cloud.put_role_policy"));
    let before = attempts(&world);
    for _ in 0..11 {
        world.pass(SignedDuration::from_hours(2));
        world.vending.reconcile(Scope::Due, None).await;
    }
    // The pause after the sixth failure was the last short one; one attempt is up to five calls.
    let first = attempts(&world);
    assert!(first <= before + 5, "{before} and then {first}: at most one attempt within a day");
    world.pass(SignedDuration::from_hours(5));
    world.vending.reconcile(Scope::Due, None).await;
    assert!(attempts(&world) > first, "but one every day");
    world.restart();
    world.pass(SignedDuration::from_hours(25));
    let report = world.vending.reconcile(Scope::Due, None).await;
    assert_eq!((report.revoked, report.errors), (1, vec![]));
    world.assert_at_rest("after the account answered").await;
}

#[tokio::test]
async fn a_stuck_session_has_no_credentials_and_its_old_ones_end_by_themselves() {
    let world = World::new().await;
    let session = world.active("carla", "read-only").await;
    let credentials = world.credentials("carla", &session).await;
    world.script.add_to_all(Counted::OfPort("cloud"), Fault::Before(Refusal::Unavailable));
    world.order_kill(&session).await;
    world.vending.carry_on(session.id()).await.unwrap_err();
    world.vending.credentials(&world.person("carla"), session.id()).await.unwrap_err();
    assert!(world.works(&credentials).await, "nothing could reach the account");
    world.pass(SignedDuration::from_mins(61));
    assert!(!world.works(&credentials).await, "the end stands in the role itself");
}

#[tokio::test]
async fn sessions_of_a_project_that_left_the_configuration_are_still_ended() {
    let mut world = World::new().await;
    let (killed, expired) = (world.active("carla", "read-only").await, world.active("carla", "read-only").await);
    world.reconfigure(|settings| settings.projects = Projects::new(vec![]).unwrap());
    world.order_kill(&killed).await;
    world.vending.carry_on(killed.id()).await.unwrap();
    world.pass(SignedDuration::from_mins(61));
    world.vending.reconcile(Scope::Due, None).await;
    for (session, status) in [(killed, Status::Revoked), (expired, Status::Expired)] {
        assert_eq!(world.stored(session.id()).await.status(), status);
        assert_eq!(world.role_of(&session).await, None);
    }
}
