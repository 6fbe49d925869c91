//! The data plane: what credentials are good for, and until when.

use daypass_embedded::aws::{CallOutcome, CredentialFault, SignedWith};
use daypass_policy::Context;
use daypass_vending::ports::{Cloud, Liveness};
use daypass_vending::secret::Secret;
use serde_json::{Value, json};

use crate::world::{PATH, World, address, allow, call, code, deny_all, new_role, trust, trust_in};

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>
#[tokio::test]
async fn a_call_is_allowed_by_a_statement_or_refused_with_the_reason() {
    let world = World::new();
    let role = world.role("dp-acme", &allow("s3:GetObject", "arn:aws:s3:::acme-*")).await;
    let carla = world.assume(&role).await.unwrap();
    let outcome = world.call(&carla, "s3:GetObject", "arn:aws:s3:::acme-data/x").await;
    assert!(outcome.is_allowed(), "{outcome}");
    let outcome = world.call(&carla, "s3:PutObject", "arn:aws:s3:::acme-data/x").await;
    assert_eq!(outcome.code(), Some("AccessDenied"));
    assert!(outcome.to_string().contains("no statement of the identity policies allows s3:PutObject"), "{outcome}");
    // Nothing in another account without its consent.
    let role = world.role("dp-all", &allow("*", "*")).await;
    let carla = world.assume(&role).await.unwrap();
    let there = "arn:aws:sqs:eu-central-1:444455556666:queue";
    assert_eq!(world.call(&carla, "sqs:SendMessage", there).await.code(), Some("AccessDenied"));
    let here = "arn:aws:kms:eu-central-1:111122223333:key/0a1b";
    assert!(world.call(&carla, "kms:Decrypt", here).await.is_allowed(), "a key's default policy leaves it to IAM");
}

