//! Two at once: the store's condition decides, and whoever loses lets go.

use daypass_tests::world::{World, WorldOptions, request};
use daypass_vending::alert::Occasion;
use daypass_vending::audit::Digest256;
use daypass_vending::plan::KILL_POLICY;
use daypass_vending::reconcile::Scope;
use daypass_vending::request::PassDuration;
use daypass_vending::saga::SagaError;
use daypass_vending::service::{ActError, RequestError, Requested};
use daypass_vending::session::{EndCause, IdempotentCall, State, Status};
use jiff::SignedDuration;

fn call(of: &str) -> Option<IdempotentCall> {
    Some(IdempotentCall {
        user: "carla".parse().unwrap(),
        key: "the-one-key".parse().unwrap(),
        fingerprint: Digest256::of(of.as_bytes()),
    })
}

#[tokio::test]
async fn the_same_call_again_meets_its_session_and_another_call_with_its_key_is_refused() {
    let world = World::new().await;
    let carla = world.person("carla");
    let Ok(Requested::New(first)) = world.vending.request(&carla, request("read-only", 1), call("one")).await else {
        panic!("a new session");
    };
    let again = world.vending.request(&carla, request("read-only", 1), call("one")).await;
    assert!(matches!(again, Ok(Requested::Replayed(session)) if session.id() == first.id()));
    let other = world.vending.request(&carla, request("read-only", 2), call("two")).await;
    assert!(matches!(other, Err(RequestError::KeyReused)), "{other:?}");
    assert_eq!(world.sessions(&[]).await.len(), 1);
    let carl = world.vending.request(&world.person("olga"), request("break-glass", 1), None).await;
    assert!(matches!(carl, Ok(Requested::New(_))), "keys of different people never meet");
}

#[tokio::test]
async fn the_same_call_twice_at_once_makes_one_session() {
    for (body, is_same) in [("one", true), ("two", false)] {
        let world = World::new().await;
        let carla = world.person("carla");
        let mut hold = world.hold_next("store.commit");
        let first = world.vending.request(&carla, request("read-only", 1), call("one"));
        let second = async {
            assert!(hold.reached().await);
            // The first is past every check and about to be stored.
            let second = world.another().request(&carla, request("read-only", 1), call(body)).await;
            hold.release();
            second
        };
        let (first, second) = tokio::join!(first, second);
        let Ok(Requested::New(stored)) = second else { panic!("whoever is stored first is new: {second:?}") };
        if is_same {
            assert!(matches!(first, Ok(Requested::Replayed(session)) if session.id() == stored.id()));
        } else {
            assert!(matches!(first, Err(RequestError::KeyReused)), "{first:?}");
        }
        assert_eq!(world.sessions(&[]).await.len(), 1);
        world.vending.carry_on(stored.id()).await.unwrap();
        assert_eq!(world.roles().await.len(), 1);
    }
}

#[tokio::test]
async fn an_extension_that_is_asked_for_twice_is_granted_once() {
    let world = World::new().await;
    let session = world.active("carla", "read-only").await;
    let (carla, by) = (world.person("carla"), PassDuration::from_hours(1).unwrap());
    let (one, other) = (world.another(), world.another());
    let (one, other) = tokio::join!(
        one.extend(&carla, session.id(), by, call("extend")),
        other.extend(&carla, session.id(), by, call("extend"))
    );
    assert!(one.is_ok() || other.is_ok());
    world.vending.carry_on(session.id()).await.unwrap();
    world.vending.extend(&carla, session.id(), by, call("extend")).await.unwrap();
    let extended = world.vending.carry_on(session.id()).await.unwrap();
    let (before, after) = (session.expires_at().unwrap(), extended.expires_at().unwrap());
    assert_eq!(after.duration_since(before), by.get());
}

#[tokio::test]
async fn of_two_processes_that_make_the_same_role_one_activates_and_the_other_lets_go() {
    let world = World::new().await;
    let session = world.request("carla", "read-only").await;
    let mut hold = world.hold_next("store.commit");
    let other = async {
        assert!(hold.reached().await);
        let other = world.another().carry_on(session.id()).await.unwrap();
        assert_eq!(other.status(), Status::Active);
        hold.release();
    };
    let (slow, ()) = tokio::join!(world.vending.carry_on(session.id()), other);
    assert!(matches!(slow, Err(SagaError::Overtaken)), "{slow:?}");
    let actions = world.history(session.id()).await;
    assert_eq!(actions.iter().filter(|action| *action == "session.activate").count(), 1);
    let credentials = world.credentials("carla", &session).await;
    assert!(world.works(&credentials).await, "the loser must not remove the winner's role");
    world.assert_at_rest("after both").await;
}

#[tokio::test]
async fn credentials_are_not_handed_out_when_the_session_was_ended_meanwhile() {
    let world = World::new().await;
    let session = world.active("carla", "read-only").await;
    let mut hold = world.hold_next("store.commit");
    let carla = world.person("carla");
    let kill = async {
        assert!(hold.reached().await);
        world.order_kill(&session).await;
        hold.release();
    };
    let (issued, ()) = tokio::join!(world.vending.credentials(&carla, session.id()), kill);
    assert!(matches!(issued, Err(ActError::WrongState { status: Status::Revoking, .. })), "{issued:?}");
    assert!(!world.history(session.id()).await.contains(&"credentials.issue".to_owned()));
}

