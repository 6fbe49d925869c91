//! The vendor role: invariant 2.

use daypass_policy::compare::{Inclusion, included};
use daypass_policy::{Comparison, PolicyDocument, Statement};
use daypass_vending::tier::Tiers;
use serde_json::{Value, json};

use crate::claim::{BROKER, CLEANUP, Claim, DEPLOYMENT, EXTERNAL_ID, HUB, add, any, forget, member, statement};

const VENDED: &str = "arn:aws:iam::444455556666:role/daypass/*";
const GONE: &str = "arn:aws:iam::444455556666:role/dp-*-????????-????-4???-????-????????????";
const TAG: &str = "aws:ResourceTag/DaypassDeployment";

/// Everything that the role changes in an account.
const CHANGES: [&str; 8] = [
    "iam:CreateRole",
    "iam:DeleteRole",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:PutRolePolicy",
    "iam:RemoveRoleFromInstanceProfile",
    "iam:TagRole",
    "iam:UpdateAssumeRolePolicy",
];

/// Everything that the role reads.
const READS: [&str; 9] = [
    "iam:GetAccountSummary",
    "iam:GetPolicy",
    "iam:GetPolicyVersion",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:ListInstanceProfilesForRole",
    "iam:ListRolePolicies",
    "iam:ListRoles",
];

fn vendor(says: &'static str, forbidden: Vec<Statement>) -> Claim {
    Claim { says, document: member("vendor"), forbidden }
}

fn tiers() -> Vec<String> {
    Tiers::shipped().unwrap().iter().map(|tier| tier.name.to_string()).collect()
}

fn path_of(tier: &str) -> String {
    format!("arn:aws:iam::444455556666:role/daypass/{tier}/*")
}

fn boundary_of(tier: &str) -> String {
    format!("arn:aws:iam::444455556666:policy/daypass/boundary/{tier}")
}

fn allow(action: &str, resource: &str) -> Value {
    json!({"Sid": "Loose", "Effect": "Allow", "Action": action, "Resource": resource})
}

#[test]
fn it_makes_roles_under_the_paths_of_tiers_only() {
    let elsewhere = any().actions(["iam:CreateRole"]).not_resources(tiers().iter().map(|tier| path_of(tier)));
    vendor("a role outside our path", vec![elsewhere]).holds_until(&[
        ("a tier's statement for all roles", |document| {
            statement(document, "MakeDeveloperRoles")["Resource"] = json!("arn:aws:iam::444455556666:role/*");
        }),
        ("a wildcard one letter too early", |document| {
            statement(document, "MakeDeveloperRoles")["Resource"] =
                json!("arn:aws:iam::444455556666:role/daypass*/developer/*");
        }),
        ("another account", |document| {
            statement(document, "MakeDeveloperRoles")["Resource"] = json!("arn:aws:iam::*:role/daypass/developer/*");
        }),
        ("`iam:Create*` beside it", |document| add(document, allow("iam:Create*", "*"))),
    ]);
}

#[test]
fn it_makes_a_tiers_roles_with_that_tiers_boundary_only() {
    let without = tiers().into_iter().map(|tier| {
        let request = any().actions(["iam:CreateRole"]).resources([path_of(&tier)]);
        request.condition(Comparison::StringNotEquals, "iam:PermissionsBoundary", [boundary_of(&tier)])
    });
    vendor("a role without its boundary", without.collect()).holds_until(&[
        ("without the condition", |document| {
            forget(document, "MakeReadOnlyRoles", "StringEquals", "iam:PermissionsBoundary");
        }),
        ("with a boundary of any tier", |document| {
            forget(document, "MakeReadOnlyRoles", "StringEquals", "iam:PermissionsBoundary");
            statement(document, "MakeReadOnlyRoles")["Condition"]["StringLike"] =
                json!({"iam:PermissionsBoundary": "arn:aws:iam::444455556666:policy/daypass/boundary/*"});
        }),
        ("only if there is one", |document| {
            forget(document, "MakeReadOnlyRoles", "StringEquals", "iam:PermissionsBoundary");
            statement(document, "MakeReadOnlyRoles")["Condition"]["StringEqualsIfExists"] =
                json!({"iam:PermissionsBoundary": "arn:aws:iam::444455556666:policy/daypass/boundary/read-only"});
        }),
        ("for the paths of all tiers", |document| {
            statement(document, "MakeAdminRoles")["Resource"] = json!(VENDED);
        }),
    ]);
}

