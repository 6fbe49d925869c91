//! The policies of the two keys. The account administers them and cannot use them: whoever is to use a key is named.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html>

use daypass_policy::{Comparison, PolicyKind, Statement};

use super::names;
use crate::document::Document;

/// Administration without use, and without grants, by which use could be given.
const ADMINISTER: [&str; 22] = [
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:GetPublicKey",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
];

/// What services do with a key to encrypt at rest.
const AT_REST: [&str; 4] = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"];

/// The key of secrets, tables, topic, bucket and logs.
#[must_use]
pub fn key() -> Document {
    let at_rest = names::via(&["dynamodb", "s3", "sns"]);
    let statements = [
        administration(),
        use_by("BrokerSealsAndOpens", "<broker_arn>", &["kms:Decrypt", "kms:Encrypt"]),
        use_by("CleanupOpens", "<cleanup_arn>", &["kms:Decrypt"]),
        // Whoever may read a table, the bucket or the topic needs the key for it; who may is their own affair.
        Statement::allow()
            .sid("EncryptedAtRest")
            .principal_aws([names::account()])
            .actions(AT_REST)
            .resources(["*"])
            .condition(Comparison::StringEquals, "kms:ViaService", at_rest),
        Statement::allow()
            .sid("TablesKeepTheirKey")
            .principal_aws([names::account()])
            .actions(["kms:CreateGrant"])
            .resources(["*"])
            .condition(Comparison::StringEquals, "kms:ViaService", names::via(&["dynamodb"]))
            .condition(Comparison::Bool, "kms:GrantIsForAWSResource", ["true"]),
        log_groups(),
        Statement::allow()
            .sid("AlarmsReachTheTopic")
            .principal_service(["cloudwatch.amazonaws.com"])
            .actions(["kms:Decrypt", "kms:GenerateDataKey*"])
            .resources(["*"])
            .condition(Comparison::StringEquals, "aws:SourceAccount", ["<account_id>"])
            .condition(Comparison::ArnLike, "aws:SourceArn", [names::alarms()]),
    ];
    Document::new("key", PolicyKind::Resource, statements)
}

/// The key that checkpoints of the trail are signed with. Everybody in the account may check a signature, if their own
/// policies let them: auditors need not ask Daypass.
#[must_use]
pub fn signing_key() -> Document {
    let statements = [
        administration(),
        Statement::allow()
            .sid("SignTheTrail")
            .principal_aws(["<broker_arn>", "<cleanup_arn>"])
            .actions(["kms:Sign", "kms:Verify"])
            .resources(["*"])
            .condition(Comparison::StringEquals, "kms:SigningAlgorithm", ["ECDSA_SHA_256"]),
        Statement::allow()
            .sid("CheckTheTrail")
            .principal_aws([names::account()])
            .actions(["kms:Verify"])
            .resources(["*"]),
    ];
    Document::new("signing-key", PolicyKind::Resource, statements)
}

fn administration() -> Statement {
    Statement::allow().sid("AccountAdministers").principal_aws([names::account()]).actions(ADMINISTER).resources(["*"])
}

fn use_by(sid: &str, role: &str, actions: &[&str]) -> Statement {
    let statement = Statement::allow().sid(sid).principal_aws([role]).actions(actions.iter().copied());
    statement.resources(["*"]).condition(Comparison::Null, "kms:EncryptionContext:daypass", ["false"])
}

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html>
fn log_groups() -> Statement {
    let groups = [names::function_logs("api"), names::function_logs("cleanup"), names::access_log()];
    Statement::allow()
        .sid("OwnLogGroups")
        .principal_service(["logs.<region>.<dns_suffix>"])
        .actions(AT_REST.into_iter().chain(["kms:DescribeKey"]))
        .resources(["*"])
        .condition(Comparison::ArnEquals, "kms:EncryptionContext:aws:logs:arn", groups)
}
