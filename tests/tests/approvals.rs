//! Approvals and reviews: who may say yes, to exactly what, how often, and what becomes of it when several people, a changed
//! record, changed rules or a crash come between.

use daypass_embedded::faults::{Counted, Fault, FaultScript};
use daypass_entitlements::DEFAULT_POLICIES;
use daypass_tests::world::{World, request};
use daypass_vending::alert::Occasion;
use daypass_vending::audit::Digest256;
use daypass_vending::identity::{Identity, Method};
use daypass_vending::ports::{PageRequest, SessionFilter};
use daypass_vending::reconcile::Scope;
use daypass_vending::service::{ActError, RequestError};
use daypass_vending::session::{Session, State, Status};
use jiff::SignedDuration;

/// The shipped rules, where administration needs so many approvals of this group.
fn rules(approvals: u32, group: &str) -> String {
    let is_obligation = |line: &&str| !line.starts_with("@approv");
    let plain: Vec<&str> = DEFAULT_POLICIES.lines().filter(is_obligation).collect();
    let id = r#"@id("platform-requests-admin")"#;
    plain.join("\n").replace(id, &format!("{id}\n@approvals(\"{approvals}\")\n@approvers(\"{group}\")"))
}

async fn world(approvals: u32) -> World {
    let mut world = World::new().await;
    world.rule(&rules(approvals, "platform-leads"));
    world
}

async fn pending(world: &World) -> Session {
    let session = world.request("pat", "admin").await;
    assert_eq!(session.status(), Status::PendingApproval);
    session
}

async fn approve(world: &World, who: &str, session: &Session) -> Result<Session, ActError> {
    let hash = session.facts().request_hash();
    world.vending.approve(&world.person(who), session.id(), &hash, None).await
}

#[tokio::test]
async fn the_last_approval_that_is_needed_grants_and_the_clock_starts_then() {
    let world = world(2).await;
    let session = pending(&world).await;
    assert!(world.roles().await.is_empty());
    world.pass(SignedDuration::from_hours(3));
    assert_eq!(approve(&world, "lea", &session).await.unwrap().status(), Status::PendingApproval);
    let granted = approve(&world, "max", &session).await.unwrap();
    assert_eq!(granted.status(), Status::Provisioning);
    let active = world.vending.carry_on(session.id()).await.unwrap();
    assert_eq!(active.status(), Status::Active);
    assert_eq!(active.expires_at(), Some(world.now() + SignedDuration::from_hours(1)));
    let by: Vec<_> = active.said().approvals.iter().map(|approval| approval.by.as_str().to_owned()).collect();
    assert_eq!(by, ["lea", "max"]);
    world.credentials("pat", &active).await;
    world.assert_at_rest("approved by two").await;
}

#[tokio::test]
async fn of_two_approvals_at_once_one_leads_on_and_none_is_lost() {
    for needed in [1, 2] {
        let world = world(needed).await;
        let session = pending(&world).await;
        let (other, hash) = (world.another(), session.facts().request_hash());
        let (lea, max) = (world.person("lea"), world.person("max"));
        let (one, two) = futures::join!(
            world.vending.approve(&lea, session.id(), &hash, None),
            other.approve(&max, session.id(), &hash, None)
        );
        // With one approval needed, whoever came second is told that there is nothing left to decide.
        assert_eq!([one.is_ok(), two.is_ok()].iter().filter(|ok| **ok).count(), usize::try_from(needed).unwrap());
        let history = world.history(session.id()).await;
        let count = |action: &str| history.iter().filter(|event| *event == action).count();
        assert_eq!(count("session.grant"), 1, "{history:?}");
        assert_eq!(count("session.approve"), usize::try_from(needed).unwrap(), "{history:?}");
    }
}

