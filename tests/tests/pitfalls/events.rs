//! Whoever listens to life-cycle events hears of everything, whatever is down, and of nothing that did not happen.

use std::collections::BTreeSet;

use daypass_embedded::faults::{Fault, Refusal};
use daypass_tests::world::{World, WorldOptions, external_id_in, request};
use daypass_vending::life_event::{LifeEvent, Milestone};
use daypass_vending::reconcile::Scope;
use daypass_vending::request::PassDuration;
use jiff::SignedDuration;

async fn announcing() -> World {
    World::with(WorldOptions { announces: true, ..WorldOptions::default() }).await
}

fn milestones(events: &[LifeEvent]) -> Vec<Milestone> {
    events.iter().map(|event| event.milestone).collect()
}

/// Every milestone that a session of today can come to, in the world of today: approvals are not asked for yet.
async fn live(world: &World) -> Vec<Milestone> {
    let session = world.active("olga", "break-glass").await;
    world.credentials("olga", &session).await;
    let (hour, person) = (PassDuration::from_seconds(900).unwrap(), world.person("carla"));
    let other = world.active("carla", "read-only").await;
    world.vending.extend(&person, other.id(), hour, None).await.unwrap();
    world.vending.carry_on(other.id()).await.unwrap();
    world.order_kill(&session).await;
    world.vending.carry_on(session.id()).await.unwrap();
    world.pass(SignedDuration::from_hours(3));
    world.vending.reconcile(Scope::Due, None).await;
    let of_one = [
        Milestone::Granted,
        Milestone::Activated,
        Milestone::CredentialsIssued,
        Milestone::Revoking,
        Milestone::Revoked,
    ];
    let of_other = [
        Milestone::Granted,
        Milestone::Activated,
        Milestone::ExtensionGranted,
        Milestone::Extended,
        Milestone::Expiring,
        Milestone::Expired,
    ];
    of_one.into_iter().chain(of_other).collect()
}

#[tokio::test]
async fn everything_that_happens_to_a_session_is_published_in_the_order_of_its_numbers() {
    let world = announcing().await;
    let expected = live(&world).await;
    let mut events = world.events.all();
    assert_eq!(events.len(), expected.len(), "each once: {:?}", milestones(&events));
    let first = events.iter().map(|event| event.session).next().unwrap();
    events.sort_by_key(|event| (event.session != first, event.sequence));
    assert_eq!(milestones(&events), expected);
    let names: BTreeSet<_> = events.iter().map(|event| (event.session, event.sequence)).collect();
    assert_eq!(names.len(), events.len(), "session and sequence name an event");
    assert_eq!(world.store.unpublished(world.now(), 10).await.unwrap(), []);
}

#[tokio::test]
async fn without_a_bus_no_event_is_ever_written() {
    let world = World::new().await;
    live(&world).await;
    assert_eq!(world.store.unpublished(world.now(), 10).await.unwrap(), []);
    assert_eq!(world.events.all(), []);
}

#[tokio::test]
async fn an_event_waits_for_a_bus_that_is_down_and_delays_neither_alerts_nor_people() {
    let world = announcing().await;
    world.events.set_down(true);
    let session = world.active("olga", "break-glass").await;
    let report = world.vending.reconcile(Scope::Due, None).await;
    assert_eq!((report.alerts_delivered, report.events_published, report.events_unpublished), (1, 0, 2));
    assert_eq!(report.errors.len(), 1, "said once, not for each event: {:?}", report.errors);
    let credentials = world.credentials("olga", &session).await;
    assert!(world.works(&credentials).await);
    world.events.set_down(false);
    world.pass(SignedDuration::from_mins(1));
    let report = world.vending.deliver_alerts().await;
    assert_eq!((report.alerts_delivered, report.events_published, report.events_unpublished), (1, 3, 0));
}

#[tokio::test]
async fn alerts_that_cannot_be_delivered_do_not_hold_up_events() {
    let world = announcing().await;
    world.alerts.set_down(true);
    world.active("olga", "break-glass").await;
    let report = world.vending.deliver_alerts().await;
    assert_eq!((report.alerts_undelivered, report.events_published), (1, 2));
}

#[tokio::test]
async fn of_a_batch_that_is_taken_in_part_only_the_rest_is_sent_again() {
    let world = announcing().await;
    world.events.refuse(Some(Milestone::Granted));
    world.active("carla", "read-only").await;
    let report = world.vending.deliver_alerts().await;
    assert_eq!((report.events_published, report.events_unpublished), (1, 1));
    world.events.refuse(None);
    world.pass(SignedDuration::from_mins(1));
    assert_eq!(world.vending.deliver_alerts().await.events_published, 1);
    assert_eq!(milestones(&world.events.all()), [Milestone::Activated, Milestone::Granted], "each once");
}

#[tokio::test]
async fn an_event_is_published_again_when_its_publication_could_not_be_noted() {
    let mut world = announcing().await;
    world.request("carla", "read-only").await;
    world.fail_next("store.published", Fault::CrashBefore);
    world.vending.deliver_alerts().await;
    world.restart();
    world.vending.deliver_alerts().await;
    world.vending.deliver_alerts().await;
    let events = world.events.all();
    let [first, second] = events.as_slice() else { panic!("at least once, and then no more: {events:?}") };
    assert_eq!(first, second, "a repeated event can be known by its session and sequence");
}

#[tokio::test]
async fn a_change_that_is_not_stored_has_no_event_and_one_that_is_stored_unseen_has_its_own() {
    let world = announcing().await;
    for (fault, expected) in [(Fault::Before(Refusal::Unavailable), 0), (Fault::After, 1)] {
        world.fail_next("store.commit", fault);
        world.vending.request(&world.person("carla"), request("read-only", 1), None).await.unwrap_err();
        assert_eq!(world.store.unpublished(world.now(), 10).await.unwrap().len(), expected);
    }
}

#[tokio::test]
async fn no_event_holds_a_secret() {
    let world = announcing().await;
    let session = world.active("olga", "break-glass").await;
    let credentials = world.credentials("olga", &session).await;
    let external_id = external_id_in(&world.role_of(&session).await.unwrap().trust);
    world.vending.deliver_alerts().await;
    let events = world.events.all();
    assert_eq!(events.len(), 3);
    let text = format!("{events:?} {}", serde_json::to_string(&events).unwrap());
    let secret = [credentials.secret_access_key.reveal(), credentials.session_token.reveal(), &external_id];
    for secret in secret.into_iter().chain([credentials.access_key_id.as_str()]) {
        assert!(!text.contains(secret), "{secret}");
    }
}