#[tokio::test]
async fn credentials_are_handed_out_when_the_session_was_only_extended_meanwhile() {
    let world = World::new().await;
    let session = world.active("carla", "read-only").await;
    let mut hold = world.hold_next("store.commit");
    let carla = world.person("carla");
    let extension = async {
        assert!(hold.reached().await);
        let by = PassDuration::from_hours(1).unwrap();
        world.another().extend(&carla, session.id(), by, None).await.unwrap();
        world.another().carry_on(session.id()).await.unwrap();
        hold.release();
    };
    let (issued, ()) = tokio::join!(world.vending.credentials(&carla, session.id()), extension);
    assert!(world.works(&issued.unwrap()).await);
    assert_eq!(world.history(session.id()).await.last().unwrap(), "credentials.issue");
}

#[tokio::test]
async fn a_session_that_expires_while_it_is_extended_stays_dead() {
    let window = SignedDuration::from_secs(30);
    let world = World::with(WorldOptions { consistency_window: window, ..WorldOptions::default() }).await;
    let session = world.active("carla", "read-only").await;
    let by = PassDuration::from_hours(1).unwrap();
    world.vending.extend(&world.person("carla"), session.id(), by, None).await.unwrap();
    let mut hold = world.hold_next("cloud.put_permissions");
    let end = async {
        assert!(hold.reached().await);
        world.pass(SignedDuration::from_secs(3601));
        let report = world.another().reconcile(Scope::Due, None).await;
        assert_eq!((report.waiting, report.errors), (1, vec![]));
        hold.release();
    };
    let (extended, ()) = tokio::join!(world.vending.carry_on(session.id()), end);
    assert!(matches!(extended, Err(SagaError::Overtaken)), "{extended:?}");
    let role = world.role_of(&session).await.unwrap();
    assert!(role.inline_policies.contains_key(KILL_POLICY), "the late extension has not lifted the denial");
    world.pass(window);
    world.vending.reconcile(Scope::Due, None).await;
    assert_eq!(world.stored(session.id()).await.status(), Status::Expired);
    world.assert_at_rest("after the window").await;
}

#[tokio::test]
async fn a_sweep_that_looked_before_the_kill_does_not_call_the_kill_drift() {
    let window = SignedDuration::from_secs(30);
    let world = World::with(WorldOptions { consistency_window: window, ..WorldOptions::default() }).await;
    let session = world.active("carla", "read-only").await;
    // The sweep has listed roles and live sessions and is about to look at this one.
    let mut hold = world.hold_next("cloud.role");
    let kill = async {
        assert!(hold.reached().await);
        world.order_kill(&session).await;
        let other = world.another();
        let denied = async { other.reconcile(Scope::Abandoned, None).await };
        denied.await;
        assert!(world.role_of(&session).await.unwrap().inline_policies.contains_key(KILL_POLICY));
        hold.release();
    };
    let (report, ()) = tokio::join!(world.vending.reconcile(Scope::Due, None), kill);
    assert_eq!((report.drifted, report.errors), (0, vec![]));
    world.pass(window);
    world.vending.reconcile(Scope::Due, None).await;
    let ended = world.stored(session.id()).await;
    let State::Revoked(revoked) = ended.state() else { panic!("{:?}", ended.status()) };
    assert!(matches!(revoked.cause, EndCause::Revoked { .. }), "{:?}", revoked.cause);
    assert!(world.alerts.all().iter().all(|alert| alert.occasion != Occasion::Drift));
    world.assert_at_rest("after the window").await;
}

#[tokio::test]
async fn two_reconcilers_at_once_do_everything_once() {
    let world = World::new().await;
    let mut sessions = Vec::new();
    for number in 0..24 {
        let session = world.active("carla", "read-only").await;
        match number % 4 {
            0 => drop(world.order_kill(&session).await),
            1 => {
                let by = PassDuration::from_hours(4).unwrap();
                world.vending.extend(&world.person("carla"), session.id(), by, None).await.unwrap();
            }
            _ => {}
        }
        sessions.push(session);
    }
    sessions.push(world.request("carla", "read-only").await);
    world.pass(SignedDuration::from_mins(6));
    let reconcilers = [world.another(), world.another(), world.another()];
    let passes = reconcilers.iter().map(|reconciler| reconciler.reconcile(Scope::Due, None));
    let reports = futures::future::join_all(passes).await;
    for report in &reports {
        assert_eq!(report.errors, Vec::<String>::new());
    }
    assert_eq!(reports.iter().map(|report| report.revoked).sum::<u32>(), 6);
    assert_eq!(reports.iter().map(|report| report.extended).sum::<u32>(), 6);
    world.pass(SignedDuration::from_mins(60));
    let passes = reconcilers.iter().map(|reconciler| reconciler.reconcile(Scope::Due, None));
    let reports = futures::future::join_all(passes).await;
    assert!(reports.iter().all(|report| report.errors.is_empty()));
    // Those that were neither killed nor extended, and the one whose making was finished meanwhile.
    assert_eq!(reports.iter().map(|report| report.expired).sum::<u32>(), 13);
    for session in sessions {
        let actions = world.history(session.id()).await;
        for once in ["session.activate", "session.extended", "session.expire", "session.expired", "session.revoked"] {
            assert!(actions.iter().filter(|action| *action == once).count() <= 1, "{once} in {actions:?}");
        }
    }
    world.assert_at_rest("after all").await;
}
