//! IAM's error codes and the order of deletion.

use std::collections::BTreeMap;

use daypass_embedded::aws::{AwsOptions, Broker, NewRole};
use daypass_vending::ids::RoleName;
use daypass_vending::plan::{Change, SESSION_POLICY};
use daypass_vending::ports::Cloud;
use serde_json::json;

use crate::world::{BROKER, PATH, World, allow, code, new_role, trust};

const BOUNDARY: &str = "arn:aws:iam::111122223333:policy/daypass/boundary/read-only";
const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html#API_CreateRole_Errors>
#[tokio::test]
async fn create_role_answers_with_the_codes_of_the_api_reference() {
    let world = World::new();
    let boundary = allow("*", "*").to_string();
    world.aws.put_managed_policy(&world.account, BOUNDARY, &boundary).await.unwrap();
    let tagged = |key: &str| BTreeMap::from([(key.to_owned(), "x".to_owned())]);
    let cases = [
        (new_role("dp-acme"), "ok"),
        (new_role("dp-acme"), "EntityAlreadyExists"),
        (new_role("DP-Acme"), "EntityAlreadyExists"),
        (NewRole { boundary_arn: Some(BOUNDARY.to_owned()), ..new_role("bounded") }, "ok"),
        (NewRole { boundary_arn: Some(format!("{BOUNDARY}-not")), ..new_role("unbounded") }, "NoSuchEntity"),
        (new_role(&"r".repeat(65)), "ValidationError"),
        (NewRole { path: "/nowhere".to_owned(), ..new_role("r") }, "ValidationError"),
        (NewRole { tags: tagged("what?"), ..new_role("r") }, "ValidationError"),
        (NewRole { tags: tagged("aws:owner"), ..new_role("r") }, "InvalidInput"),
        (NewRole { trust: "{}".to_owned(), ..new_role("r") }, "MalformedPolicyDocument"),
        (NewRole { trust: allow("*", "*").to_string(), ..new_role("r") }, "MalformedPolicyDocument"),
        (
            NewRole {
                trust: trust(json!({"StringEquals": {"sts:ExternalId": "x".repeat(2_048)}})).to_string(),
                ..new_role("r")
            },
            "LimitExceeded",
        ),
    ];
    for (role, expected) in cases {
        let name = role.name.clone();
        assert_eq!(code(world.aws.create_role(&world.account, role).await), expected, "{name}");
    }
    assert_eq!(world.aws.role_quota(&world.account).await.unwrap().used, 2, "what was refused left nothing behind");
}

