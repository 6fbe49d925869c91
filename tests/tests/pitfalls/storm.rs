//! A thousand sessions that end at once in an account that throttles.

use std::collections::BTreeSet;

use daypass_embedded::aws::Throttle;
use daypass_tests::world::{ACCOUNT, World, WorldOptions, account, request};
use daypass_vending::ids::AccountId;
use daypass_vending::reconcile::Scope;
use daypass_vending::service::Requested;
use daypass_vending::session::{Session, Status};
use jiff::SignedDuration;

const OTHER: &str = "222233334444";

/// How long one pass may take, as the cleanup function's time limit.
const PASS: SignedDuration = SignedDuration::from_secs(50);

fn other() -> AccountId {
    OTHER.parse().unwrap()
}

async fn active_in(world: &World, account: AccountId) -> Session {
    let asked = daypass_vending::request::SessionRequest { account, ..request("read-only", 1) };
    let Ok(Requested::New(session)) = world.vending.request(&world.person("carla"), asked, None).await else {
        panic!("a session");
    };
    world.vending.carry_on(session.id()).await.unwrap()
}

async fn world_with(storm: usize) -> (World, Session) {
    let accounts = BTreeSet::from([ACCOUNT.parse().unwrap(), other()]);
    let options = WorldOptions { accounts, role_quota: 2_000, ..WorldOptions::default() };
    let mut world = World::with(options).await;
    for _ in 0..storm {
        active_in(&world, account()).await;
    }
    world.pass(SignedDuration::from_secs(1));
    let lonely = active_in(&world, other()).await;
    world.pass(SignedDuration::from_secs(3600));
    world.change_aws(|behaviour| behaviour.throttle = Some(Throttle { burst: 20, per_second: 10 }));
    (world, lonely)
}

#[tokio::test]
async fn a_thousand_ends_at_once_all_come_to_their_end_in_bounded_passes() {
    let (world, lonely) = world_with(1_000).await;
    let (mut passes, mut expired) = (0, 0);
    while expired < 1_001 {
        passes += 1;
        assert!(passes <= 60, "{expired} have ended after {passes} passes");
        let started = world.now();
        let report = world.vending.reconcile(Scope::Due, Some(started + PASS)).await;
        let took = world.now().duration_since(started);
        assert!(took < PASS * 2, "a pass keeps its deadline: {took}");
        assert!(report.expired > 0, "every pass gets on: {report:?}");
        expired += report.expired;
        if passes == 1 {
            let status = world.stored(lonely.id()).await.status();
            assert_eq!(status, Status::Expired, "an account that is throttled starves no other");
        }
        world.pass(SignedDuration::from_secs(10));
    }
    assert!(world.sessions(&[Status::Stuck]).await.is_empty(), "throttling is no failure that adds up to being stuck");
    world.assert_at_rest("after the storm").await;
}