/// The codes of <https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html> and of
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>
#[tokio::test]
async fn each_of_the_three_parts_must_be_the_one_that_was_issued() {
    let world = World::new();
    let role = world.role("dp-acme", &allow("*", "*")).await;
    let (one, two) = (world.assume(&role).await.unwrap(), world.assume(&role).await.unwrap());
    let good = SignedWith::from(&one);
    let other = Secret::new("x".repeat(40));
    for (signed, expected) in [
        (good.clone(), None),
        (SignedWith { access_key_id: two.access_key_id.clone(), ..good.clone() }, Some("InvalidClientTokenId")),
        (SignedWith { access_key_id: "ASIAUNKNOWN".to_owned(), ..good.clone() }, Some("InvalidClientTokenId")),
        (SignedWith { secret_access_key: other, ..good.clone() }, Some("SignatureDoesNotMatch")),
        (
            SignedWith { secret_access_key: two.secret_access_key.clone(), ..good.clone() },
            Some("SignatureDoesNotMatch"),
        ),
        (SignedWith { session_token: two.session_token.clone(), ..good.clone() }, Some("InvalidClientTokenId")),
        (SignedWith { session_token: Secret::new(String::new()), ..good }, Some("InvalidClientTokenId")),
    ] {
        let outcome = world.aws.call(signed.clone(), call("s3:GetObject", "arn:aws:s3:::b/k")).await.unwrap();
        assert_eq!(outcome.code(), expected, "{signed:?}");
    }
    let shown = format!("{:?}", SignedWith::from(&one));
    assert!(!shown.contains(one.secret_access_key.reveal()) && !shown.contains(one.session_token.reveal()), "{shown}");
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp.html>: once expired, they cannot be used again.
#[tokio::test]
async fn credentials_end_when_they_said() {
    let world = World::new();
    let role = world.role("dp-acme", &allow("*", "*")).await;
    let carla = world.assume_for(&role, 900).await.unwrap();
    world.pass(899);
    assert_eq!(world.read_object(&carla).await, "ok");
    assert_eq!(world.aws.probe(&carla).await.unwrap(), Liveness::Alive);
    world.pass(1);
    assert_eq!(world.read_object(&carla).await, "ExpiredToken");
    assert_eq!(world.aws.probe(&carla).await.unwrap(), Liveness::Dead);
    world.pass(48 * 3_600);
    world.assume(&role).await.unwrap();
    assert_eq!(world.read_object(&carla).await, "InvalidClientTokenId", "forgotten, and still of no use");
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html>: policies act at once on
/// credentials that were issued before.
#[tokio::test]
async fn credentials_die_with_a_deny_and_live_again_without() {
    let world = World::new();
    let role = world.role("dp-acme", &allow("*", "*")).await;
    let carla = world.assume(&role).await.unwrap();
    world.aws.put_role_policy(&world.account, &role, "kill", &deny_all().to_string()).await.unwrap();
    let outcome = world.call(&carla, "s3:GetObject", "arn:aws:s3:::b/k").await;
    assert_eq!(outcome.code(), Some("AccessDenied"));
    assert!(outcome.to_string().contains("denied by statement `Stop`"), "{outcome}");
    assert_eq!(world.aws.probe(&carla).await.unwrap(), Liveness::Dead);
    world.aws.delete_role_policy(&world.account, &role, "kill").await.unwrap();
    assert_eq!(world.read_object(&carla).await, "ok");
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>: a role made again
/// under the same name is another one.
#[tokio::test]
async fn credentials_die_with_their_role_and_a_namesake_does_not_revive_them() {
    let world = World::new();
    let role = world.role("dp-acme", &allow("*", "*")).await;
    let carla = world.assume(&role).await.unwrap();
    world.aws.delete_role_policy(&world.account, &role, "permissions").await.unwrap();
    world.aws.delete_role(&world.account, &role).await.unwrap();
    assert_eq!(world.read_object(&carla).await, "InvalidClientTokenId");
    let role = world.role("dp-acme", &allow("*", "*")).await;
    let outcome = world.call(&carla, "s3:GetObject", "arn:aws:s3:::b/k").await;
    assert_eq!(outcome, CallOutcome::Rejected(CredentialFault::Unknown));
    assert_eq!(world.read_object(&world.assume(&role).await.unwrap()).await, "ok");
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
#[tokio::test]
async fn a_boundary_caps_a_policy_that_allows_everything() {
    let world = World::new();
    let (aws, account) = (&world.aws, &world.account);
    let arn = "arn:aws:iam::111122223333:policy/boundary";
    aws.put_managed_policy(account, arn, &allow("s3:Get*", "*").to_string()).await.unwrap();
    let mut bounded = new_role("dp-acme");
    bounded.boundary_arn = Some(arn.to_owned());
    let role = bounded.name.clone();
    aws.create_role(account, bounded).await.unwrap();
    let carla = world.assume(&role).await.unwrap();
    assert_eq!(world.read_object(&carla).await, "AccessDenied", "a boundary grants nothing");
    aws.attach_role_policy(account, &role, "arn:aws:iam::aws:policy/AdministratorAccess").await.unwrap();
    assert_eq!(world.read_object(&carla).await, "ok");
    let outcome = world.call(&carla, "s3:PutObject", "arn:aws:s3:::b/k").await;
    assert!(outcome.to_string().contains("no statement of the boundary allows s3:PutObject"), "{outcome}");
    aws.delete_role_boundary(account, &role).await.unwrap();
    assert!(world.call(&carla, "s3:PutObject", "arn:aws:s3:::b/k").await.is_allowed());
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>: a boundary shared by all roles
/// tells them apart by their tags.
#[tokio::test]
async fn a_boundary_can_speak_of_the_roles_tags() {
    let world = World::new();
    let (aws, account) = (&world.aws, &world.account);
    let arn = "arn:aws:iam::111122223333:policy/boundary";
    let document = allow("*", "arn:aws:s3:::${aws:PrincipalTag/DaypassProject}-*").to_string();
    aws.put_managed_policy(account, arn, &document).await.unwrap();
    let mut tagged = new_role("dp-acme");
    tagged.boundary_arn = Some(arn.to_owned());
    tagged.tags.insert("DaypassProject".to_owned(), "acme".to_owned());
    let role = tagged.name.clone();
    aws.create_role(account, tagged).await.unwrap();
    aws.plant_role_policy(account, &role, "all", &allow("*", "*").to_string()).await.unwrap();
    let carla = world.assume(&role).await.unwrap();
    let get = |bucket: &'static str| world.call(&carla, "s3:GetObject", bucket);
    assert!(get("arn:aws:s3:::acme-data/x").await.is_allowed());
    assert!(!get("arn:aws:s3:::other-data/x").await.is_allowed());
    aws.tag_role(account, &role, "daypassPROJECT", Some("other")).await.unwrap();
    assert!(get("arn:aws:s3:::other-data/x").await.is_allowed());
    aws.tag_role(account, &role, "DaypassProject", None).await.unwrap();
    assert!(!get("arn:aws:s3:::acme-data/x").await.is_allowed(), "a variable without a value matches nothing");
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
#[tokio::test]
async fn a_call_carries_the_keys_that_aws_would_add() {
    let world = World::new();
    let role = world.role("dp-acme", &allow("*", "*")).await;
    world.aws.tag_role(&world.account, &role, "Team", Some("red")).await.unwrap();
    let unique_id = world.aws.role_unique_id(&world.account, &role).await.unwrap().unwrap();
    let carla = world.assume(&role).await.unwrap();
    world.pass(60);
    for (condition, expected) in [
        (json!({"StringEquals": {"aws:PrincipalTag/team": "red"}}), true),
        (json!({"ArnEquals": {"aws:PrincipalArn": format!("arn:aws:iam::111122223333:role{PATH}dp-acme")}}), true),
        (json!({"StringEquals": {"aws:PrincipalAccount": "111122223333", "aws:PrincipalType": "AssumedRole"}}), true),
        (json!({"StringEquals": {"aws:userid": format!("{unique_id}:carla")}}), true),
        (json!({"StringEquals": {"aws:SourceIdentity": "carla"}}), true),
        (json!({"DateEquals": {"aws:TokenIssueTime": "2026-11-21T12:00:00Z"}}), true),
        (json!({"DateEquals": {"aws:CurrentTime": "2026-11-21T12:01:00Z"}}), true),
        (json!({"NumericEquals": {"aws:EpochTime": "1795262460"}}), true),
        (json!({"IpAddress": {"aws:SourceIp": "192.0.2.10"}}), true),
        (json!({"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}), false),
        (json!({"Bool": {"aws:SecureTransport": "true", "aws:ViaAWSService": "false"}}), true),
        (json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}), false),
        (json!({"StringEquals": {"aws:RequestedRegion": "eu-central-1", "aws:ResourceAccount": "111122223333"}}), true),
        (json!({"Null": {"aws:FederatedProvider": "true", "aws:username": "true"}}), true),
    ] {
        let policy = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
        ]})
        .to_string();
        world.aws.put_role_policy(&world.account, &role, "permissions", &policy).await.unwrap();
        let outcome = world.call(&carla, "sqs:SendMessage", "arn:aws:sqs:eu-central-1:111122223333:queue").await;
        assert_eq!(outcome.is_allowed(), expected, "{condition}: {outcome}");
    }
}

#[tokio::test]
async fn a_caller_can_say_how_a_call_travels_and_never_who_makes_it() {
    let world = World::new();
    let policy = |condition: Value| {
        json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
        ]})
    };
    let via = world.role("via", &policy(json!({"Bool": {"aws:ViaAWSService": "true"}}))).await;
    let admin = world.role("admin", &policy(json!({"StringEquals": {"aws:PrincipalTag/Team": "admins"}}))).await;
    let with = |context| {
        let mut call = call("s3:GetObject", "arn:aws:s3:::b/k");
        call.context = context;
        call
    };
    let carla = world.assume(&via).await.unwrap();
    assert!(world.make(&carla, with(Context::new().with("aws:ViaAWSService", "true"))).await.is_allowed());
    let carla = world.assume(&admin).await.unwrap();
    let forged = Context::new().with("aws:PrincipalTag/Team", "admins").with("aws:principaltag/team", "admins");
    assert!(!world.make(&carla, with(forged)).await.is_allowed());
}

/// Conditions and expiry at another time; the policies are today's.
#[tokio::test]
async fn a_call_can_be_tried_at_another_time_and_from_another_address() {
    let world = World::new();
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Sid": "End", "Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": {"DateGreaterThanEquals": {"aws:CurrentTime": "2026-11-21T12:30:00Z"}}},
        {"Sid": "Networks", "Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}
    ]});
    let role = world.role("dp-acme", &policy).await;
    let carla = world.assume(&role).await.unwrap();
    let try_at = async |at: &str, ip: &str| {
        let mut call = call("s3:GetObject", "arn:aws:s3:::b/k");
        call.at = Some(at.parse().unwrap());
        call.source_ip = address(ip);
        world.make(&carla, call).await.to_string()
    };
    assert!(try_at("2026-11-21T12:29:59Z", "192.0.2.10").await.starts_with("allowed"));
    assert!(try_at("2026-11-21T12:30:00Z", "192.0.2.10").await.contains("`End`"));
    assert!(try_at("2026-11-21T12:29:59Z", "198.51.100.1").await.contains("`Networks`"));
    assert!(try_at("2026-11-21T13:00:00Z", "192.0.2.10").await.starts_with("ExpiredToken"));
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>: a role
/// is the one resource whose own policy must let the caller in.
#[tokio::test]
async fn another_role_lets_in_only_whom_it_trusts() {
    let world = World::new();
    let role = world.role("dp-acme", &allow("*", "*")).await;
    let carla = world.assume(&role).await.unwrap();
    let other = format!("arn:aws:iam::111122223333:role{PATH}other");
    let assume = || async { world.call(&carla, "sts:AssumeRole", &other).await.is_allowed() };
    assert!(!assume().await, "a role that is not there trusts nobody");
    world.aws.create_role(&world.account, new_role("other")).await.unwrap();
    assert!(!assume().await);
    let name = daypass_vending::ids::RoleName::found("other");
    let open = trust_in("111122223333", json!("sts:AssumeRole"), json!({})).to_string();
    world.aws.plant_trust_policy(&world.account, &name, &open).await.unwrap();
    assert!(assume().await);
    let planted = world.aws.plant_trust_policy(&world.account, &name, &allow("*", "*").to_string()).await;
    assert_eq!(code(planted), "MalformedPolicyDocument");
    assert_ne!(open, trust(json!({})).to_string());
}
