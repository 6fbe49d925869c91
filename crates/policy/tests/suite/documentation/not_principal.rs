//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>

use super::{ALL, ANA, NOTHING, ROW, Row, check};

const PAGE: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html";
const BOB: &str = "arn:aws:iam::444455556666:user/Bob";
const AUDIT: &str = "arn:aws:sts::444455556666:assumed-role/cross-account-read-only-role/cross-account-audit-app";

const BUT_BOB: &str = r#"[{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}, {"Effect": "Deny", "NotPrincipal": {"AWS": ["arn:aws:iam::444455556666:user/Bob", "arn:aws:iam::444455556666:root"]},
    "Action": "s3:*", "Resource": ["arn:aws:s3:::BUCKETNAME", "arn:aws:s3:::BUCKETNAME/*"]}]"#;
const BUT_AUDIT: &str = r#"[{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}, {"Effect": "Deny", "NotPrincipal": {"AWS": ["arn:aws:sts::444455556666:assumed-role/cross-account-read-only-role/cross-account-audit-app",
    "arn:aws:iam::444455556666:role/cross-account-read-only-role", "arn:aws:iam::444455556666:root"]}, "Action": "s3:*", "Resource": ["arn:aws:s3:::Bucket_AccountAudit", "arn:aws:s3:::Bucket_AccountAudit/*"]}]"#;

#[test]
fn with_deny() {
    const AT: &str = "#specifying-notprincipal";
    let row = Row { anchor: AT, resource: "arn:aws:s3:::BUCKETNAME/x", identity: &[ALL], attached: BUT_BOB, ..ROW };
    let bob = Row { caller: BOB, ..row };
    let audit = Row { caller: AUDIT, resource: "arn:aws:s3:::Bucket_AccountAudit/x", attached: BUT_AUDIT, ..row };
    let rows = [
        Row { says: "Bob is not denied", ..bob },
        Row { says: "everybody else is", expected: "denied by resource", ..row },
        Row {
            says: "his colleagues too",
            caller: "arn:aws:iam::444455556666:user/Eve",
            expected: "denied by resource",
            ..row
        },
        Row {
            says: "anonymous callers too",
            caller: "anonymous",
            identity: &[],
            expected: "denied by resource",
            ..row
        },
        Row { says: "other buckets are not meant", resource: "arn:aws:s3:::OTHER/x", ..row },
        Row {
            says: "nobody is granted anything by it",
            identity: &[],
            attached: r#"{"Effect": "Deny", "NotPrincipal": {"AWS": ["arn:aws:iam::444455556666:user/Bob", "arn:aws:iam::444455556666:root"]}, "Action": "s3:*", "Resource": "*"}"#,
            expected: "lacks resource",
            ..bob
        },
        Row { says: "a session with its role and account is not denied", ..audit },
        Row {
            says: "another role is",
            caller: "arn:aws:sts::444455556666:assumed-role/other/s",
            expected: "denied by resource",
            ..audit
        },
        Row {
            says: "whoever has a boundary is denied, listed or not",
            boundary: ALL,
            expected: "denied by resource",
            ..bob
        },
    ];
    check(PAGE, &rows);
}

#[test]
fn with_allow_and_instead_of_it() {
    let but_ana = r#"{"Effect": "Allow", "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:user/ana"}, "Action": "s3:*", "Resource": "*"}"#;
    let row = Row {
        anchor: "#specifying-notprincipal-allow",
        account: "444455556666",
        identity: &[ALL],
        attached: but_ana,
        ..ROW
    };
    let by_key = r#"[{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}, {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::444455556666:user/Bob"}}}]"#;
    let keyed = Row { anchor: "", attached: by_key, boundary: ALL, ..row };
    let rows = [
        Row { says: "everybody but the listed, anonymous callers too", caller: "anonymous", identity: &[], ..row },
        Row { says: "everybody but the listed", caller: "arn:aws:iam::111122223333:user/eve", ..row },
        Row { says: "not the listed", caller: ANA, expected: "lacks resource", ..row },
        Row {
            says: "aws:PrincipalArn instead: Bob, boundary or not",
            caller: BOB,
            context: r#"{"aws:PrincipalArn": "arn:aws:iam::444455556666:user/Bob"}"#,
            ..keyed
        },
        Row {
            says: "aws:PrincipalArn instead: everybody else",
            context: r#"{"aws:PrincipalArn": "arn:aws:iam::111122223333:user/ana"}"#,
            expected: "denied by resource",
            ..keyed
        },
        Row {
            says: "aws:PrincipalArn instead: callers without an ARN",
            caller: "anonymous",
            identity: &[],
            boundary: "",
            expected: "denied by resource",
            ..keyed
        },
        Row {
            says: "it still takes an Allow",
            identity: &[NOTHING],
            caller: "arn:aws:iam::111122223333:user/eve",
            expected: "lacks identity",
            ..row
        },
    ];
    check(PAGE, &rows);
}
