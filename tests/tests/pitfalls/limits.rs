//! Quotas and sizes: what AWS would refuse is refused before anything exists.

use daypass_embedded::faults::CallKind;
use daypass_tests::world::{World, WorldOptions, request};
use daypass_vending::guard::ProvedTiers;
use daypass_vending::ids::{ProjectId, RoleName, SessionId};
use daypass_vending::plan::{PlanError, quota};
use daypass_vending::ports::{Cloud, PageRequest};
use daypass_vending::request::PassDuration;
use daypass_vending::service::RequestError;
use daypass_vending::tier::Tiers;

const NARROW: &str = r#"{"Effect":"Allow","Action":"ec2:Describe*","Resource":"*"}"#;
const LIMITS: &str = r#"
description = "a tier of a test"
max_hours = 8
default_hours = 1
incident_required = false
alerts = []
mfa_max_age_minutes = 60
"#;

/// What every document must refuse on its own (invariant 3), as far as an Allow of [`NARROW`] does not do so already.
const GUARDS: &str = r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Null":{"aws:ResourceTag/DaypassDeployment":"false"}}},
{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ForAnyValue:StringLike":{"aws:TagKeys":"Daypass*"}}},
{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Null":{"aws:PrincipalTag/DaypassProject":"true"}}}"#;

/// A tier with this statement as permissions, in the place of a shipped one.
fn tiers(statement: &str) -> ProvedTiers {
    let document = |statement: &str| format!(r#"{{"Version":"2012-10-17","Statement":[{statement},{GUARDS}]}}"#);
    let (permissions, boundary) = (document(statement), document(NARROW));
    let files = [
        ("read-only/tier.toml", LIMITS),
        ("read-only/permissions.json", permissions.as_str()),
        ("read-only/boundary.json", boundary.as_str()),
    ];
    Tiers::from_files(files).unwrap().prove().unwrap()
}

fn permissions_of_size(characters: usize) -> String {
    let names: Vec<String> =
        (0..characters / 40).map(|number| format!("arn:aws:s3:::acme-web-bucket-{number:07}")).collect();
    serde_json::json!({ "Effect": "Allow", "Action": "s3:GetObject", "Resource": names }).to_string()
}

#[tokio::test]
async fn a_policy_that_iam_would_not_take_is_refused_before_anything_exists() {
    let mut world = World::new().await;
    world.upgrade(tiers(&permissions_of_size(quota::INLINE_POLICIES + 400))).await;
    let refused = world.vending.request(&world.person("carla"), request("read-only", 1), None).await;
    let Err(RequestError::Plan(PlanError::TooLarge { document, size, limit })) = refused else { panic!("{refused:?}") };
    assert_eq!(document, "role policy");
    assert!(size > limit && limit < quota::INLINE_POLICIES, "there is room for the denial that kills it");
    let writes = world.script.calls().into_iter().filter(|call| call.kind == CallKind::Write);
    assert_eq!(writes.map(|call| call.name).collect::<Vec<_>>(), Vec::<&str>::new());
    assert!(world.sessions(&[]).await.is_empty());
}

#[tokio::test]
async fn the_largest_policy_that_is_taken_can_still_be_killed() {
    let mut world = World::new().await;
    let mut size = quota::INLINE_POLICIES;
    let session = loop {
        world.upgrade(tiers(&permissions_of_size(size))).await;
        match world.vending.request(&world.person("carla"), request("read-only", 1), None).await {
            Ok(daypass_vending::service::Requested::New(session)) => break session,
            _ => size -= 40,
        }
    };
    world.vending.carry_on(session.id()).await.unwrap();
    world.order_kill(&session).await;
    world.vending.carry_on(session.id()).await.unwrap();
    world.assert_at_rest("after the kill").await;
}

#[tokio::test]
async fn sessions_keep_what_they_were_granted_when_their_tier_changes() {
    let mut world = World::new().await;
    let session = world.active("carla", "read-only").await;
    let granted = world.role_of(&session).await.unwrap().inline_policies;
    world.upgrade(tiers(NARROW)).await;
    let report = world.vending.reconcile(daypass_vending::reconcile::Scope::Due, None).await;
    assert_eq!((report.drifted, report.errors), (0, vec![]), "an upgrade is no drift");
    let by = PassDuration::from_hours(1).unwrap();
    world.vending.extend(&world.person("carla"), session.id(), by, None).await.unwrap();
    let extended = world.vending.carry_on(session.id()).await.unwrap();
    let now = world.role_of(&session).await.unwrap().inline_policies;
    let end = |session: &daypass_vending::session::Session| session.expires_at().unwrap().to_string();
    for (name, document) in &granted {
        assert_eq!(now[name], document.replace(&end(&session), &end(&extended)), "only the end has changed");
    }
    let (old, new) = (extended.state().plan().unwrap().template_hash, world.active("carla", "read-only").await);
    assert_eq!(old, session.state().plan().unwrap().template_hash);
    assert_ne!(old, new.state().plan().unwrap().template_hash, "new sessions get the new tier");
    for session in [session, new] {
        world.order_kill(&session).await;
        world.vending.carry_on(session.id()).await.unwrap();
    }
    world.assert_at_rest("after the kills").await;
}

#[tokio::test]
async fn sessions_outlive_the_removal_of_their_tier_and_are_ended_in_time() {
    let mut world = World::new().await;
    let session = world.active("carla", "developer").await;
    world.upgrade(tiers(NARROW)).await;
    let credentials = world.credentials("carla", &session).await;
    assert!(world.works(&credentials).await);
    let by = PassDuration::from_hours(7).unwrap();
    world.vending.extend(&world.person("carla"), session.id(), by, None).await.unwrap();
    world.vending.carry_on(session.id()).await.unwrap();
    let again = world.vending.extend(&world.person("carla"), session.id(), by, None).await;
    assert!(matches!(again, Err(daypass_vending::service::ActError::TooLong { .. })), "{again:?}");
    world.pass(jiff::SignedDuration::from_hours(9));
    world.vending.reconcile(daypass_vending::reconcile::Scope::Due, None).await;
    world.assert_at_rest("after its end").await;
}

#[tokio::test]
async fn no_role_name_is_longer_than_iam_takes() {
    let longest: ProjectId = "abcdefghijklmnopqrstuvwx".parse().unwrap();
    assert!("abcdefghijklmnopqrstuvwxy".parse::<ProjectId>().is_err());
    let name = RoleName::of(&longest, &SessionId::from_random([0xff; 16]));
    assert_eq!(name.as_str().len(), 64);
}

#[tokio::test]
async fn a_full_account_refuses_early_and_keeps_its_reserve_for_incidents() {
    let world = World::with(WorldOptions { role_quota: 6, reserved_roles: 2, ..WorldOptions::default() }).await;
    for _ in 0..4 {
        world.active("carla", "read-only").await;
    }
    let refused = world.vending.request(&world.person("carla"), request("read-only", 1), None).await;
    assert!(matches!(refused, Err(RequestError::AccountFull { used: 4, limit: 6 })), "{refused:?}");
    assert_eq!(world.sessions(&[]).await.len(), 4);
    let page = PageRequest { cursor: None, limit: 500 };
    let events = world.store.events(None, &page).await.unwrap().items;
    let event = &events.last().unwrap().draft;
    assert_eq!(event.action, "session.refuse");
    assert!(event.detail["why"].contains("4 of 6"), "{event:?}");
    for known in ["policies", "rules_hash", "issuer", "identity", "authenticated_at"] {
        assert!(event.detail.contains_key(known), "{known}: {event:?}");
    }
    for _ in 0..2 {
        world.active("olga", "break-glass").await;
    }
    let refused = world.vending.request(&world.person("olga"), request("break-glass", 1), None).await;
    assert!(matches!(refused, Err(RequestError::AccountFull { used: 6, limit: 6 })), "{refused:?}");
    world.assert_at_rest("when full").await;
}

#[tokio::test]
async fn an_account_that_fills_up_behind_our_back_fails_the_session_and_leaves_nothing() {
    let mut world = World::new().await;
    let session = world.request("carla", "read-only").await;
    world.change_aws(|behaviour| behaviour.role_quota = 0);
    let failed = world.vending.carry_on(session.id()).await.unwrap();
    assert_eq!(failed.status(), daypass_vending::session::Status::Failed);
    assert_eq!(world.aws.role_quota(&daypass_tests::world::account()).await.unwrap().used, 0);
    world.assert_at_rest("after the refusal").await;
}
