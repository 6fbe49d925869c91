//! Who gets credentials of a role: <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>.

use daypass_embedded::aws::{AwsOptions, Broker, NewRole};
use daypass_policy::{PolicyDocument, PolicyKind};
use daypass_vending::ids::RoleName;
use daypass_vending::ports::Cloud;
use serde_json::{Value, json};

use crate::world::{BROKER, World, address, allow, code, external_id, new_role, trust, trust_in};

/// What AssumeRole says when a role trusts like this, called by carla's broker with external id 7.
async fn assume_under(world: &World, trust: &Value) -> String {
    let role = RoleName::found("dp-acme");
    world.aws.delete_role(&world.account, &role).await.unwrap();
    world.aws.create_role(&world.account, NewRole { trust: trust.to_string(), ..new_role("dp-acme") }).await.unwrap();
    code(world.assume(&role).await)
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-sts>,
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
#[tokio::test]
async fn a_trust_policy_decides_by_all_it_can_ask_about() {
    let world = World::new();
    let right = external_id(7);
    let wrong = external_id(8);
    let start = world.in_seconds(0).to_string();
    for (condition, expected) in [
        (json!({}), "ok"),
        (json!({"StringEquals": {"sts:ExternalId": right.reveal()}}), "ok"),
        (json!({"StringEquals": {"sts:ExternalId": wrong.reveal()}}), "AccessDenied"),
        (json!({"StringEquals": {"sts:RoleSessionName": "carla"}}), "ok"),
        (json!({"StringEquals": {"sts:RoleSessionName": "dave"}}), "AccessDenied"),
        (json!({"StringEquals": {"sts:SourceIdentity": "carla"}}), "ok"),
        (json!({"StringEquals": {"sts:SourceIdentity": "dave"}}), "AccessDenied"),
        (json!({"DateLessThan": {"aws:CurrentTime": "2026-11-21T12:00:01Z"}}), "ok"),
        (json!({"DateLessThan": {"aws:CurrentTime": start}}), "AccessDenied"),
        (json!({"NumericLessThan": {"aws:EpochTime": "1795262401"}}), "ok"),
        (json!({"NumericLessThan": {"aws:EpochTime": "1795262400"}}), "AccessDenied"),
        (json!({"ArnEquals": {"aws:PrincipalArn": BROKER}}), "ok"),
        (json!({"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::444455556666:role/other"}}), "AccessDenied"),
        (json!({"StringEquals": {"aws:PrincipalAccount": "444455556666"}}), "ok"),
        (json!({"StringEquals": {"aws:PrincipalAccount": "111122223333"}}), "AccessDenied"),
        (json!({"StringEquals": {"aws:PrincipalType": "AssumedRole"}}), "ok"),
        (json!({"IpAddress": {"aws:SourceIp": "127.0.0.1"}}), "ok"),
        (json!({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}), "AccessDenied"),
        // Such conditions would describe the broker (invariant 5).
        (json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}), "AccessDenied"),
        (json!({"Bool": {"aws:MultiFactorAuthPresent": "false"}}), "ok"),
    ] {
        assert_eq!(assume_under(&world, &trust(condition.clone())).await, expected, "{condition}");
    }
}

#[tokio::test]
async fn the_external_id_is_needed_and_must_be_well_formed() {
    let world = World::new();
    let demands = trust(json!({"StringEquals": {"sts:ExternalId": external_id(7).reveal()}}));
    assert_eq!(assume_under(&world, &demands).await, "ok");
    let (role, carla) = (RoleName::found("dp-acme"), "carla".parse().unwrap());
    assert_eq!(code(world.assume_as(&role, &external_id(8), &carla, 3_600).await), "AccessDenied");
    let empty = daypass_vending::secret::ExternalId::from_sealed(daypass_vending::secret::Secret::new(String::new()));
    assert_eq!(code(world.assume_as(&role, &empty, &carla, 3_600).await), "ValidationError");
}

#[tokio::test]
async fn the_session_name_is_the_person() {
    let world = World::new();
    assert_eq!(assume_under(&world, &trust(json!({"StringEquals": {"sts:RoleSessionName": "carla"}}))).await, "ok");
    let (role, dave) = (RoleName::found("dp-acme"), "dave".parse().unwrap());
    assert_eq!(code(world.assume_as(&role, &external_id(7), &dave, 3_600).await), "AccessDenied");
}

