//! Direct delivery: the person enters the role alone, as their own IAM user, and no secret of theirs passes the server.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in its helpers")]

use daypass_entitlements::DEFAULT_POLICIES;
use daypass_tests::world::{World, external_id_in, request};
use daypass_vending::alert::Occasion;
use daypass_vending::identity::{Identity, Method};
use daypass_vending::ports::PageRequest;
use daypass_vending::request::{Delivery, PassDuration, SessionRequest};
use daypass_vending::service::{ActError, RequestError, Requested};
use daypass_vending::session::{Session, State, Status};
use serde_json::Value;

/// The person as AWS has vouched for them.
fn known_to_aws(world: &World, name: &str) -> Identity {
    let issuer = format!("arn:aws:iam::444455556666:user/people/{name}");
    Identity { method: Method::AwsSignature, issuer, ..world.person(name) }
}

fn direct(tier: &str) -> SessionRequest {
    SessionRequest { delivery: Delivery::Direct, ..request(tier, 1) }
}

async fn asked(world: &World, who: &Identity, tier: &str) -> Session {
    match world.vending.request(who, direct(tier), None).await.unwrap() {
        Requested::New(session) | Requested::Replayed(session) => session,
    }
}

async fn trust_of(world: &World, session: &Session) -> Value {
    serde_json::from_str(&world.role_of(session).await.unwrap().trust).unwrap()
}

#[tokio::test]
async fn t6_the_role_lets_in_its_holder_alone_and_the_broker_hands_nothing_over() {
    let world = World::new().await;
    let olga = known_to_aws(&world, "olga");
    let session = asked(&world, &olga, "break-glass").await;
    let session = world.vending.carry_on(session.id()).await.unwrap();
    assert_eq!(session.status(), Status::Active);
    let trust = trust_of(&world, &session).await;
    for statement in trust["Statement"].as_array().unwrap() {
        assert_eq!(statement["Principal"]["AWS"], olga.issuer, "{trust}");
    }

    let handed_over = world.vending.credentials(&olga, session.id()).await.unwrap_err();
    assert!(matches!(handed_over, ActError::WrongState { .. }), "{handed_over}");
    let others = world.vending.entry(&known_to_aws(&world, "carla"), session.id()).await.unwrap_err();
    assert!(matches!(others, ActError::NotFound), "{others}");
    let entry = world.vending.entry(&olga, session.id()).await.unwrap();
    assert_eq!(entry.external_id.reveal(), external_id_in(&trust.to_string()));
    assert_eq!((entry.user.as_str(), entry.duration_seconds), ("olga", 3600));
    assert!(!format!("{entry:?}").contains(entry.external_id.reveal()), "it is in no log");

    let history = world.history(session.id()).await;
    assert_eq!(history.iter().filter(|action| *action == "credentials.issue").count(), 1, "{history:?}");
    let page = PageRequest { cursor: None, limit: 500 };
    let events = world.store.events(None, &page).await.unwrap().items;
    assert!(events.iter().all(|event| !format!("{event:?}").contains(entry.external_id.reveal())));
    for action in ["session.grant", "credentials.issue"] {
        let event = events.iter().find(|event| event.draft.action == action).unwrap();
        assert_eq!(event.draft.detail["delivery"], "direct", "{event:?}");
    }
    let told = world.store.alerts_of(&session.id()).await.unwrap();
    assert!(told.iter().any(|entry| entry.alert.occasion == Occasion::FirstCredentials), "{told:?}");

    let killed = world.order_kill(&session).await;
    let killed = world.vending.carry_on(killed.id()).await.unwrap();
    let State::Revoked(revoked) = killed.state() else { panic!("{killed:?}") };
    let report = &revoked.ended.report;
    assert!(report.denied_at.is_some() && report.role_gone_at.is_some(), "{report:?}");
    assert_eq!(report.refusal_seen_at, None, "nobody but the holder could have tried");
    world.assert_at_rest("after the kill").await;
}

#[tokio::test]
async fn who_is_no_iam_user_is_told_so_and_it_is_on_record() {
    let world = World::new().await;
    for who in [
        world.person("carla"),
        Identity { method: Method::AwsSignature, ..world.person("carla") },
        // The claim alone names nobody.
        Identity { issuer: "arn:aws:iam::444455556666:user/carla".to_owned(), ..world.person("carla") },
    ] {
        let refused = world.vending.request(&who, direct("read-only"), None).await.unwrap_err();
        let RequestError::Refused(refusal) = refused else { panic!("{refused}") };
        assert!(refusal.lacking.iter().any(|lacking| lacking.contains("IAM user")), "{refusal:?}");
        assert_eq!(world.stored(refusal.session.unwrap()).await.status(), Status::Refused);
        let explained = world.vending.explain(&who, direct("read-only")).await.unwrap();
        assert!(!explained.granted && explained.lacking == refusal.lacking, "{explained:?}");
    }
    assert!(world.vending.explain(&known_to_aws(&world, "carla"), direct("read-only")).await.unwrap().granted);
}

#[tokio::test]
async fn who_came_through_the_gate_enters_as_the_user_who_did() {
    let world = World::new().await;
    let issuer = "arn:aws:sts::444455556666:assumed-role/daypass-gate/carla".to_owned();
    let carla = Identity { issuer, ..known_to_aws(&world, "carla") };
    let session = asked(&world, &carla, "read-only").await;
    let session = world.vending.carry_on(session.id()).await.unwrap();
    let trust = trust_of(&world, &session).await;
    assert_eq!(trust["Statement"][0]["Principal"]["AWS"], "arn:aws:iam::444455556666:user/carla");
}

#[tokio::test]
async fn an_extension_and_an_approval_change_nothing_about_who_enters() {
    let mut world = World::new().await;
    let id = r#"@id("members-request-everyday-tiers")"#;
    world.rule(&DEFAULT_POLICIES.replace(id, &format!("{id}\n@approvals(\"1\")\n@approvers(\"platform-leads\")")));
    let carla = known_to_aws(&world, "carla");
    let session = asked(&world, &carla, "developer").await;
    assert_eq!(session.status(), Status::PendingApproval);
    let brokered = daypass_vending::session::Facts { request: request("developer", 1), ..session.facts().clone() };
    assert_ne!(brokered.request_hash(), session.facts().request_hash(), "what is approved says who enters");
    let hash = session.facts().request_hash();
    world.vending.approve(&world.person("lea"), session.id(), &hash, None).await.unwrap();
    let session = world.vending.carry_on(session.id()).await.unwrap();
    let before = trust_of(&world, &session).await;
    let by = PassDuration::from_hours(1).unwrap();
    world.vending.extend(&carla, session.id(), by, None).await.unwrap();
    let session = world.vending.carry_on(session.id()).await.unwrap();
    let after = trust_of(&world, &session).await;
    assert_ne!(before, after, "the end has moved");
    for (place, statement) in after["Statement"].as_array().unwrap().iter().enumerate() {
        assert_eq!(statement["Principal"]["AWS"], carla.issuer, "{after}");
        let (old, new) = (&before["Statement"][place]["Condition"], &statement["Condition"]);
        for operator in ["StringEquals", "Bool", "NumericLessThanEquals", "IpAddress"] {
            assert_eq!(old[operator], new[operator], "{operator}");
        }
    }
    world.vending.reconcile(daypass_vending::reconcile::Scope::Due, None).await;
    assert_eq!(world.stored(session.id()).await.status(), Status::Active, "no drift is seen in it");
}
