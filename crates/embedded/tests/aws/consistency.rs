//! Eventual consistency and throttling, when they are turned on.

use daypass_embedded::aws::{AwsOptions, Broker, Throttle};
use daypass_vending::ports::{Cloud, CloudError};
use jiff::SignedDuration;
use serde_json::json;

use crate::world::{BROKER, World, allow, code, deny_all, new_role, trust_in};

fn delayed() -> World {
    let options = AwsOptions::new(Broker::new(BROKER).unwrap());
    World::with(AwsOptions { consistency_delay: SignedDuration::from_secs(10), ..options })
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency>
#[tokio::test]
async fn a_new_role_is_there_for_iam_at_once_and_for_sts_later() {
    let world = delayed();
    let role = world.role("dp-acme", &allow("*", "*")).await;
    assert!(world.aws.role(&world.account, &role).await.unwrap().is_some());
    assert_eq!(code(world.assume(&role).await), "AccessDenied");
    world.pass(9);
    assert_eq!(code(world.assume(&role).await), "AccessDenied");
    world.pass(1);
    let carla = world.assume(&role).await.unwrap();
    assert_eq!(world.read_object(&carla).await, "ok");
}

#[tokio::test]
async fn a_change_shows_the_state_before_it_until_it_has_arrived() {
    let world = delayed();
    let role = world.role("dp-acme", &allow("*", "*")).await;
    world.pass(10);
    let carla = world.assume(&role).await.unwrap();
    world.aws.put_role_policy(&world.account, &role, "kill", &deny_all().to_string()).await.unwrap();
    world.pass(5);
    let closed = trust_in("arn:aws:iam::444455556666:role/nobody", json!("sts:*"), json!({})).to_string();
    world.aws.put_trust_policy(&world.account, &role, &closed).await.unwrap();
    assert_eq!(world.aws.role(&world.account, &role).await.unwrap().unwrap().trust, closed, "IAM knows");
    world.pass(4);
    assert_eq!((world.read_object(&carla).await, code(world.assume(&role).await).as_str()), ("ok", "ok"));
    world.pass(1);
    assert_eq!((world.read_object(&carla).await, code(world.assume(&role).await).as_str()), ("AccessDenied", "ok"));
    world.pass(5);
    assert_eq!(code(world.assume(&role).await), "AccessDenied");
}

#[tokio::test]
async fn a_deleted_role_works_until_its_deletion_has_arrived_and_its_namesake_after_that() {
    let world = delayed();
    let role = world.role("dp-acme", &allow("*", "*")).await;
    world.pass(10);
    let carla = world.assume(&role).await.unwrap();
    world.aws.delete_role_policy(&world.account, &role, "permissions").await.unwrap();
    world.aws.delete_role(&world.account, &role).await.unwrap();
    assert_eq!(world.aws.role(&world.account, &role).await.unwrap(), None);
    assert_eq!(world.read_object(&carla).await, "ok", "this is why a deny must be waited for before deleting");
    world.role("dp-acme", &allow("*", "*")).await;
    assert_eq!(world.read_object(&carla).await, "ok");
    world.pass(10);
    assert_eq!(world.read_object(&carla).await, "InvalidClientTokenId");
    let carla = world.assume(&role).await.unwrap();
    assert_eq!(world.read_object(&carla).await, "ok");
}

#[tokio::test]
async fn a_changed_managed_policy_arrives_later_too() {
    let world = delayed();
    let arn = "arn:aws:iam::111122223333:policy/p";
    world.aws.put_managed_policy(&world.account, arn, &allow("*", "*").to_string()).await.unwrap();
    let role = world.role("dp-acme", &allow("ec2:*", "*")).await;
    world.aws.attach_role_policy(&world.account, &role, arn).await.unwrap();
    world.pass(10);
    let carla = world.assume(&role).await.unwrap();
    world.aws.put_managed_policy(&world.account, arn, &allow("ec2:*", "*").to_string()).await.unwrap();
    assert_eq!(world.read_object(&carla).await, "ok");
    world.pass(10);
    assert_eq!(world.read_object(&carla).await, "AccessDenied");
}

#[tokio::test]
async fn repeating_a_change_does_not_delay_it_again() {
    let world = delayed();
    let role = world.role("dp-acme", &allow("*", "*")).await;
    world.pass(10);
    let carla = world.assume(&role).await.unwrap();
    let kill = deny_all().to_string();
    world.aws.put_role_policy(&world.account, &role, "kill", &kill).await.unwrap();
    world.pass(9);
    world.aws.put_role_policy(&world.account, &role, "kill", &kill).await.unwrap();
    world.pass(1);
    assert_eq!(world.read_object(&carla).await, "AccessDenied");
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html>: `Throttling`. Nothing happens; reads, STS and
/// other accounts are not touched.
#[tokio::test]
async fn iam_writes_are_throttled_by_account_and_change_nothing_then() {
    let options = AwsOptions::new(Broker::new(BROKER).unwrap());
    let world = World::with(AwsOptions { throttle: Some(Throttle { burst: 2, per_second: 1 }), ..options });
    let (aws, account) = (&world.aws, &world.account);
    aws.create_role(account, new_role("dp-acme")).await.unwrap();
    let role = daypass_vending::ids::RoleName::found("dp-acme");
    let document = allow("*", "*").to_string();
    aws.put_role_policy(account, &role, "one", &document).await.unwrap();
    aws.put_role_policy(account, &role, "two", &document).await.unwrap();
    let third = aws.put_role_policy(account, &role, "three", &document).await;
    assert_eq!(third, Err(CloudError::Throttled));
    assert_eq!(aws.delete_role(account, &role).await, Err(CloudError::Throttled));
    let found = aws.role(account, &role).await.unwrap().unwrap();
    assert_eq!(found.inline_policies.keys().collect::<Vec<_>>(), ["one", "two"]);
    world.assume(&role).await.unwrap();
    aws.delete_role(&"444455556666".parse().unwrap(), &role).await.unwrap();
    world.pass(1);
    aws.put_role_policy(account, &role, "three", &document).await.unwrap();
    assert_eq!(aws.put_role_policy(account, &role, "four", &document).await, Err(CloudError::Throttled));
}