#[test]
fn it_makes_roles_of_its_deployment_only() {
    let foreign = any().actions(["iam:CreateRole", "iam:TagRole"]).resources(["*"]);
    let foreign = foreign.condition(Comparison::StringNotEquals, "aws:RequestTag/DaypassDeployment", [DEPLOYMENT]);
    vendor("a role of another deployment", vec![foreign]).holds_until(&[
        ("without the condition", |document| {
            forget(document, "MakeAdminRoles", "StringEquals", "aws:RequestTag/DaypassDeployment");
        }),
        ("tags for whatever", |document| {
            forget(document, "TagNewRoles", "StringEquals", "aws:RequestTag/DaypassDeployment");
        }),
    ]);
}

#[test]
fn it_never_touches_a_boundary() {
    let on_roles = any().actions(["iam:*PermissionsBoundary"]).resources(["*"]);
    let on_policies = any()
        .not_actions(["iam:GetPolicy", "iam:GetPolicyVersion", "iam:GetAccountSummary", "iam:ListRoles"])
        .resources(["arn:aws:iam::444455556666:policy/*"]);
    vendor("a boundary removed, replaced or rewritten", vec![on_roles, on_policies]).holds_until(&[
        ("taking boundaries off", |document| add(document, allow("iam:DeleteRolePermissionsBoundary", VENDED))),
        ("putting boundaries on", |document| add(document, allow("iam:Put*", VENDED))),
        ("new versions of policies", |document| {
            statement(document, "ReadBoundaries")["Action"] = json!(["iam:GetPolicy", "iam:*PolicyVersion"]);
        }),
    ]);
}

#[test]
fn it_does_what_is_listed_and_nothing_else() {
    let others = any().not_actions(CHANGES.into_iter().chain(READS)).resources(["*"]);
    vendor("attachments, users, keys, groups, providers, other services", vec![others]).holds_until(&[
        ("attaching managed policies", |document| add(document, allow("iam:AttachRolePolicy", VENDED))),
        ("users", |document| add(document, allow("iam:CreateUser", "*"))),
        ("keys", |document| add(document, allow("iam:*AccessKey", "*"))),
        ("passing roles", |document| add(document, allow("iam:PassRole", VENDED))),
        ("becoming roles", |document| add(document, allow("sts:AssumeRole", VENDED))),
        ("another service", |document| add(document, allow("s3:GetObject", "*"))),
        ("all of IAM", |document| statement(document, "Count")["Action"] = json!("iam:*")),
        ("policies of roles by wildcard", |document| {
            statement(document, "ChangeVendedRoles")["Action"] = json!(["iam:DeleteRole", "iam:*RolePolicy"]);
        }),
    ]);
}

#[test]
fn it_changes_roles_under_our_path_only() {
    let is_of_roles = |action: &&str| *action != "iam:RemoveRoleFromInstanceProfile" && *action != "iam:PutRolePolicy";
    let changes = any().actions(CHANGES.into_iter().filter(is_of_roles)).not_resources([VENDED]);
    let rights = any().actions(["iam:PutRolePolicy"]);
    let forbidden = vec![
        changes,
        // Where IAM knows no path because there is no role: never a role that says whose it is.
        rights.clone().not_resources([VENDED, GONE]),
        rights.not_resources([VENDED]).condition(Comparison::Null, TAG, ["false"]),
    ];
    vendor("a role outside our path changed", forbidden).holds_until(&[
        ("all roles", |document| {
            statement(document, "ChangeVendedRoles")["Resource"] = json!("arn:aws:iam::444455556666:role/*");
        }),
        ("roles that are gone, tagged or not", |document| {
            forget(document, "HearThatARoleIsGone", "Null", TAG);
        }),
        ("whatever has no tag", |document| {
            statement(document, "HearThatARoleIsGone")["Resource"] = json!("arn:aws:iam::444455556666:role/dp-*");
        }),
        ("one more question about what is gone", |document| {
            statement(document, "HearThatARoleIsGone")["Action"] = json!(["iam:GetRole", "iam:*RolePolicy"]);
        }),
    ]);
}