#[tokio::test]
async fn a_person_votes_once_however_they_are_written() {
    let world = world(2).await;
    let session = pending(&world).await;
    let first = approve(&world, "lea", &session).await.unwrap();
    let again = approve(&world, "lea", &session).await.unwrap();
    assert_eq!(again, first, "nothing changes");
    let elsewhere = Identity {
        user: "LEA".parse().unwrap(),
        issuer: "https://other.example".to_owned(),
        email: Some("somebody@example.com".to_owned()),
        ..world.person("lea")
    };
    let hash = session.facts().request_hash();
    let again = world.vending.approve(&elsewhere, session.id(), &hash, None).await.unwrap();
    assert_eq!(again.status(), Status::PendingApproval);
    assert_eq!(again.said().approvals.len(), 1);
}

#[tokio::test]
async fn nobody_approves_their_own_request_whoever_vouches() {
    let world = world(1).await;
    let session = world.request("lea", "admin").await;
    let hash = session.facts().request_hash();
    let written = Identity { user: "Lea".parse().unwrap(), ..world.person("lea") };
    let other_issuer = Identity { issuer: "https://other.example".to_owned(), ..world.person("lea") };
    let other_mail = Identity { email: Some("max@example.com".to_owned()), ..world.person("lea") };
    for who in [world.person("lea"), written, other_issuer, other_mail] {
        let refused = world.vending.approve(&who, session.id(), &hash, None).await.unwrap_err();
        assert!(matches!(refused, ActError::Refused(_)), "{refused}");
    }
    assert!(world.stored(session.id()).await.said().approvals.is_empty());
    let history = world.history(session.id()).await;
    assert_eq!(history.iter().filter(|event| *event == "decide.ApproveSession").count(), 4, "{history:?}");
}

#[tokio::test]
async fn an_approval_is_for_the_request_that_was_seen() {
    let world = world(1).await;
    let session = pending(&world).await;
    let other = Digest256::of(b"another request");
    let refused = world.vending.approve(&world.person("lea"), session.id(), &other, None).await.unwrap_err();
    assert!(matches!(refused, ActError::Changed), "{refused}");
    let two_hours = daypass_vending::session::Facts { request: request("admin", 2), ..session.facts().clone() };
    assert_ne!(two_hours.request_hash(), session.facts().request_hash());
    assert_eq!(world.stored(session.id()).await.status(), Status::PendingApproval);
}

#[tokio::test]
async fn what_lapsed_was_denied_or_taken_back_is_not_approved() {
    let world = world(1).await;
    let reason = || "use the developer tier".parse().unwrap();
    let (late, denied, back) = (pending(&world).await, pending(&world).await, pending(&world).await);
    let refused = world.vending.deny(&world.person("pat"), denied.id(), reason()).await;
    assert!(refused.is_err(), "who asked takes it back instead");
    world.vending.deny(&world.person("lea"), denied.id(), reason()).await.unwrap();
    world.vending.deny(&world.person("lea"), denied.id(), reason()).await.unwrap();
    let withdrawn = world.vending.release(&world.person("pat"), back.id()).await.unwrap();
    assert_eq!(withdrawn.status(), Status::Denied);
    world.pass(SignedDuration::from_hours(24));
    for session in [&late, &denied, &back] {
        let refused = approve(&world, "lea", session).await.unwrap_err();
        assert!(matches!(refused, ActError::WrongState { .. }), "{refused}");
    }
    world.vending.reconcile(Scope::Due, None).await;
    assert_eq!(world.stored(late.id()).await.status(), Status::Lapsed);
    assert!(approve(&world, "lea", &late).await.is_err());
}

#[tokio::test]
async fn who_left_the_approvers_since_is_refused_and_strangers_learn_nothing() {
    let world = world(1).await;
    let session = pending(&world).await;
    let hash = session.facts().request_hash();
    let left = Identity { groups: ["auditors".parse().unwrap()].into(), ..world.person("lea") };
    let refused = world.vending.approve(&left, session.id(), &hash, None).await.unwrap_err();
    assert!(matches!(refused, ActError::Refused(_)), "{refused}");
    let refused = world.vending.approve(&world.person("carl"), session.id(), &hash, None).await.unwrap_err();
    assert!(matches!(refused, ActError::NotFound), "{refused}");
    assert!(world.stored(session.id()).await.said().approvals.is_empty());
}

