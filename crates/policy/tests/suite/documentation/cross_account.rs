//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html>

use super::{ALL, ANA, DENY, DENY_ALL, FEDERATED, NOTHING, OTHER_ACCOUNT, ROOT, ROW, Row, SESSION, check};

const PAGE: &str =
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html";
const TO_ANA: &str = r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/ana"}, "Action": "s3:*", "Resource": "*"}"#;
const TO_ACCOUNT: &str =
    r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "s3:*", "Resource": "*"}"#;
const TO_SESSION: &str = r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:sts::111122223333:assumed-role/app/s1"}, "Action": "s3:*", "Resource": "*"}"#;
const TO_FEDERATED: &str = r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:sts::111122223333:federated-user/ana"}, "Action": "s3:*", "Resource": "*"}"#;
const TO_OTHERS: &str =
    r#"{"Effect": "Allow", "Principal": {"AWS": "777788889999"}, "Action": "s3:*", "Resource": "*"}"#;

#[test]
fn both_accounts_have_to_allow() {
    let row = Row { account: OTHER_ACCOUNT, identity: &[ALL], attached: TO_ANA, ..ROW };
    let rows = [
        Row { says: "both allow", ..row },
        Row { says: "both allow, the resource to the whole account", attached: TO_ACCOUNT, ..row },
        Row {
            says: "both allow, the resource to everybody",
            attached: r#"{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}"#,
            ..row
        },
        Row { says: "only the caller's account allows", attached: "", expected: "lacks resource", ..row },
        Row { says: "only the caller's account allows", attached: TO_OTHERS, expected: "lacks resource", ..row },
        Row { says: "only the resource allows", identity: &[], expected: "lacks identity", ..row },
        Row { says: "only the resource allows", identity: &[NOTHING], expected: "lacks identity", ..row },
        Row {
            says: "the resource alone does not allow even a session named by it",
            caller: SESSION,
            identity: &[],
            attached: TO_SESSION,
            expected: "lacks identity",
            ..row
        },
        Row { says: "both allow a session", caller: SESSION, attached: TO_SESSION, ..row },
        Row { says: "the caller's account denies", identity: &[ALL, DENY], expected: "denied by identity", ..row },
        Row { says: "the resource's account denies", attached: DENY_ALL, expected: "denied by resource", ..row },
        Row { says: "a boundary limits", boundary: NOTHING, expected: "lacks boundary", ..row },
        Row {
            says: "a boundary limits even a session named by the resource",
            caller: SESSION,
            attached: TO_SESSION,
            boundary: NOTHING,
            expected: "lacks boundary",
            ..row
        },
        Row {
            says: "a session policy limits even a session named by the resource",
            caller: SESSION,
            attached: TO_SESSION,
            session: &[NOTHING],
            expected: "lacks session",
            ..row
        },
        Row {
            says: "a federated user needs both, within the session policy",
            caller: FEDERATED,
            attached: TO_FEDERATED,
            session: &[ALL],
            ..row
        },
        Row {
            says: "a federated user needs both, within the session policy",
            caller: FEDERATED,
            attached: TO_FEDERATED,
            session: &[NOTHING],
            expected: "lacks session",
            ..row
        },
        Row { says: "the SCPs of the caller's account limit", scps: &[&[NOTHING]], expected: "lacks scp", ..row },
        Row {
            says: "the RCPs of the resource's account limit",
            rcps: &[&[DENY_ALL]],
            expected: "denied by rcp",
            ..row
        },
        Row {
            says: "the root user needs the resource's policy",
            caller: ROOT,
            identity: &[],
            attached: "",
            expected: "lacks resource",
            ..row
        },
        Row {
            says: "the root user needs no identity policy",
            caller: ROOT,
            identity: &[],
            attached: TO_ACCOUNT,
            ..row
        },
        Row {
            says: "the policy of another user of the account",
            caller: "arn:aws:iam::111122223333:user/eve",
            expected: "lacks resource",
            ..row
        },
    ];
    assert_eq!(ANA, "arn:aws:iam::111122223333:user/ana");
    check(PAGE, &rows);
}

/// Carlos of 111111111111 and the bucket `Production` of 222222222222.
#[test]
fn the_example_of_the_page() {
    const CARLOS: &str = "arn:aws:iam::111111111111:user/Carlos";
    let row = Row {
        anchor: "#policy-eval-cross-account-example",
        caller: CARLOS,
        account: "222222222222",
        action: "s3:PutObject",
        resource: "arn:aws:s3:::Production/x",
        identity: &[
            r#"[{"Sid": "AllowS3ListRead", "Effect": "Allow", "Action": ["s3:ListAllMyBuckets"], "Resource": "*"},
            {"Sid": "AllowS3ProductionObjectActions", "Effect": "Allow", "Action": "s3:*Object*", "Resource": "arn:aws:s3:::Production/*"},
            {"Sid": "DenyS3Logs", "Effect": "Deny", "Action": "s3:*", "Resource": ["arn:aws:s3:::*log*", "arn:aws:s3:::*log*/*"]}]"#,
        ],
        attached: r#"{"Effect": "Allow", "Action": ["s3:GetObject*", "s3:PutObject*", "s3:ReplicateObject", "s3:RestoreObject"],
            "Principal": {"AWS": "arn:aws:iam::111111111111:user/Carlos"}, "Resource": "arn:aws:s3:::Production/*"}"#,
        ..ROW
    };
    let rows = [
        Row { says: "both sides allow writing", ..row },
        Row { says: "both sides allow reading a version", action: "s3:GetObjectVersion", ..row },
        Row {
            says: "deleting is allowed by one side only",
            action: "s3:DeleteObject",
            expected: "lacks resource",
            ..row
        },
        Row {
            says: "listing the bucket is allowed by neither",
            action: "s3:ListBucket",
            resource: "arn:aws:s3:::Production",
            expected: "lacks resource",
            ..row
        },
        Row {
            says: "logs are denied",
            resource: "arn:aws:s3:::Production/logs/x",
            expected: "denied by identity",
            ..row
        },
        Row {
            says: "other users are not named",
            caller: "arn:aws:iam::111111111111:user/Diego",
            expected: "lacks resource",
            ..row
        },
    ];
    check(PAGE, &rows);
}
