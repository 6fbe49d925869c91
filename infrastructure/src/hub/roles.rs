//! The two roles of the hub: the broker, which is the server, and the cleanup function.
//!
//! Both keep the records, speak to the topic and the bus, and enter member accounts by the vendor roles. Only the broker may
//! become what it vends, and seal new secrets.

use daypass_policy::{Comparison, Operator, PolicyKind, Statement};
use daypass_vending::plan::{ROLE_PATH, tag};

use super::names::{self, TABLES};
use crate::document::Document;

/// The source of life-cycle events.
pub const EVENT_SOURCE: &str = "daypass.session";

/// Who may run a program as one of the roles.
#[must_use]
pub fn service_trust() -> Document {
    let trust = Statement::allow().sid("RunAsThisRole").principal_service(["<services[]>"]);
    Document::new("service-trust", PolicyKind::Trust, [trust.actions(["sts:AssumeRole"])])
}

/// What the server may do.
#[must_use]
pub fn broker() -> Document {
    let own = [
        become_vended("BecomeWhatIsVended", "sts:AssumeRole").condition(
            Comparison::StringEquals,
            "<scope_key>",
            ["<scope_values[]>"],
        ),
        // Bound to the person by the vended role's own trust policy.
        become_vended("NameThePerson", "sts:SetSourceIdentity"),
        secrets(&["kms:Encrypt", "kms:Decrypt"]),
    ];
    Document::new("broker", PolicyKind::Identity, entering().into_iter().chain(own).chain(records_and_alerts()))
}

/// What the cleanup function may do. It opens the secrets of roles that it finishes making, and seals none.
#[must_use]
pub fn cleanup() -> Document {
    let own = [secrets(&["kms:Decrypt"])];
    Document::new("cleanup", PolicyKind::Identity, entering().into_iter().chain(own).chain(records_and_alerts()))
}

/// Finding member accounts in the organisation, for deployments that do: all of them, those of some units, or those with a
/// tag. It shows names and tags of accounts, and changes nothing.
#[must_use]
pub fn discovery() -> Document {
    let lists = ["ListAccounts", "ListAccountsForParent", "ListOrganizationalUnitsForParent", "ListTagsForResource"];
    let lists = lists.map(|list| format!("organizations:{list}"));
    Document::new(
        "discovery",
        PolicyKind::Identity,
        [Statement::allow().sid("FindMemberAccounts").actions(lists).resources(["*"])],
    )
}

/// Entering member accounts, and saying for which deployment. The vendor roles' trust policies ask for more.
fn entering() -> [Statement; 2] {
    let vendor = "arn:<partition>:iam::*:role/<vendor_role>";
    [
        not_another_deployments(
            Statement::allow().sid("EnterMemberAccounts").actions(["sts:AssumeRole"]).resources([vendor]),
        )
        .condition(Comparison::StringEquals, "<scope_key>", ["<scope_values[]>"]),
        not_another_deployments(
            Statement::allow().sid("SayForWhichDeployment").actions(["sts:TagSession"]).resources([vendor]),
        )
        .condition(Comparison::StringEquals, format!("aws:RequestTag/{}", tag::DEPLOYMENT), ["<deployment>"])
        .condition(Operator::from(Comparison::StringEquals).for_all_values(), "aws:TagKeys", [tag::DEPLOYMENT]),
    ]
}

fn become_vended(sid: &str, action: &str) -> Statement {
    let vended = format!("arn:<partition>:iam::*:role{ROLE_PATH}*");
    not_another_deployments(Statement::allow().sid(sid).actions([action]).resources([vended]))
}

/// Roles of another deployment are refused by their tag. One that tells none passes: a role's tags are seen later than the
/// role, and in another account perhaps never; its own trust policy decides.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency>
fn not_another_deployments(statement: Statement) -> Statement {
    let operator = Operator::from(Comparison::StringEquals).if_exists();
    statement.condition(operator, format!("aws:ResourceTag/{}", tag::DEPLOYMENT), ["<deployment>"])
}

/// A session's secrets, sealed with what they belong to.
fn secrets(actions: &[&str]) -> Statement {
    let statement = Statement::allow().sid("SessionSecrets").actions(actions.iter().copied()).resources(["<key_arn>"]);
    statement.condition(Comparison::Null, "kms:EncryptionContext:daypass", ["false"])
}

fn records_and_alerts() -> Vec<Statement> {
    let tables = || TABLES.map(names::table);
    let indexes = TABLES.map(|table| format!("{}/index/*", names::table(table)));
    let read = ["dynamodb:BatchGetItem", "dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:Query"];
    vec![
        Statement::allow().sid("ReadRecords").actions(read).resources(tables().into_iter().chain(indexes)),
        // What transactions write. Nothing of the trail can be removed; what is written over breaks its chain.
        Statement::allow().sid("WriteRecords").actions(["dynamodb:PutItem"]).resources(tables()),
        Statement::allow()
            .sid("ChangeAlertsAndParts")
            .actions(["dynamodb:DeleteItem", "dynamodb:UpdateItem"])
            .resources([names::table("records")]),
        Statement::allow()
            .sid("SignTheTrail")
            .actions(["kms:Sign", "kms:Verify"])
            .resources(["<signing_key_arn>"])
            .condition(Comparison::StringEquals, "kms:SigningAlgorithm", ["ECDSA_SHA_256"]),
        encrypted_at_rest(),
        Statement::allow().sid("Alert").actions(["sns:Publish"]).resources([names::topic()]),
        Statement::allow()
            .sid("TellTheBus")
            .actions(["events:PutEvents"])
            .resources([names::bus()])
            // A call can bring several events; without any source, all of none would be ours.
            .condition(Operator::from(Comparison::StringEquals).for_all_values(), "events:source", [EVENT_SOURCE])
            .condition(Comparison::Null, "events:source", ["false"]),
    ]
}

/// DynamoDB, SNS and S3 use the key on behalf of whoever calls them.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html>,
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html>
fn encrypted_at_rest() -> Statement {
    Statement::allow()
        .sid("WhatIsEncryptedAtRest")
        .actions(["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"])
        .resources(["<key_arn>"])
        .condition(Comparison::StringEquals, "kms:ViaService", names::via(&["dynamodb", "s3", "sns"]))
}