#[tokio::test]
async fn todays_rules_count_where_they_are_stricter() {
    let mut world = world(2).await;
    let session = pending(&world).await;
    approve(&world, "lea", &session).await.unwrap();
    // Another group has to approve now: the vote of the old one no longer counts, nor may it vote.
    world.rule(&rules(2, "break-glass-reviewers"));
    assert!(approve(&world, "max", &session).await.is_err());
    let one = approve(&world, "rita", &session).await.unwrap();
    assert_eq!(one.status(), Status::PendingApproval);
    // Fewer than were demanded at the time are not enough; more are demanded.
    world.rule(&rules(1, "platform-leads"));
    assert_eq!(approve(&world, "lea", &session).await.unwrap().status(), Status::PendingApproval);
    world.rule(&rules(3, "platform-leads"));
    assert_eq!(approve(&world, "max", &session).await.unwrap().status(), Status::PendingApproval);
    // What today's rules refuse nobody approves.
    world.rule(&rules(3, "platform-leads").replace("\"platform-engineers\"", "\"nobody-any-more\""));
    let refused = approve(&world, "mia", &session).await.unwrap_err();
    assert!(matches!(refused, ActError::Refused(_)), "{refused}");
    world.rule(&rules(3, "platform-leads"));
    assert_eq!(approve(&world, "mia", &session).await.unwrap().status(), Status::Provisioning);
}

#[tokio::test]
async fn a_vote_survives_every_fault_at_every_call_and_no_approved_session_is_lost() {
    let mut world = world(1).await;
    let calls = {
        let session = pending(&world).await;
        let before = world.script.count(Counted::All);
        approve(&world, "lea", &session).await.unwrap();
        world.vending.carry_on(session.id()).await.unwrap();
        world.script.count(Counted::All) - before
    };
    for number in 1..=calls {
        for fault in [Fault::CrashBefore, Fault::CrashAfter, Fault::After] {
            let about = format!("call {number} of {calls}, {fault:?}");
            let session = pending(&world).await;
            world.restart_with(FaultScript::new().with(Counted::All, number, fault));
            approve(&world, "lea", &session).await.ok();
            world.vending.carry_on(session.id()).await.ok();
            world.restart();
            world.pass(SignedDuration::from_mins(6));
            world.vending.reconcile(Scope::Due, None).await;
            world.assert_at_rest(&about).await;
            // Whoever got no answer repeats it.
            let after = world.stored(session.id()).await;
            if after.status() == Status::PendingApproval {
                approve(&world, "lea", &session).await.unwrap();
                world.vending.carry_on(session.id()).await.unwrap();
            }
            let after = world.stored(session.id()).await;
            assert_eq!(after.status(), Status::Active, "{about}");
            assert_eq!(after.said().approvals.len(), 1, "{about}");
            world.vending.release(&world.person("pat"), session.id()).await.unwrap();
            world.vending.carry_on(session.id()).await.unwrap();
        }
    }
}

#[tokio::test]
async fn an_approved_session_that_can_no_longer_be_granted_says_why() {
    let world = world(1).await;
    let session = pending(&world).await;
    // The vote is stored and the process dies: its second commit would have been the grant.
    world.fail_next("store.commit", Fault::CrashAfter);
    approve(&world, "lea", &session).await.ok();
    let mut world = world;
    world.restart();
    assert_eq!(world.stored(session.id()).await.status(), Status::Approved);
    world.pass(SignedDuration::from_mins(31));
    world.vending.reconcile(Scope::Due, None).await;
    let failed = world.stored(session.id()).await;
    let State::Failed(failed) = failed.state() else { panic!("{}", failed.status().as_str()) };
    assert!(failed.why.contains("approved 31 min ago"), "{}", failed.why);
}

