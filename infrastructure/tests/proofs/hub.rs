//! The hub's roles: nothing but the deployment's own, and nothing of another's.

use daypass_policy::{Comparison, Operator, Statement};
use serde_json::json;

use crate::claim::{Claim, DEPLOYMENT, KEY, MEMBER, OTHER_MEMBER, SIGNING_KEY, add, any, forget, hub, statement};

const VENDED: &str = "arn:aws:iam::*:role/daypass/*";
const VENDOR: &str = "arn:aws:iam::*:role/daypass-vendor";
const TABLES: [&str; 3] = ["sessions", "audit", "records"];
const BUCKET: &str = "arn:aws:s3:::daypass-prod-111122223333-templates";

fn table(name: &str) -> String {
    format!("arn:aws:dynamodb:eu-central-1:111122223333:table/daypass-prod-{name}")
}

/// Every resource of the deployment that a role of the hub works with, each by its whole name.
fn own() -> Vec<String> {
    let tables = TABLES.iter().flat_map(|name| [table(name), format!("{}/index/*", table(name))]);
    let others = [
        KEY,
        SIGNING_KEY,
        "arn:aws:sns:eu-central-1:111122223333:daypass-prod-alerts",
        "arn:aws:events:eu-central-1:111122223333:event-bus/daypass-prod",
        VENDOR,
        VENDED,
    ];
    tables.chain(others.map(str::to_owned)).collect()
}

fn everything_else() -> Statement {
    any().actions(["*"]).not_resources(own())
}

fn on_both(says: &'static str, forbidden: &[Statement], loosenings: &[crate::claim::Loosening]) {
    for name in ["broker", "cleanup"] {
        Claim { says, document: hub(name), forbidden: forbidden.to_vec() }.holds_until(loosenings);
    }
}

#[test]
fn both_roles_touch_the_deployments_own_resources_only() {
    on_both(
        "a resource that is not the deployment's",
        &[everything_else()],
        &[
            ("all tables of all deployments", |document| {
                statement(document, "ReadRecords")["Resource"] =
                    json!("arn:aws:dynamodb:eu-central-1:111122223333:table/daypass-*");
            }),
            ("a wildcard behind the deployment's id", |document| {
                statement(document, "WriteRecords")["Resource"] =
                    json!("arn:aws:dynamodb:eu-central-1:111122223333:table/daypass-prod*");
            }),
            ("the topic in any region", |document| {
                statement(document, "Alert")["Resource"] = json!("arn:aws:sns:*:111122223333:daypass-prod-alerts");
            }),
            ("all keys", |document| statement(document, "SignTheTrail")["Resource"] = json!("*")),
            ("all buses", |document| statement(document, "TellTheBus")["Resource"] = json!("*")),
            ("all roles whose names begin so", |document| {
                statement(document, "EnterMemberAccounts")["Resource"] = json!("arn:aws:iam::*:role/daypass-*");
            }),
        ],
    );
}

