//! Nobody breaks the glass unnoticed, whatever is down.

use daypass_embedded::faults::{CallKind, Fault, Refusal};
use daypass_tests::world::{World, request};
use daypass_vending::alert::Occasion;
use daypass_vending::reconcile::Scope;
use daypass_vending::session::Status;
use jiff::SignedDuration;

async fn occasions(world: &World, id: daypass_vending::ids::SessionId) -> Vec<Occasion> {
    let entries = world.store.alerts_of(&id).await.unwrap();
    entries.into_iter().map(|entry| entry.alert.occasion).collect()
}

#[tokio::test]
async fn the_alert_of_a_grant_is_stored_with_the_grant_before_anything_exists_and_before_any_credentials() {
    let world = World::new().await;
    let session = world.request("olga", "break-glass").await;
    assert_eq!(occasions(&world, session.id()).await, [Occasion::Grant]);
    let writes = world.script.calls().into_iter().filter(|call| call.kind == CallKind::Write);
    assert!(writes.into_iter().all(|call| call.name.starts_with("store.")), "nothing was done in AWS yet");
    world.vending.carry_on(session.id()).await.unwrap();
    for _ in 0..3 {
        world.credentials("olga", &session).await;
    }
    assert_eq!(occasions(&world, session.id()).await, [Occasion::Grant, Occasion::FirstCredentials]);
    world.vending.deliver_alerts().await;
    let delivered: Vec<_> = world.alerts.all().iter().map(|alert| alert.occasion).collect();
    assert_eq!(delivered, [Occasion::Grant, Occasion::FirstCredentials]);
    let facts = &world.alerts.all()[0].facts;
    assert_eq!((facts["user"].as_str(), facts["incident"].as_str()), ("olga", "INC-4711"));
}

#[tokio::test]
async fn a_grant_that_is_not_stored_leaves_neither_session_nor_alert() {
    let world = World::new().await;
    world.fail_next("store.commit", Fault::Before(Refusal::Unavailable));
    world.vending.request(&world.person("olga"), request("break-glass", 1), None).await.unwrap_err();
    assert!(world.sessions(&[]).await.is_empty());
    assert_eq!(world.store.undelivered(world.now(), 10).await.unwrap(), []);
    assert_eq!(world.roles().await, []);
}

#[tokio::test]
async fn a_grant_that_is_stored_without_anybody_knowing_has_its_alert() {
    let world = World::new().await;
    world.fail_next("store.commit", Fault::After);
    world.vending.request(&world.person("olga"), request("break-glass", 1), None).await.unwrap_err();
    let sessions = world.sessions(&[]).await;
    assert_eq!(sessions.len(), 1);
    let id = *sessions.keys().next().unwrap();
    assert_eq!(occasions(&world, id).await, [Occasion::Grant]);
    world.pass(SignedDuration::from_mins(6));
    world.vending.reconcile(Scope::Due, None).await;
    assert_eq!(world.alerts.all()[0].occasion, Occasion::Grant);
    world.assert_at_rest("after the pass").await;
}

#[tokio::test]
async fn credentials_whose_alert_is_not_stored_are_not_handed_out() {
    let world = World::new().await;
    let session = world.active("olga", "break-glass").await;
    for fault in [Fault::Before(Refusal::Unavailable), Fault::After] {
        world.fail_next("store.commit", fault);
        world.vending.credentials(&world.person("olga"), session.id()).await.unwrap_err();
    }
}

#[tokio::test]
async fn alerts_outlast_a_channel_that_is_down_and_delay_nobody() {
    let world = World::new().await;
    world.alerts.set_down(true);
    let session = world.active("olga", "break-glass").await;
    let credentials = world.credentials("olga", &session).await;
    assert!(world.works(&credentials).await, "break-glass waits for nobody, not for a channel either");
    for _ in 0..5 {
        let report = world.vending.reconcile(Scope::Due, None).await;
        assert_eq!(report.alerts_delivered, 0);
        world.pass(SignedDuration::from_mins(2));
    }
    assert_eq!(world.alerts.all(), []);
    world.alerts.set_down(false);
    world.pass(SignedDuration::from_mins(16));
    let report = world.vending.reconcile(Scope::Due, None).await;
    assert_eq!((report.alerts_delivered, report.alerts_undelivered), (2, 0));
    let delivered: Vec<_> = world.alerts.all().iter().map(|alert| alert.occasion).collect();
    assert_eq!(delivered, [Occasion::Grant, Occasion::FirstCredentials], "oldest first");
}

#[tokio::test]
async fn an_alert_is_delivered_again_when_its_delivery_could_not_be_noted() {
    let mut world = World::new().await;
    world.request("olga", "break-glass").await;
    world.fail_next("store.delivered", Fault::CrashBefore);
    world.vending.deliver_alerts().await;
    assert_eq!(world.alerts.all().len(), 1);
    world.restart();
    world.vending.deliver_alerts().await;
    assert_eq!(world.alerts.all().len(), 2, "at least once: a repeated alert is better than a lost one");
    world.vending.deliver_alerts().await;
    assert_eq!(world.alerts.all().len(), 2);
}

#[tokio::test]
async fn the_end_of_a_broken_glass_is_told_however_it_comes() {
    let world = World::new().await;
    let (released, killed, expired) = (
        world.active("olga", "break-glass").await,
        world.active("olga", "break-glass").await,
        world.active("olga", "break-glass").await,
    );
    world.vending.release(&world.person("olga"), released.id()).await.unwrap();
    world.order_kill(&killed).await;
    world.pass(SignedDuration::from_mins(61));
    world.vending.reconcile(Scope::Due, None).await;
    for (session, status) in [(released, Status::Revoked), (killed, Status::Revoked), (expired, Status::Expired)] {
        assert_eq!(world.stored(session.id()).await.status(), status);
        let alerts = world.alerts.all();
        let told = alerts.iter().filter(|alert| alert.session == session.id() && alert.occasion == Occasion::End);
        assert_eq!(told.count(), 1);
    }
}