#[test]
fn it_never_changes_itself() {
    let own = ["role/daypass-vendor", "role/security/daypass-vendor", "role/daypass-gate", "role/daypass-prod-broker"];
    let own = own.map(|role| format!("arn:aws:iam::444455556666:{role}"));
    let forbidden = any().not_actions(["iam:GetAccountSummary", "iam:ListRoles"]).resources(own);
    vendor("the vendor role changed by itself", vec![forbidden]).holds_until(&[
        ("everything that begins with `daypass`", |document| {
            statement(document, "ChangeVendedRoles")["Resource"] = json!("arn:aws:iam::444455556666:role/daypass*");
        }),
        ("in any path", |document| {
            statement(document, "LookAtVendedRoles")["Resource"] = json!("arn:aws:iam::444455556666:role/*");
        }),
    ]);
}

#[test]
fn it_never_changes_roles_of_another_deployment() {
    let changes = CHANGES.into_iter().filter(|action| *action != "iam:RemoveRoleFromInstanceProfile");
    let foreign = any()
        .actions(changes.filter(|action| *action != "iam:CreateRole"))
        .resources(["*"])
        .condition(Comparison::StringNotEquals, TAG, [DEPLOYMENT])
        .condition(Comparison::Null, TAG, ["false"]);
    vendor("another deployment's role changed", vec![foreign]).holds_until(&[
        ("changes", |document| forget(document, "ChangeVendedRoles", "StringEqualsIfExists", TAG)),
        ("tags", |document| forget(document, "TagNewRoles", "StringEqualsIfExists", TAG)),
    ]);
}

#[test]
fn only_the_hubs_two_roles_enter_and_only_with_external_id_and_tag() {
    let everything = ["sts:AssumeRole", "sts:TagSession"];
    let ceiling =
        PolicyDocument::from_statements(vec![any().principal_aws([BROKER, CLEANUP]).actions(everything).condition(
            Comparison::StringEquals,
            "aws:RequestTag/DaypassDeployment",
            [DEPLOYMENT],
        )]);
    assert_eq!(included(&member("vendor-trust"), &ceiling), Inclusion::Included);
    let widened = member("vendor-trust").to_json().replace(BROKER, &format!("arn:aws:iam::{HUB}:root"));
    let widened = PolicyDocument::parse(&widened).unwrap();
    assert!(matches!(included(&widened, &ceiling), Inclusion::Witness(_)));

    let enter = || any().principal_everyone().actions(["sts:AssumeRole"]);
    let without = enter().condition(Comparison::StringNotEquals, "sts:ExternalId", [EXTERNAL_ID]);
    let foreign = any().principal_everyone().actions(everything).condition(
        Comparison::StringNotEquals,
        "aws:RequestTag/DaypassDeployment",
        [DEPLOYMENT],
    );
    Claim { says: "entering as somebody else", document: member("vendor-trust"), forbidden: vec![without, foreign] }
        .holds_until(&[
            ("without external id", |document| {
                forget(document, "EnterForThisDeployment", "StringEquals", "sts:ExternalId");
            }),
            ("for any deployment", |document| {
                forget(document, "EnterForThisDeployment", "StringEquals", "aws:RequestTag/DaypassDeployment");
            }),
            ("with any tag", |document| {
                forget(document, "SayForWhichDeployment", "StringEquals", "aws:RequestTag/DaypassDeployment");
            }),
        ]);
}
