//! The policies of topic, bucket and bus: what must be, whoever has which rights in the account.

use daypass_policy::{Comparison, PolicyKind, Statement};

use super::names;
use crate::document::Document;

/// Alarms speak to the topic; nobody does without TLS.
#[must_use]
pub fn topic() -> Document {
    let statements = [
        Statement::allow()
            .sid("OwnAlarms")
            .principal_service(["cloudwatch.amazonaws.com"])
            .actions(["sns:Publish"])
            .resources([names::topic()])
            .condition(Comparison::StringEquals, "aws:SourceAccount", ["<account_id>"])
            .condition(Comparison::ArnLike, "aws:SourceArn", [names::alarms()]),
        Statement::deny()
            .sid("OnlyWithTls")
            .principal_everyone()
            .actions(["sns:Publish"])
            .resources([names::topic()])
            .condition(Comparison::Bool, "aws:SecureTransport", ["false"]),
    ];
    Document::new("topic", PolicyKind::Resource, statements)
}

/// Nobody reads or writes without TLS 1.2, and Daypass itself only reads: a server that is taken over cannot change what
/// its tiers may.
#[must_use]
pub fn bucket() -> Document {
    let all = || [names::bucket(), format!("{}/*", names::bucket())];
    let statements = [
        Statement::deny().sid("OnlyWithTls").principal_everyone().actions(["s3:*"]).resources(all()).condition(
            Comparison::Bool,
            "aws:SecureTransport",
            ["false"],
        ),
        Statement::deny().sid("OnlyWithModernTls").principal_everyone().actions(["s3:*"]).resources(all()).condition(
            Comparison::NumericLessThan,
            "s3:TlsVersion",
            ["1.2"],
        ),
        Statement::deny()
            .sid("RolesOfDaypassOnlyRead")
            .principal_aws(["<broker_arn>", "<cleanup_arn>"])
            .not_actions(["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:ListBucketVersions"])
            .resources(all()),
    ];
    Document::new("bucket", PolicyKind::Resource, statements)
}

/// Nobody but Daypass says what happened to a session.
#[must_use]
pub fn bus() -> Document {
    let only = Statement::deny()
        .sid("NobodyElseSpeaks")
        .principal_everyone()
        .actions(["events:PutEvents"])
        .resources([names::bus()])
        .condition(Comparison::ArnNotEquals, "aws:PrincipalArn", ["<broker_arn>", "<cleanup_arn>"]);
    Document::new("bus", PolicyKind::Resource, [only])
}