#[tokio::test]
async fn those_who_may_approve_are_told_and_see_what_waits() {
    let world = world(1).await;
    let session = pending(&world).await;
    world.vending.deliver_alerts().await;
    let alerts = world.alerts.all();
    let alert = alerts.iter().find(|alert| alert.occasion == Occasion::ApprovalRequested).unwrap();
    assert_eq!(alert.facts["approve_with"], format!("daypass approve {}", session.id()));
    assert_eq!(alert.facts["approvers"], "platform-leads");
    let filter = SessionFilter { statuses: vec![Status::PendingApproval], ..SessionFilter::default() };
    let page = PageRequest { cursor: None, limit: 50 };
    for (who, sees) in [("lea", 1), ("pat", 1), ("carla", 0), ("rita", 0)] {
        let seen = world.vending.sessions(&world.person(who), filter.clone(), &page).await.unwrap();
        assert_eq!(seen.items.len(), sees, "{who}");
    }
}

#[tokio::test]
async fn an_open_review_blocks_the_next_emergency_until_somebody_else_closes_it() {
    let world = World::new().await;
    let session = world.active("olga", "break-glass").await;
    let findings = || -> daypass_vending::ids::Findings { "INC-4711: the disk was full".parse().unwrap() };
    assert!(!world.stored(session.id()).await.owes_review(), "not while it works");
    world.vending.release(&world.person("olga"), session.id()).await.unwrap();
    let page = PageRequest { cursor: None, limit: 50 };
    for (who, sees) in [("olga", 1), ("rita", 1), ("carla", 0)] {
        let open = world.vending.open_reviews(&world.person(who), &page).await.unwrap();
        assert_eq!(open.items.len(), sees, "{who}");
    }
    let blocked = world.vending.request(&world.person("olga"), request("break-glass", 1), None).await.unwrap_err();
    let RequestError::Refused(refusal) = blocked else { panic!("{blocked}") };
    assert!(refusal.lacking.join(" ").contains(&session.id().to_string()), "{refusal}");
    // Other tiers are open, its role is killed meanwhile, and its holder does not close it.
    world.request("olga", "read-only").await;
    world.vending.carry_on(session.id()).await.unwrap();
    let own = world.vending.review(&world.person("olga"), session.id(), findings()).await;
    assert!(matches!(own, Err(ActError::Refused(_))));
    let closed = world.vending.review(&world.person("rita"), session.id(), findings()).await.unwrap();
    assert_eq!(closed.status(), Status::Revoked);
    world.vending.review(&world.person("rita"), session.id(), findings()).await.unwrap();
    assert!(world.vending.review(&world.person("ada"), session.id(), findings()).await.is_err(), "closed is closed");
    assert_eq!(world.history(session.id()).await.iter().filter(|event| *event == "session.review").count(), 1);
    world.active("olga", "break-glass").await;
}

#[tokio::test]
async fn an_emergency_key_alerts_louder_at_grant_and_first_credentials() {
    let world = World::new().await;
    let olga = Identity { method: Method::EmergencyKey, mfa_at: None, ..world.person("olga") };
    let asked = world.vending.request(&olga, request("break-glass", 1), None).await.unwrap();
    let daypass_vending::service::Requested::New(session) = asked else { panic!("{asked:?}") };
    world.vending.carry_on(session.id()).await.unwrap();
    world.vending.credentials(&olga, session.id()).await.unwrap();
    world.vending.credentials(&olga, session.id()).await.unwrap();
    world.vending.deliver_alerts().await;
    let alerts = world.alerts.all();
    let louder: Vec<_> = alerts.iter().filter(|alert| alert.occasion == Occasion::EmergencyKey).collect();
    let events: Vec<_> = louder.iter().map(|alert| alert.facts["event"].as_str()).collect();
    assert_eq!(events, ["grant", "first-credentials"]);
    assert!(
        louder.iter().all(|alert| alert.subject.contains("EMERGENCY KEY") && alert.facts["incident"] == "INC-4711")
    );
}