/// The port's change: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html> tells all of it afterwards.
#[tokio::test]
async fn a_role_is_read_as_it_was_made() {
    let world = World::new();
    world.aws.put_managed_policy(&world.account, BOUNDARY, &allow("*", "*").to_string()).await.unwrap();
    let role = RoleName::found("dp-Acme-1");
    let trust = trust(json!({})).to_string();
    let tags = BTreeMap::from([("DaypassProject".to_owned(), "acme".to_owned())]);
    let create = Change::CreateRole {
        role: role.clone(),
        path: PATH.to_owned(),
        boundary_arn: BOUNDARY.to_owned(),
        tags: tags.clone(),
        trust: trust.clone(),
    };
    let document = allow("s3:*", "*").to_string();
    world.aws.apply(&world.account, &create).await.unwrap();
    let put = Change::PutPermissions { role: role.clone(), document: document.clone() };
    world.aws.apply(&world.account, &put).await.unwrap();
    world.aws.attach_role_policy(&world.account, &role, ADMINISTRATOR).await.unwrap();
    world.aws.create_instance_profile(&world.account, "Profile", &role).await.unwrap();

    let found = world.aws.role(&world.account, &RoleName::found("dp-acme-1")).await.unwrap().unwrap();
    assert_eq!(found.name, role);
    assert_eq!(found.path, PATH);
    assert_eq!(found.created_at, world.in_seconds(0));
    assert_eq!(found.boundary_arn.as_deref(), Some(BOUNDARY));
    assert_eq!((found.trust, found.tags), (trust, tags));
    assert_eq!(found.inline_policies, BTreeMap::from([(SESSION_POLICY.to_owned(), document)]));
    assert_eq!(found.attached_policies, [ADMINISTRATOR]);
    assert_eq!(found.instance_profiles, ["Profile"]);
    let elsewhere = "444455556666".parse().unwrap();
    assert_eq!(world.aws.role(&elsewhere, &role).await.unwrap(), None, "accounts do not share");
    assert_eq!(code(world.aws.apply(&world.account, &create).await), "EntityAlreadyExists");
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html>: each of the three hinders alone.
#[tokio::test]
async fn a_role_is_deleted_only_once_it_is_bare() {
    let world = World::new();
    let (aws, account) = (&world.aws, &world.account);
    let role = RoleName::found("dp-acme");
    let delete = || async { code(aws.delete_role(account, &role).await) };
    aws.create_role(account, new_role("dp-acme")).await.unwrap();

    aws.create_instance_profile(account, "profile", &role).await.unwrap();
    assert_eq!(delete().await, "DeleteConflict");
    aws.remove_from_instance_profile(account, &role, "Profile").await.unwrap();
    aws.attach_role_policy(account, &role, ADMINISTRATOR).await.unwrap();
    assert_eq!(delete().await, "DeleteConflict");
    aws.detach_role_policy(account, &role, ADMINISTRATOR).await.unwrap();
    aws.put_role_policy(account, &role, "permissions", &allow("*", "*").to_string()).await.unwrap();
    assert_eq!(delete().await, "DeleteConflict");
    assert!(aws.role(account, &role).await.unwrap().is_some());
    aws.delete_role_policy(account, &role, "permissions").await.unwrap();
    assert_eq!(delete().await, "ok");
    assert_eq!(aws.role(account, &role).await.unwrap(), None);
}

/// The port's contract; IAM itself says `NoSuchEntity`.
#[tokio::test]
async fn deleting_what_is_not_there_succeeds_and_changing_it_does_not() {
    let world = World::new();
    let (aws, account, gone) = (&world.aws, &world.account, RoleName::found("gone"));
    aws.delete_role(account, &gone).await.unwrap();
    aws.delete_role_policy(account, &gone, "p").await.unwrap();
    aws.detach_role_policy(account, &gone, ADMINISTRATOR).await.unwrap();
    aws.remove_from_instance_profile(account, &gone, "p").await.unwrap();
    let document = allow("*", "*").to_string();
    assert_eq!(code(aws.put_role_policy(account, &gone, "p", &document).await), "NoSuchEntity");
    assert_eq!(code(aws.put_trust_policy(account, &gone, &trust(json!({})).to_string()).await), "NoSuchEntity");
    assert_eq!(code(aws.attach_role_policy(account, &gone, ADMINISTRATOR).await), "NoSuchEntity");
    assert_eq!(code(aws.create_instance_profile(account, "p", &gone).await), "NoSuchEntity");
    assert_eq!(code(aws.delete_role_boundary(account, &gone).await), "NoSuchEntity");
    assert_eq!(code(aws.delete_managed_policy(account, BOUNDARY).await), "NoSuchEntity");
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html#API_PutRolePolicy_Errors>,
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length>
#[tokio::test]
async fn policies_of_a_role_answer_with_the_codes_of_the_api_reference() {
    let world = World::new();
    let (aws, account) = (&world.aws, &world.account);
    let role = world.role("dp-acme", &allow("*", "*")).await;
    let large = allow("*", &"r".repeat(9_000)).to_string();
    for (name, document, expected) in [
        ("large", large.as_str(), "ok"),
        ("more", &allow("*", &"r".repeat(1_200)).to_string(), "LimitExceeded"),
        ("permissions", "{", "MalformedPolicyDocument"),
        ("permissions", &trust(json!({})).to_string(), "MalformedPolicyDocument"),
        ("with space", &allow("*", "*").to_string(), "ValidationError"),
        ("large", &allow("s3:*", "*").to_string(), "ok"),
    ] {
        assert_eq!(code(aws.put_role_policy(account, &role, name, document).await), expected, "{name}");
    }
    let found = aws.role(account, &role).await.unwrap().unwrap();
    assert_eq!(found.inline_policies.keys().collect::<Vec<_>>(), ["large", "permissions"]);
    assert_eq!(found.inline_policies["large"], allow("s3:*", "*").to_string());

    assert_eq!(code(aws.put_trust_policy(account, &role, "{").await), "MalformedPolicyDocument");
    assert_eq!(code(aws.attach_role_policy(account, &role, BOUNDARY).await), "NoSuchEntity");
    assert_eq!(code(aws.set_max_session_duration(account, &role, 3_599).await), "ValidationError");
    assert_eq!(code(aws.set_max_session_duration(account, &role, 43_201).await), "ValidationError");
    assert_eq!(code(aws.tag_role(account, &role, "aws:x", Some("y")).await), "InvalidInput");
    for number in 0..10 {
        let arn = format!("arn:aws:iam::111122223333:policy/p{number}");
        aws.put_managed_policy(account, &arn, &allow("*", "*").to_string()).await.unwrap();
        aws.attach_role_policy(account, &role, &arn).await.unwrap();
    }
    assert_eq!(code(aws.attach_role_policy(account, &role, ADMINISTRATOR).await), "LimitExceeded");
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html#API_CreatePolicy_Errors>,
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html>
#[tokio::test]
async fn managed_policies_are_checked_and_stay_while_they_are_used() {
    let world = World::new();
    let (aws, account) = (&world.aws, &world.account);
    let document = allow("*", "*").to_string();
    let elsewhere = "arn:aws:iam::444455556666:policy/p";
    assert_eq!(code(aws.put_managed_policy(account, elsewhere, &document).await), "InvalidInput");
    assert_eq!(code(aws.put_managed_policy(account, BOUNDARY, "[]").await), "MalformedPolicyDocument");
    let large = allow("*", &"r".repeat(6_144)).to_string();
    assert_eq!(code(aws.put_managed_policy(account, BOUNDARY, &large).await), "LimitExceeded");
    assert_eq!(aws.managed_policy(account, BOUNDARY).await.unwrap(), None);

    aws.put_managed_policy(account, BOUNDARY, &document).await.unwrap();
    assert_eq!(aws.managed_policy(account, BOUNDARY).await.unwrap(), Some(document));
    let role = NewRole { boundary_arn: Some(BOUNDARY.to_owned()), ..new_role("bounded") };
    aws.create_role(account, role).await.unwrap();
    let role = RoleName::found("bounded");
    assert_eq!(code(aws.delete_managed_policy(account, BOUNDARY).await), "DeleteConflict");
    aws.delete_role_boundary(account, &role).await.unwrap();
    aws.attach_role_policy(account, &role, BOUNDARY).await.unwrap();
    assert_eq!(code(aws.delete_managed_policy(account, BOUNDARY).await), "DeleteConflict");
    aws.detach_role_policy(account, &role, BOUNDARY).await.unwrap();
    assert_eq!(code(aws.delete_managed_policy(account, BOUNDARY).await), "ok");
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>: 1,000 roles unless raised;
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html> tells.
#[tokio::test]
async fn the_role_quota_is_per_account_and_gives_back_what_is_deleted() {
    assert_eq!(AwsOptions::new(Broker::new(BROKER).unwrap()).role_quota, 1_000);
    let world = World::with(AwsOptions { role_quota: 2, ..AwsOptions::new(Broker::new(BROKER).unwrap()) });
    let (aws, account) = (&world.aws, &world.account);
    let create = |name| aws.create_role(account, new_role(name));
    create("one").await.unwrap();
    create("two").await.unwrap();
    assert_eq!(code(create("three").await), "LimitExceeded");
    let quota = aws.role_quota(account).await.unwrap();
    assert_eq!((quota.used, quota.limit), (2, 2));
    let other = "444455556666".parse().unwrap();
    aws.create_role(&other, new_role("three")).await.unwrap();
    aws.delete_role(account, &RoleName::found("one")).await.unwrap();
    create("three").await.unwrap();
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html>: a path prefix, 100 at a time.
#[tokio::test]
async fn roles_are_listed_by_path_in_pages_without_losing_or_repeating_one() {
    let world = World::new();
    let (aws, account) = (&world.aws, &world.account);
    for number in 0..205 {
        aws.create_role(account, new_role(&format!("dp-{number:03}"))).await.unwrap();
    }
    aws.create_role(account, NewRole { path: "/".to_owned(), ..new_role("other") }).await.unwrap();
    aws.create_role(account, NewRole { path: "/day%/".to_owned(), ..new_role("wild") }).await.unwrap();
    let (mut names, mut sizes, mut page) = (Vec::new(), Vec::new(), None);
    loop {
        let found = aws.roles(account, "/daypass/", page).await.unwrap();
        sizes.push(found.roles.len());
        names.extend(found.roles.into_iter().map(|role| role.name.to_string()));
        // A role that goes between two pages shifts nothing.
        aws.delete_role(account, &RoleName::found("dp-000")).await.unwrap();
        page = found.next;
        if page.is_none() {
            break;
        }
    }
    assert_eq!(sizes, [100, 100, 5]);
    assert_eq!(names, (0..205).map(|number| format!("dp-{number:03}")).collect::<Vec<_>>());
    assert_eq!(aws.roles(account, "/", None).await.unwrap().roles.len(), 100);
    assert_eq!(aws.roles(account, "/day%", None).await.unwrap().roles.len(), 1, "a prefix is no pattern");
}
