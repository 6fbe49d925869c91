//! A thousand sessions that end at once in an account that throttles, and passes that run out of time.

use std::collections::BTreeSet;

use daypass_embedded::aws::Throttle;
use daypass_tests::world::{ACCOUNT, World, WorldOptions, account, request};
use daypass_vending::ids::AccountId;
use daypass_vending::plan::SESSION_POLICY;
use daypass_vending::ports::Cloud;
use daypass_vending::reconcile::{Backlog, Scope, TimeLimits};
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

/// Somebody deletes a live role in one account while another account's queue takes longer than a pass.
#[tokio::test]
async fn an_account_is_swept_however_much_is_due_in_another() {
    let (world, _) = world_with(100).await;
    let live = active_in(&world, other()).await;
    world.aws.delete_role_policy(&other(), &live.role(), SESSION_POLICY).await.unwrap();
    world.aws.delete_role(&other(), &live.role()).await.unwrap();
    world.pass(SignedDuration::from_mins(5));
    let report = world.vending.reconcile(Scope::Due, Some(world.now() + SignedDuration::from_secs(3))).await;
    assert!(report.cut_short && report.expired < 100, "the throttled account is not through: {report:?}");
    assert_eq!(report.drifted, 1, "{report:?}");
}

/// What a function does at the end of its time: it answers, whatever is under way.
#[tokio::test]
async fn a_pass_that_hangs_is_let_go_in_time_and_the_next_one_goes_on() {
    let world = World::new().await;
    let session = world.active("carla", "read-only").await;
    world.pass(SignedDuration::from_hours(2));
    assert_eq!(world.vending.backlog().await.unwrap().oldest_due_seconds, 3600);
    let hold = world.hold_next("cloud.put_role_policy");
    let limits = TimeLimits { last_start: world.now() + PASS, end: world.now() + PASS };
    let report = world.vending.reconcile_within(Scope::Due, limits).await;
    assert!(report.cut_short && report.settled_sessions() == 0, "{report:?}");
    hold.release();
    world.pass(SignedDuration::from_mins(10));
    let report = world.vending.reconcile(Scope::Due, None).await;
    assert_eq!((report.settled_sessions(), world.stored(session.id()).await.status()), (1, Status::Expired));
    assert_eq!(world.vending.backlog().await.unwrap(), Backlog::default());
    world.assert_at_rest("after the second pass").await;
}
