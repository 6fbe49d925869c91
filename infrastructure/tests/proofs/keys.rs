//! The key policies: who is not named cannot use a key, not even the account's administrators.

use daypass_policy::{Comparison, Operator, Statement};
use serde_json::json;

use crate::claim::{BROKER, CLEANUP, Claim, HUB, MEMBER, add, any, forget, hub, statement};

const USE: [&str; 6] =
    ["kms:CreateGrant", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*", "kms:Sign"];

/// Requests of everybody in these accounts that is not one of the two roles.
fn by_others(actions: &[&str]) -> Vec<Statement> {
    let callers = [HUB, MEMBER].map(|account| format!("arn:aws:iam::{account}:user/somebody"));
    let requests = any().principal_aws(callers).actions(actions.iter().copied()).resources(["*"]);
    vec![requests.condition(Operator::from(Comparison::StringNotEquals), "kms:ViaService", services())]
}

fn services() -> [&'static str; 3] {
    ["dynamodb.eu-central-1.amazonaws.com", "s3.eu-central-1.amazonaws.com", "sns.eu-central-1.amazonaws.com"]
}

#[test]
fn nobody_else_uses_the_key_but_through_the_services_that_encrypt_with_it() {
    let document = hub("key");
    Claim { says: "secrets opened by somebody", document, forbidden: by_others(&USE) }.holds_until(&[
        ("the usual statement for the account", |document| {
            statement(document, "AccountAdministers")["Action"] = json!("kms:*");
        }),
        ("grants for anybody", |document| {
            statement(document, "AccountAdministers")["Action"] = json!(["kms:Create*", "kms:Put*"]);
        }),
        ("without a service", |document| forget(document, "EncryptedAtRest", "StringEquals", "kms:ViaService")),
        ("everybody", |document| statement(document, "BrokerSealsAndOpens")["Principal"] = json!("*")),
    ]);
}

#[test]
fn grants_are_for_tables_only() {
    let grants = any().principal_everyone().actions(["kms:CreateGrant"]).resources(["*"]);
    let no_resource =
        grants.clone().condition(Operator::from(Comparison::Bool).if_exists(), "kms:GrantIsForAWSResource", ["false"]);
    let elsewhere = grants.condition(Comparison::StringNotEquals, "kms:ViaService", [services()[0]]);
    let forbidden = vec![no_resource, elsewhere];
    Claim { says: "a grant to somebody", document: hub("key"), forbidden }.holds_until(&[
        ("whoever it is for", |document| forget(document, "TablesKeepTheirKey", "Bool", "kms:GrantIsForAWSResource")),
        ("whoever asks", |document| forget(document, "TablesKeepTheirKey", "StringEquals", "kms:ViaService")),
    ]);
}

#[test]
fn secrets_are_opened_with_what_they_belong_to() {
    let bare = any().principal_aws([BROKER, CLEANUP]).actions(["kms:Decrypt", "kms:Encrypt"]).resources(["*"]);
    let bare = bare.condition(Comparison::Null, "kms:EncryptionContext:daypass", ["true"]).condition(
        Comparison::Null,
        "kms:ViaService",
        ["true"],
    );
    Claim { says: "opened without context", document: hub("key"), forbidden: vec![bare] }
        .holds_until(&[("any context", |document| {
            forget(document, "CleanupOpens", "Null", "kms:EncryptionContext:daypass")
        })]);
}

#[test]
fn services_use_the_key_for_this_deployment_only() {
    let logs = any().principal_service(["logs.eu-central-1.amazonaws.com"]).actions(["*"]).resources(["*"]);
    let groups = ["aws/lambda/daypass-prod-api", "aws/lambda/daypass-prod-cleanup", "daypass/prod/api-access"];
    let groups = groups.map(|group| format!("arn:aws:logs:eu-central-1:{HUB}:log-group:/{group}"));
    let logs = logs.condition(Comparison::ArnNotEquals, "kms:EncryptionContext:aws:logs:arn", groups);
    let alarms = any().principal_service(["cloudwatch.amazonaws.com"]).actions(["*"]).resources(["*"]);
    let account = alarms.clone().condition(Comparison::StringNotEquals, "aws:SourceAccount", [HUB]);
    let ours = [format!("arn:aws:cloudwatch:eu-central-1:{HUB}:alarm:daypass-prod-*")];
    let alarms = alarms.condition(Comparison::ArnNotLike, "aws:SourceArn", ours);
    let forbidden = vec![logs, account, alarms];
    Claim { says: "a service for somebody else", document: hub("key"), forbidden }.holds_until(&[
        ("any log group", |document| {
            forget(document, "OwnLogGroups", "ArnEquals", "kms:EncryptionContext:aws:logs:arn");
        }),
        ("alarms of any account", |document| {
            forget(document, "AlarmsReachTheTopic", "StringEquals", "aws:SourceAccount");
        }),
        ("any alarm", |document| forget(document, "AlarmsReachTheTopic", "ArnLike", "aws:SourceArn")),
    ]);
}

#[test]
fn nobody_else_signs() {
    let callers = [HUB, MEMBER].map(|account| format!("arn:aws:iam::{account}:user/somebody"));
    let forbidden = vec![
        any().principal_aws(callers).actions(USE).resources(["*"]),
        any()
            .principal_service(["lambda.amazonaws.com", "logs.eu-central-1.amazonaws.com"])
            .actions(["*"])
            .resources(["*"]),
    ];
    Claim { says: "a forged checkpoint", document: hub("signing-key"), forbidden }.holds_until(&[
        ("the account", |document| statement(document, "CheckTheTrail")["Action"] = json!(["kms:Sign", "kms:Verify"])),
        ("a service", |document| {
            add(
                document,
                json!({"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "kms:Verify", "Resource": "*"}),
            );
        }),
    ]);
}