#[test]
fn both_roles_make_the_calls_of_the_adapters_and_no_others() {
    let calls = [
        "dynamodb:BatchGetItem",
        "dynamodb:DeleteItem",
        "dynamodb:DescribeTable",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
        "events:PutEvents",
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey*",
        "kms:ReEncrypt*",
        "kms:Sign",
        "kms:Verify",
        "sns:Publish",
        "sts:AssumeRole",
        "sts:SetSourceIdentity",
        "sts:TagSession",
    ];
    on_both(
        "another call",
        &[any().not_actions(calls).resources(["*"])],
        &[
            ("scans", |document| add(document, json!({"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}))),
            ("grants on keys", |document| statement(document, "SessionSecrets")["Action"] = json!("kms:*")),
            ("changes of IAM", |document| {
                add(document, json!({"Effect": "Allow", "Action": "iam:CreateRole", "Resource": "*"}));
            }),
            ("another way to become somebody", |document| {
                statement(document, "EnterMemberAccounts")["Action"] = json!("sts:*");
            }),
        ],
    );
}

#[test]
fn nothing_of_the_trail_and_of_sessions_is_updated_or_deleted() {
    let kept = ["sessions", "audit"].map(table);
    let reads_and_puts =
        ["dynamodb:BatchGetItem", "dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"];
    on_both(
        "a session or an event deleted",
        &[any().not_actions(reads_and_puts).resources(kept)],
        &[("all tables alike", |document| {
            statement(document, "ChangeAlertsAndParts")["Resource"] =
                json!("arn:aws:dynamodb:eu-central-1:111122223333:table/daypass-prod-*");
        })],
    );
}

#[test]
fn both_roles_enter_the_configured_accounts_only() {
    let elsewhere = any().actions(["sts:AssumeRole"]).resources(["*"]);
    let elsewhere = elsewhere.condition(Comparison::StringNotEquals, "aws:ResourceAccount", [MEMBER, OTHER_MEMBER]);
    on_both(
        "an account that is not a member",
        &[elsewhere],
        &[("any account", |document| {
            forget(document, "EnterMemberAccounts", "StringEquals", "aws:ResourceAccount");
        })],
    );
}

#[test]
fn both_roles_enter_roles_of_their_own_deployment_only() {
    let tag = "aws:ResourceTag/DaypassDeployment";
    let foreign = any().actions(["sts:*"]).resources(["*"]);
    let foreign =
        foreign.condition(Comparison::StringNotEquals, tag, [DEPLOYMENT]).condition(Comparison::Null, tag, ["false"]);
    let misnamed = any().actions(["sts:TagSession"]).resources(["*"]);
    let misnamed = misnamed.condition(Comparison::StringNotEquals, "aws:RequestTag/DaypassDeployment", [DEPLOYMENT]);
    on_both(
        "a role of another deployment",
        &[foreign, misnamed],
        &[
            ("whatever the role's tag says", |document| {
                forget(document, "EnterMemberAccounts", "StringEqualsIfExists", "aws:ResourceTag/DaypassDeployment");
            }),
            ("in another deployment's name", |document| {
                forget(document, "SayForWhichDeployment", "StringEquals", "aws:RequestTag/DaypassDeployment");
            }),
        ],
    );
}

#[test]
fn nobody_becomes_a_vended_role_with_tags_which_would_override_the_roles_own() {
    on_both(
        "session tags on a vended role",
        &[any().actions(["sts:TagSession"]).not_resources([VENDOR])],
        &[("tags for every role", |document| {
            statement(document, "SayForWhichDeployment")["Resource"] = json!("arn:aws:iam::*:role/daypass*");
        })],
    );
}

#[test]
fn the_cleanup_function_never_becomes_a_vended_role_and_seals_nothing() {
    let forbidden = vec![
        any().actions(["sts:*"]).not_resources([VENDOR]),
        any().actions(["sts:SetSourceIdentity"]).resources(["*"]),
        any().actions(["kms:Encrypt"]).resources([KEY]).condition(Comparison::Null, "kms:ViaService", ["true"]),
    ];
    Claim { says: "the cleanup function as somebody else", document: hub("cleanup"), forbidden }.holds_until(&[
        ("vended roles", |document| statement(document, "EnterMemberAccounts")["Resource"] = json!("*")),
        ("names of persons", |document| {
            statement(document, "EnterMemberAccounts")["Action"] = json!(["sts:AssumeRole", "sts:SetSourceIdentity"]);
        }),
        ("sealing", |document| statement(document, "SessionSecrets")["Action"] = json!(["kms:Decrypt", "kms:Encrypt"])),
    ]);
}

#[test]
fn the_key_opens_nothing_that_is_not_said_to_belong_to_something() {
    let bare = any().actions(["kms:*"]).resources([KEY]).condition(Comparison::Null, "kms:ViaService", ["true"]);
    let bare = bare.condition(Comparison::Null, "kms:EncryptionContext:daypass", ["true"]);
    let forged = any().actions(["kms:Sign"]).resources(["*"]);
    let forged = forged.condition(Comparison::StringNotEquals, "kms:SigningAlgorithm", ["ECDSA_SHA_256"]);
    on_both(
        "a key used for something else",
        &[bare, forged],
        &[
            ("without context", |document| {
                forget(document, "SessionSecrets", "Null", "kms:EncryptionContext:daypass");
            }),
            ("without a service", |document| {
                forget(document, "WhatIsEncryptedAtRest", "StringEquals", "kms:ViaService");
            }),
            ("any algorithm", |document| {
                forget(document, "SignTheTrail", "StringEquals", "kms:SigningAlgorithm");
            }),
        ],
    );
}

#[test]
fn only_life_cycle_events_are_told_in_our_name() {
    let other = || any().actions(["events:*"]).resources(["*"]);
    let different = Operator::from(Comparison::StringNotEquals).for_any_value();
    let forbidden = [
        other().condition(different, "events:source", ["daypass.session"]),
        other().condition(Comparison::Null, "events:source", ["true"]),
    ];
    on_both(
        "events of another source",
        &forbidden,
        &[
            ("any source", |document| forget(document, "TellTheBus", "ForAllValues:StringEquals", "events:source")),
            ("no source", |document| forget(document, "TellTheBus", "Null", "events:source")),
            ("one of several", |document| {
                let conditions = statement(document, "TellTheBus")["Condition"].as_object_mut().unwrap();
                let condition = conditions.remove("ForAllValues:StringEquals").unwrap();
                conditions.insert("ForAnyValue:StringEquals".to_owned(), condition);
            }),
        ],
    );
}

#[test]
fn functions_reach_their_own_log_and_the_configuration_and_write_nothing_else() {
    for (name, log) in [("api-function", "daypass-prod-api"), ("cleanup-function", "daypass-prod-cleanup")] {
        let log = format!("arn:aws:logs:eu-central-1:111122223333:log-group:/aws/lambda/{log}:*");
        let calls = [
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            "s3:GetObject",
            "s3:GetObjectVersion",
            "s3:ListBucket",
            "s3:ListBucketVersions",
        ];
        let forbidden = vec![
            any().actions(["*"]).not_resources([log.as_str(), BUCKET, &format!("{BUCKET}/*")]),
            any().not_actions(calls).resources(["*"]),
        ];
        Claim { says: "what is not the function's own", document: hub(name), forbidden }.holds_until(&[
            ("any log of a function", |document| {
                statement(document, "OwnLog")["Resource"] =
                    json!("arn:aws:logs:eu-central-1:111122223333:log-group:/aws/lambda/daypass-prod-*");
            }),
            ("log groups made by itself", |document| statement(document, "OwnLog")["Action"] = json!("logs:Create*")),
            ("writing tiers", |document| {
                statement(document, "ConfigurationAndTiers")["Action"] = json!(["s3:GetObject", "s3:PutObject"]);
            }),
            ("all buckets", |document| statement(document, "FindTiers")["Resource"] = json!("*")),
        ]);
    }
}

#[test]
fn discovery_lists_accounts_and_nothing_else() {
    let lists = ["ListAccounts", "ListAccountsForParent", "ListOrganizationalUnitsForParent", "ListTagsForResource"];
    let others = any().not_actions(lists.map(|list| format!("organizations:{list}"))).resources(["*"]);
    Claim { says: "more of the organisation", document: hub("discovery"), forbidden: vec![others] }
        .holds_until(&[("everything that can be listed", |document| {
            statement(document, "FindMemberAccounts")["Action"] = json!("organizations:List*")
        })]);
}