#[tokio::test]
async fn a_trust_that_ended_lets_nobody_in_any_more() {
    let world = World::new();
    let until = trust(json!({"DateLessThan": {"aws:CurrentTime": world.in_seconds(60).to_string()}}));
    assert_eq!(assume_under(&world, &until).await, "ok");
    world.pass(60);
    assert_eq!(code(world.assume(&RoleName::found("dp-acme")).await), "AccessDenied");
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html>: the permission to
/// set a source identity is needed on both sides.
#[tokio::test]
async fn naming_the_person_needs_a_permission_of_its_own() {
    let world = World::new();
    assert_eq!(assume_under(&world, &trust_in(BROKER, json!("sts:AssumeRole"), json!({}))).await, "AccessDenied");
    assert_eq!(
        assume_under(&world, &trust_in(BROKER, json!("sts:SetSourceIdentity"), json!({}))).await,
        "AccessDenied"
    );
    assert_eq!(assume_under(&world, &trust_in(BROKER, json!("sts:*"), json!({}))).await, "ok");
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html>: across
/// accounts the broker's own policy must allow it too; within an account, being named in the trust policy is enough.
#[tokio::test]
async fn a_broker_elsewhere_needs_its_own_permission_and_one_named_at_home_does_not() {
    let nothing = PolicyDocument::parse_as(&allow("s3:*", "*").to_string(), PolicyKind::Identity).unwrap();
    let home = "arn:aws:iam::111122223333:role/daypass-broker";
    for (arn, has_permission, expected) in
        [(BROKER, true, "ok"), (BROKER, false, "AccessDenied"), (home, true, "ok"), (home, false, "ok")]
    {
        let broker = Broker::new(arn).unwrap();
        let broker = if has_permission { broker } else { broker.with_permissions(&nothing) };
        let world = World::with(AwsOptions::new(broker));
        let named = trust_in(arn, json!("sts:*"), json!({}));
        assert_eq!(assume_under(&world, &named).await, expected, "{arn} {has_permission}");
    }
    let world = World::with(AwsOptions::new(Broker::new(home).unwrap().with_permissions(&nothing)));
    let account = trust_in("111122223333", json!("sts:*"), json!({}));
    assert_eq!(assume_under(&world, &account).await, "AccessDenied", "naming the account leaves it to the account");
    let stranger = trust_in("arn:aws:iam::444455556666:role/other", json!("sts:*"), json!({}));
    assert_eq!(assume_under(&World::new(), &stranger).await, "AccessDenied");
}

#[tokio::test]
async fn the_broker_calls_from_its_own_address() {
    let broker = Broker::new(BROKER).unwrap().at(address("198.51.100.7"));
    let world = World::with(AwsOptions::new(broker));
    let inside = trust(json!({"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}));
    assert_eq!(assume_under(&world, &inside).await, "ok");
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining>: an hour at most for a role;
/// a user may ask for what the role's maximum allows.
#[tokio::test]
async fn credentials_last_a_quarter_of_an_hour_to_an_hour_or_to_the_roles_maximum() {
    let user = "arn:aws:iam::444455556666:user/daypass-broker";
    for (arn, maximum, seconds, expected) in [
        (BROKER, 3_600, 899, "ValidationError"),
        (BROKER, 3_600, 900, "ok"),
        (BROKER, 3_600, 3_600, "ok"),
        (BROKER, 3_600, 3_601, "ValidationError"),
        (BROKER, 43_200, 3_601, "ValidationError"),
        (user, 3_600, 3_601, "ValidationError"),
        (user, 43_200, 43_200, "ok"),
        (user, 43_200, 43_201, "ValidationError"),
    ] {
        let world = World::with(AwsOptions::new(Broker::new(arn).unwrap()));
        assert_eq!(assume_under(&world, &trust_in(arn, json!("sts:*"), json!({}))).await, "ok");
        let role = RoleName::found("dp-acme");
        world.aws.set_max_session_duration(&world.account, &role, maximum).await.unwrap();
        let result = world.assume_for(&role, seconds).await;
        if let Ok(credentials) = &result {
            assert_eq!(credentials.expires_at, world.in_seconds(i64::from(seconds)));
        }
        assert_eq!(code(result), expected, "{arn} {maximum} {seconds}");
    }
}

/// Strangers are not told which roles exist.
#[tokio::test]
async fn a_role_that_is_not_there_answers_like_one_that_trusts_nobody() {
    let world = World::new();
    assert_eq!(code(world.assume(&RoleName::found("gone")).await), "AccessDenied");
    let elsewhere = NewRole { path: "/elsewhere/".to_owned(), ..new_role("moved") };
    world.aws.create_role(&world.account, elsewhere).await.unwrap();
    assert_eq!(code(world.assume(&RoleName::found("moved")).await), "AccessDenied", "the path is part of the ARN");
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>
#[tokio::test]
async fn ids_and_secrets_look_like_those_of_aws_and_never_repeat() {
    let world = World::new();
    let role = world.role("dp-acme", &allow("*", "*")).await;
    let unique_id = world.aws.role_unique_id(&world.account, &role).await.unwrap().unwrap();
    assert!(unique_id.starts_with("AROA") && unique_id.len() == 21, "{unique_id}");
    let (one, two) = (world.assume(&role).await.unwrap(), world.assume(&role).await.unwrap());
    assert!(one.access_key_id.starts_with("ASIA") && one.access_key_id.len() == 20, "{}", one.access_key_id);
    assert!(one.access_key_id.bytes().all(|byte| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte)));
    assert_eq!(one.secret_access_key.reveal().len(), 40);
    assert_eq!(one.role, role);
    assert_ne!(one.access_key_id, two.access_key_id);
    assert_ne!(one.secret_access_key, two.secret_access_key);
    assert_ne!(one.session_token, two.session_token);
}
