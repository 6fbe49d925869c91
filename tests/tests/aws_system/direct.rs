//! A person enters a role by themself, as their IAM user.

use daypass_tests::emulated::{Call, ELSEWHERE, OFFICE, fresh_account};
use daypass_vending::identity::{Identity, Method};
use daypass_vending::ports::Cloud;
use daypass_vending::request::{Delivery, SessionRequest};
use daypass_vending::service::{Entry, Requested};
use daypass_vending::session::{State, Status};
use serde_json::Value;

use crate::deployment::Deployment;
use crate::hand::{Hand, HandOptions, movable};

/// `AssumeRole` with what the server says, but for what is said otherwise.
fn enter(entry: &Entry, otherwise: &[(&str, &str)]) -> Call {
    let said = [
        ("RoleArn", entry.role_arn.as_str()),
        ("RoleSessionName", entry.user.as_str()),
        ("ExternalId", entry.external_id.reveal()),
        ("SourceIdentity", entry.user.as_str()),
        ("DurationSeconds", "3600"),
    ];
    let kept = said.iter().filter(|(name, _)| otherwise.iter().all(|(other, _)| other != name));
    let parameters: Vec<_> = kept.chain(otherwise).filter(|(_, value)| !value.is_empty()).copied().collect();
    Call::query("sts", "2011-06-15", "AssumeRole", &parameters)
}

/// The emulator has no devices, so that nobody ever shows a second factor there: without these two conditions the rest of a
/// trust policy can be tried.
fn without_second_factor(trust: &str) -> String {
    let mut trust: Value = serde_json::from_str(trust).unwrap();
    let conditions = trust["Statement"][0]["Condition"].as_object_mut().unwrap();
    let asked = [conditions.remove("Bool"), conditions.remove("NumericLessThanEquals")];
    assert!(asked.iter().all(Option::is_some), "{trust}");
    trust.to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t6_aws_lets_the_holder_in_alone_from_the_right_place_with_a_second_factor() {
    let at = Deployment::new(1, &[]).await;
    let (hand, people) = (at.hand(HandOptions::with_clock(movable())).await, fresh_account());
    let ministack = at.hub.ministack;
    let key = ministack.user(&people, "/people/", "carla").await;
    let other = ministack.user(&people, "/people/", "carl").await;
    let issuer = format!("arn:aws:iam::{people}:user/people/carla");
    let carla = Identity { method: Method::AwsSignature, issuer, ..hand.person("carla") };
    let wish = SessionRequest { delivery: Delivery::Direct, ..Hand::wish(at.account(), "read-only", 3600) };
    let Requested::New(session) = hand.vending.request(&carla, wish, None).await.unwrap() else { panic!("a replay") };
    let session = hand.vending.carry_on(session.id()).await.unwrap();
    assert_eq!(session.status(), Status::Active);
    let entry = hand.vending.entry(&carla, session.id()).await.unwrap();

    let refused = ministack.call(&key, &enter(&entry, &[])).await;
    assert_eq!(refused.status, 403, "no second factor was shown: {refused:?}");

    let trust = without_second_factor(&hand.role_of(&session).await.unwrap().trust);
    hand.cloud.put_trust_policy(at.account(), &session.role(), &trust).await.unwrap();
    for (what, key, address, otherwise) in [
        ("somebody else", &other, OFFICE, &[][..]),
        ("the broker", &at.hub.broker, OFFICE, &[]),
        ("from elsewhere", &key, ELSEWHERE, &[]),
        ("another external id", &key, OFFICE, &[("ExternalId", "guess")]),
        ("no external id", &key, OFFICE, &[("ExternalId", "")]),
        ("another's name", &key, OFFICE, &[("RoleSessionName", "ada")]),
    ] {
        let refused = ministack.call_from(address, key, &enter(&entry, otherwise)).await;
        assert_eq!(refused.status, 403, "{what}: {refused:?}");
    }
    let entered = ministack.must(&key, &enter(&entry, &[])).await.key();
    let look = Call::query("ec2", "2016-11-15", "DescribeRegions", &[]);
    assert!(ministack.call(&entered, &look).await.is_success(), "the role works");

    let reason = "the laptop was lost".parse().unwrap();
    hand.vending.revoke(&hand.person("ada"), session.id(), reason).await.unwrap();
    let killed = hand.vending.carry_on(session.id()).await.unwrap();
    assert!(matches!(killed.state(), State::Revoked(_)), "{killed:?}");
    assert!(
        !ministack.call(&entered, &look).await.is_success(),
        "credentials that no server has seen are dead as well"
    );
    hand.assert_at_rest("after the kill").await;
}
