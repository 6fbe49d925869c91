//! Rows of `checklist.md` that nothing else shows: each test is named after its row.

use std::collections::BTreeSet;

use daypass_embedded::faults::{Fault, Refusal};
use daypass_tests::world::{World, external_id_in, request};
use daypass_vending::identity::Identity;
use daypass_vending::request::{PassDuration, SessionRequest};
use daypass_vending::service::{ActError, RequestError, Requested};
use daypass_vending::session::Status;
use jiff::SignedDuration;

/// Tiers, who may have them, and for how many hours.
const TIERS: [(&str, &str, i64); 4] =
    [("read-only", "carla", 36), ("developer", "carla", 8), ("admin", "ada", 8), ("break-glass", "olga", 1)];

async fn requested(world: &World, who: &str, request: SessionRequest) -> Result<Requested, RequestError> {
    world.vending.request(&world.person(who), request, None).await
}

#[tokio::test]
async fn t3_every_tier_keeps_its_longest_session_and_what_nobody_says_fits_it() {
    let world = World::new().await;
    for (tier, who, hours) in TIERS {
        requested(&world, who, request(tier, hours)).await.unwrap();
        let limits = &world.vending.tiers().get(&tier.parse().unwrap()).unwrap().limits;
        assert_eq!(limits.max, PassDuration::from_hours(hours).unwrap());
        assert!(limits.default <= limits.max, "{tier}");
        // Nothing at all is longer than the longest tier, so that there is nothing to ask for.
        let Ok(duration) = PassDuration::from_seconds(hours * 3600 + 1) else { continue };
        let refused = requested(&world, who, SessionRequest { duration, ..request(tier, 1) }).await;
        assert!(matches!(&refused, Err(RequestError::TooLong { max_hours, .. }) if *max_hours == hours), "{refused:?}");
    }
}

/// The numbers are the adapter's tests' business; here it is that what is drawn is what is asked for.
#[tokio::test]
async fn t7_every_role_asks_for_an_external_id_of_its_own_of_128_bits_or_more() {
    const SESSIONS: usize = 64;
    let world = World::new().await;
    let mut ids = BTreeSet::new();
    for _ in 0..SESSIONS {
        let session = world.active("carla", "read-only").await;
        ids.insert(external_id_in(&world.role_of(&session).await.unwrap().trust));
    }
    assert_eq!(ids.len(), SESSIONS, "none is used twice");
    // A letter of base64url or hexadecimal carries at least four bits.
    assert!(ids.iter().all(|id| id.len() * 4 >= 128), "{ids:?}");
    let length = ids.first().unwrap().len();
    for place in 0..length {
        let letters: BTreeSet<_> = ids.iter().filter_map(|id| id.as_bytes().get(place)).collect();
        assert!(letters.len() > 1 || place < 8, "letter {place} of every id is the same");
    }
}

#[tokio::test]
async fn t23_a_session_of_many_hours_has_new_credentials_every_hour_until_its_end() {
    let world = World::new().await;
    let Ok(Requested::New(session)) = requested(&world, "carla", request("read-only", 36)).await else {
        unreachable!("carla may have it")
    };
    let session = world.vending.carry_on(session.id()).await.unwrap();
    let end = session.expires_at().unwrap();
    for hour in 0..36 {
        // Whoever works for a day proves who they are again: a person is freshly logged in here.
        let credentials = world.credentials("carla", &session).await;
        assert_eq!(credentials.expires_at, world.now() + SignedDuration::from_hours(1), "hour {hour}");
        assert!(world.works(&credentials).await, "hour {hour}");
        world.pass(SignedDuration::from_hours(1) - SignedDuration::from_secs(if hour == 35 { 60 } else { 0 }));
    }
    // Less is left than STS issues: whole seconds, and the role's own end covers the rest.
    assert_eq!(end.duration_since(world.now()), SignedDuration::from_secs(60));
    let last = world.credentials("carla", &session).await;
    assert_eq!(last.expires_at, end);
    world.pass(SignedDuration::from_secs(60));
    assert!(!world.works(&last).await);
    let late = world.vending.credentials(&world.person("carla"), session.id()).await;
    assert!(matches!(late, Err(ActError::WrongState { .. })), "{late:?}");
}

#[tokio::test]
async fn t29_what_cannot_be_recorded_does_not_happen() {
    let world = World::new().await;
    let session = world.active("carla", "read-only").await;
    let unrecorded = Fault::Before(Refusal::Unavailable);
    let (ada, stranger): (Identity, Identity) = (world.person("ada"), world.person("carl"));

    world.fail_next("store.commit", unrecorded);
    let made = requested(&world, "carla", request("read-only", 1)).await;
    assert!(matches!(made, Err(RequestError::Store(_))), "{made:?}");
    assert_eq!(world.roles().await.len(), 1, "no role was made");

    world.fail_next("store.commit", unrecorded);
    assert!(world.vending.credentials(&world.person("carla"), session.id()).await.is_err(), "no credentials");

    world.fail_next("store.record", unrecorded);
    let read = world.vending.session(&ada, session.id()).await;
    assert!(matches!(read, Err(ActError::Store(_))), "somebody else's session is not shown: {read:?}");

    world.fail_next("store.record", unrecorded);
    let refused = world.vending.credentials(&stranger, session.id()).await;
    assert!(matches!(refused, Err(ActError::Store(_))), "not even a refusal is told: {refused:?}");

    world.fail_next("store.commit", unrecorded);
    let reason = "the laptop was lost".parse().unwrap();
    assert!(world.vending.revoke(&ada, session.id(), reason).await.is_err());
    assert_eq!(world.stored(session.id()).await.status(), Status::Active);
    world.assert_trail("after all").await;
}
