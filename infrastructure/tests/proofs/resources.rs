//! The policies of topic, bucket and bus, for somebody to whom everything else in the account is allowed.

use daypass_policy::{Comparison, Operator, PolicyDocument};
use serde_json::json;

use crate::claim::{BROKER, CLEANUP, Claim, HUB, any, drop_statement, forget, hub, statement};

/// A resource's policy, and an account that allows everything.
fn under_full_access(name: &str) -> PolicyDocument {
    let mut document = hub(name);
    document.push(any().sid("FullAccess").principal_everyone().actions(["*"]).resources(["*"]));
    document
}

#[test]
fn nothing_is_published_or_read_without_tls() {
    let bare = || any().principal_everyone().actions(["sns:Publish"]);
    let bare = bare().resources(["arn:aws:sns:eu-central-1:111122223333:daypass-prod-alerts"]);
    let forbidden = vec![bare.condition(Comparison::Bool, "aws:SecureTransport", ["false"])];
    Claim { says: "an alert without TLS", document: under_full_access("topic"), forbidden }
        .holds_until(&[("without the denial", |document| drop_statement(document, "OnlyWithTls"))]);

    let bucket = ["", "/*"].map(|rest| format!("arn:aws:s3:::daypass-prod-111122223333-templates{rest}"));
    let touch = any().principal_everyone().actions(["s3:*"]).resources(bucket);
    let forbidden = vec![
        touch.clone().condition(Comparison::Bool, "aws:SecureTransport", ["false"]),
        touch.condition(Comparison::NumericLessThan, "s3:TlsVersion", ["1.2"]),
    ];
    Claim { says: "a template without TLS", document: under_full_access("bucket"), forbidden }.holds_until(&[
        ("without the denial", |document| drop_statement(document, "OnlyWithTls")),
        ("any TLS", |document| drop_statement(document, "OnlyWithModernTls")),
        ("objects only", |document| {
            statement(document, "OnlyWithTls")["Resource"] =
                json!("arn:aws:s3:::daypass-prod-111122223333-templates/*");
        }),
    ]);
}

#[test]
fn a_server_that_is_taken_over_cannot_change_what_its_tiers_may() {
    let write = any().principal_aws([BROKER, CLEANUP]);
    let write =
        write.actions(["s3:Put*", "s3:Delete*"]).resources(["arn:aws:s3:::daypass-prod-111122223333-templates/*"]);
    Claim { says: "a tier changed by Daypass", document: under_full_access("bucket"), forbidden: vec![write] }
        .holds_until(&[("without the denial", |document| drop_statement(document, "RolesOfDaypassOnlyRead"))]);
}

#[test]
fn nobody_else_says_what_happened_to_a_session() {
    let bus = "arn:aws:events:eu-central-1:111122223333:event-bus/daypass-prod";
    let speak = any().principal_everyone().actions(["events:PutEvents"]).resources([bus]);
    let forbidden = vec![speak.condition(Comparison::ArnNotEquals, "aws:PrincipalArn", [BROKER, CLEANUP])];
    Claim { says: "an event of somebody else", document: under_full_access("bus"), forbidden }.holds_until(&[
        ("without the condition's second half", |document| {
            statement(document, "NobodyElseSpeaks")["Condition"] =
                json!({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/daypass-*"}});
        }),
        ("without the denial", |document| drop_statement(document, "NobodyElseSpeaks")),
    ]);
}

#[test]
fn alarms_of_this_deployment_speak_to_the_topic_and_no_other_service_does() {
    let service = any().principal_service(["cloudwatch.amazonaws.com", "s3.amazonaws.com", "events.amazonaws.com"]);
    let speak = service.actions(["sns:*"]).resources(["*"]);
    let ours = format!("arn:aws:cloudwatch:eu-central-1:{HUB}:alarm:daypass-prod-*");
    let not_ours = Operator::from(Comparison::ArnNotLike);
    let forbidden = vec![
        speak.clone().condition(Comparison::StringNotEquals, "aws:SourceAccount", [HUB]),
        speak.condition(not_ours, "aws:SourceArn", [ours]),
        any().principal_service(["s3.amazonaws.com", "events.amazonaws.com"]).actions(["*"]).resources(["*"]),
    ];
    Claim { says: "somebody else's alarm", document: hub("topic"), forbidden }.holds_until(&[
        ("any account", |document| forget(document, "OwnAlarms", "StringEquals", "aws:SourceAccount")),
        ("any alarm", |document| forget(document, "OwnAlarms", "ArnLike", "aws:SourceArn")),
        ("any service", |document| {
            statement(document, "OwnAlarms")["Principal"]["Service"] =
                json!(["cloudwatch.amazonaws.com", "events.amazonaws.com"]);
        }),
    ]);
}
