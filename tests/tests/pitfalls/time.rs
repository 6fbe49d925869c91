//! Time: clocks that disagree, IAM that takes its time, and the turn of the year.

use daypass_embedded::faults::{Fault, Refusal};
use daypass_tests::world::{World, WorldOptions, request};
use daypass_vending::reconcile::Scope;
use daypass_vending::request::PassDuration;
use daypass_vending::service::{ActError, RequestError};
use daypass_vending::session::{State, Status};
use jiff::{SignedDuration, Timestamp};

#[tokio::test]
async fn a_second_factor_from_the_future_is_none() {
    let world = World::new().await;
    let mut carla = world.person("carla");
    for ahead in [SignedDuration::from_nanos(1), SignedDuration::from_mins(5), SignedDuration::from_hours(9000)] {
        carla.mfa_at = Some(world.now() + ahead);
        let refused = world.vending.request(&carla, request("read-only", 1), None).await;
        assert!(matches!(refused, Err(RequestError::Refused(_))), "{ahead}: {refused:?}");
    }
    carla.mfa_at = Some(world.now());
    world.vending.request(&carla, request("read-only", 1), None).await.unwrap();
}

#[tokio::test]
async fn credentials_of_a_new_role_wait_until_everybody_sees_it() {
    let delay = SignedDuration::from_secs(20);
    let options = WorldOptions {
        consistency_window: SignedDuration::from_secs(60),
        consistency_delay: delay,
        ..WorldOptions::default()
    };
    let world = World::with(options).await;
    // Let the boundaries settle first; they stand long before anybody asks.
    world.pass(SignedDuration::from_mins(5));
    let session = world.active("carla", "read-only").await;
    let State::Active(active) = session.state() else { panic!("active") };
    let started = active.activated_at;
    let credentials = world.credentials("carla", &session).await;
    assert!(world.now().duration_since(started) <= SignedDuration::from_secs(60));
    assert!(world.now().duration_since(started) >= delay, "STS knew nothing before");
    assert!(world.works(&credentials).await);
    assert!(credentials.expires_at <= session.expires_at().unwrap());
    let report = world.vending.reconcile(Scope::Due, None).await;
    assert_eq!((report.drifted, report.orphans_deleted, report.errors), (0, 0, vec![]));
}

#[tokio::test]
async fn a_role_that_stays_invisible_is_reported_and_not_waited_for_for_ever() {
    let options = WorldOptions {
        consistency_window: SignedDuration::from_mins(20),
        consistency_delay: SignedDuration::from_mins(10),
        ..WorldOptions::default()
    };
    let world = World::with(options).await;
    world.pass(SignedDuration::from_mins(30));
    let session = world.active("carla", "read-only").await;
    let started = world.now();
    world.vending.credentials(&world.person("carla"), session.id()).await.unwrap_err();
    assert!(world.now().duration_since(started) < SignedDuration::from_secs(75));
}

#[tokio::test]
async fn a_session_lives_across_the_turn_of_the_year_and_ends_at_its_minute() {
    let world = World::new().await;
    let eve: Timestamp = "2026-12-31T23:30:00Z".parse().unwrap();
    world.pass(eve.duration_since(world.now()));
    let session = world.active("carla", "read-only").await;
    let credentials = world.credentials("carla", &session).await;
    for (at, works) in [
        ("2026-12-31T23:59:59Z", true),
        ("2027-01-01T00:00:00Z", true),
        ("2027-01-01T00:29:59Z", true),
        ("2027-01-01T00:30:00Z", false),
    ] {
        world.pass(at.parse::<Timestamp>().unwrap().duration_since(world.now()));
        assert_eq!(world.works(&credentials).await, works, "{at}");
        world.vending.reconcile(Scope::Due, None).await;
    }
    assert_eq!(world.stored(session.id()).await.status(), Status::Expired);
    world.assert_at_rest("after its end").await;
}

#[tokio::test]
async fn credentials_end_with_the_session_even_when_nobody_cleans_up() {
    let world = World::new().await;
    let session = world.active("carla", "read-only").await;
    // Credentials of the last minute: STS issues nothing shorter than a quarter of an hour.
    world.pass(SignedDuration::from_secs(3599));
    let credentials = world.credentials("carla", &session).await;
    assert_eq!(Some(credentials.expires_at), session.expires_at(), "what is said is what holds");
    assert!(world.works(&credentials).await);
    world.pass(SignedDuration::from_secs(1));
    assert!(!world.works(&credentials).await);
    let refused = world.vending.credentials(&world.person("carla"), session.id()).await;
    assert!(matches!(refused, Err(ActError::WrongState { .. })), "{refused:?}");
}

#[tokio::test]
async fn credentials_are_not_handed_out_when_the_end_came_while_they_were_made() {
    let world = World::new().await;
    let session = world.active("carla", "read-only").await;
    let carla = world.person("carla");
    // Another change of the record, so that the issue has to look at it again: by then the time is up.
    let mut hold = world.hold_next("store.commit");
    let meanwhile = async {
        assert!(hold.reached().await);
        world.credentials("carla", &session).await;
        world.pass(SignedDuration::from_secs(3600));
        hold.release();
    };
    let (issued, ()) = tokio::join!(world.vending.credentials(&carla, session.id()), meanwhile);
    assert!(matches!(issued, Err(ActError::WrongState { .. })), "{issued:?}");
}

#[tokio::test]
async fn an_extended_session_works_until_its_new_end_and_no_longer() {
    let world = World::new().await;
    let session = world.active("carla", "read-only").await;
    let by = PassDuration::from_seconds(1800).unwrap();
    world.vending.extend(&world.person("carla"), session.id(), by, None).await.unwrap();
    world.vending.carry_on(session.id()).await.unwrap();
    world.pass(SignedDuration::from_secs(3600));
    world.vending.reconcile(Scope::Due, None).await;
    let credentials = world.credentials("carla", &session).await;
    world.pass(SignedDuration::from_secs(1799));
    assert!(world.works(&credentials).await);
    world.pass(SignedDuration::from_secs(1));
    assert!(!world.works(&credentials).await);
    world.vending.reconcile(Scope::Due, None).await;
    world.assert_at_rest("after its end").await;
}

#[tokio::test]
async fn an_extension_that_aws_refuses_half_way_is_taken_back() {
    let world = World::new().await;
    let session = world.active("carla", "read-only").await;
    let by = PassDuration::from_hours(1).unwrap();
    world.vending.extend(&world.person("carla"), session.id(), by, None).await.unwrap();
    // The policy has its new end by then.
    world.fail_next("cloud.put_trust", Fault::Before(Refusal::Refused("MalformedPolicyDocument")));
    world.vending.carry_on(session.id()).await.unwrap_err();
    let stored = world.stored(session.id()).await;
    assert_eq!((stored.status(), stored.expires_at()), (Status::Active, session.expires_at()));
    assert_eq!(world.history(session.id()).await.last().unwrap(), "session.extend-failed");
    let report = world.vending.reconcile(Scope::Due, None).await;
    assert_eq!((report.drifted, report.errors), (0, vec![]), "the role is again what the records say");
    let credentials = world.credentials("carla", &session).await;
    world.pass(SignedDuration::from_secs(3600));
    assert!(!world.works(&credentials).await);
}
