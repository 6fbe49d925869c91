//! `Action`, `NotAction`, `Resource` and `NotResource`, each with its page.

use super::{ROW, Row, check};

const GUIDE: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/";

/// One Allow with these elements, one request; whether it goes through.
type Element = (&'static str, &'static str, &'static str, &'static str, bool);

fn check_elements(page: &str, rows: &[Element]) {
    let rows: Vec<Row> = rows
        .iter()
        .map(|(says, elements, action, resource, expected)| {
            let statement: &'static str = Box::leak(format!(r#"{{"Effect": "Allow", {elements}}}"#).into());
            let identity = &*Box::leak(Box::new([statement]));
            let expected = if *expected { "allowed" } else { "lacks identity" };
            Row { says, identity, action, resource, expected, ..ROW }
        })
        .collect();
    check(&format!("{GUIDE}{page}"), &rows);
}

#[test]
fn action() {
    let any = r#""Action": "sqs:*", "Resource": "*""#;
    check_elements(
        "reference_policies_elements_action.html",
        &[
            ("one action", r#""Action": "ec2:StartInstances", "Resource": "*""#, "ec2:StartInstances", "*", true),
            ("one action", r#""Action": "ec2:StartInstances", "Resource": "*""#, "ec2:StopInstances", "*", false),
            (
                "names ignore case",
                r#""Action": "iam:listaccesskeys", "Resource": "*""#,
                "iam:ListAccessKeys",
                "*",
                true,
            ),
            (
                "prefixes ignore case",
                r#""Action": "IAM:ListAccessKeys", "Resource": "*""#,
                "iam:ListAccessKeys",
                "*",
                true,
            ),
            (
                "a list",
                r#""Action": ["sqs:SendMessage", "sqs:ReceiveMessage", "iam:ChangePassword", "s3:GetObject"], "Resource": "*""#,
                "iam:ChangePassword",
                "*",
                true,
            ),
            ("all of a service", any, "sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:q", true),
            ("all of a service and no more", any, "sns:Publish", "*", false),
            ("* in the name", r#""Action": "iam:*AccessKey*", "Resource": "*""#, "iam:CreateAccessKey", "*", true),
            ("* in the name", r#""Action": "iam:*AccessKey*", "Resource": "*""#, "iam:ListAccessKeys", "*", true),
            ("* in the name", r#""Action": "iam:*AccessKey*", "Resource": "*""#, "iam:ListUsers", "*", false),
            (
                "* does not have to stand for anything",
                r#""Action": "s3:GetObject*", "Resource": "*""#,
                "s3:GetObject",
                "*",
                true,
            ),
            ("? in the name", r#""Action": "s3:Get?bject", "Resource": "*""#, "s3:GetObject", "*", true),
            ("? stands for one character", r#""Action": "s3:GetObjec?t", "Resource": "*""#, "s3:GetObject", "*", false),
            ("* for all services", r#""Action": "*", "Resource": "*""#, "iam:CreateUser", "*", true),
        ],
    );
}

#[test]
fn not_action() {
    let outside = r#""NotAction": "iam:*", "Resource": "*""#;
    check_elements(
        "reference_policies_elements_notaction.html",
        &[
            ("everything but IAM", outside, "s3:GetObject", "*", true),
            ("everything but IAM", outside, "iam:CreateUser", "*", false),
            (
                "all of S3 but deleting buckets",
                r#""NotAction": "s3:DeleteBucket", "Resource": "arn:aws:s3:::*""#,
                "s3:GetObject",
                "arn:aws:s3:::a/b",
                true,
            ),
            (
                "all of S3 but deleting buckets",
                r#""NotAction": "s3:DeleteBucket", "Resource": "arn:aws:s3:::*""#,
                "s3:DeleteBucket",
                "arn:aws:s3:::a",
                false,
            ),
            (
                "limited by the resource to one service",
                r#""NotAction": "s3:DeleteBucket", "Resource": "arn:aws:s3:::*""#,
                "sqs:SendMessage",
                "arn:aws:sqs:eu-west-1:111122223333:q",
                false,
            ),
            ("case does not matter", r#""NotAction": ["S3:getobject"], "Resource": "*""#, "s3:GetObject", "*", false),
        ],
    );
    let page = format!("{GUIDE}reference_policies_elements_notaction.html");
    const MFA: &str = r#"[{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Sid": "DenyAllUsersNotUsingMFA", "Effect": "Deny", "NotAction": "iam:*", "Resource": "*", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}]"#;
    let row = Row { identity: &[MFA], ..ROW };
    check(
        &page,
        &[
            Row {
                says: "denied outside IAM without MFA",
                context: r#"{"aws:MultiFactorAuthPresent": "false"}"#,
                expected: "denied by identity",
                ..row
            },
            Row { says: "denied with long-term keys, which have no MFA", expected: "denied by identity", ..row },
            Row { says: "not with MFA", context: r#"{"aws:MultiFactorAuthPresent": "true"}"#, ..row },
            Row { says: "not in IAM", action: "iam:EnableMFADevice", resource: "*", ..row },
        ],
    );
}

#[test]
fn resource() {
    let tests = r#""Action": "*", "Resource": "arn:aws:s3:::amzn-s3-demo-bucket/*/test/*""#;
    let bob = r#""Action": "*", "Resource": "arn:aws:iam::111122223333:user/Bob""#;
    let accounting = r#""Action": "*", "Resource": "arn:aws:iam::111122223333:user/accounting/*""#;
    let log = "arn:aws:logs:eu-west-1:111122223333:log-group:g:log-stream:s";
    let mut rows: Vec<Element> = vec![
        (
            "a queue",
            r#""Action": "*", "Resource": "arn:aws:sqs:us-east-2:111122223333:queue1""#,
            "sqs:SendMessage",
            "arn:aws:sqs:us-east-2:111122223333:queue1",
            true,
        ),
        (
            "another region",
            r#""Action": "*", "Resource": "arn:aws:sqs:us-east-2:111122223333:queue1""#,
            "sqs:SendMessage",
            "arn:aws:sqs:us-east-1:111122223333:queue1",
            false,
        ),
        ("the name of a user", bob, "iam:GetUser", "arn:aws:iam::111122223333:user/Bob", true),
        ("heeds case", bob, "iam:GetUser", "arn:aws:iam::111122223333:user/bob", false),
        ("users with a path", accounting, "iam:GetUser", "arn:aws:iam::111122223333:user/accounting/ana", true),
        ("users with a path", accounting, "iam:GetUser", "arn:aws:iam::111122223333:user/ana", false),
        (
            "all in a bucket",
            r#""Action": "*", "Resource": "arn:aws:s3:::alpha/*""#,
            "s3:GetObject",
            "arn:aws:s3:::alpha/a/b/c",
            true,
        ),
        (
            "but not the bucket",
            r#""Action": "*", "Resource": "arn:aws:s3:::alpha/*""#,
            "s3:ListBucket",
            "arn:aws:s3:::alpha",
            false,
        ),
        (
            "several resources",
            r#""Action": "*", "Resource": ["arn:aws:dynamodb:us-east-2:111122223333:table/books_table", "arn:aws:dynamodb:us-east-2:111122223333:table/magazines_table"]"#,
            "dynamodb:GetItem",
            "arn:aws:dynamodb:us-east-2:111122223333:table/magazines_table",
            true,
        ),
        (
            "several wildcards in a segment",
            r#""Action": "*", "Resource": "arn:aws:s3:::a*a*a""#,
            "s3:ListBucket",
            "arn:aws:s3:::alpha-a",
            true,
        ),
        (
            "? is one character",
            r#""Action": "*", "Resource": "arn:aws:s3:::alph?""#,
            "s3:ListBucket",
            "arn:aws:s3:::alpha",
            true,
        ),
        (
            "? is no colon",
            r#""Action": "*", "Resource": "arn:aws:s3?::alpha""#,
            "s3:ListBucket",
            "arn:aws:s3:::alpha",
            false,
        ),
        (
            "a last * of a segment may run over colons",
            r#""Action": "*", "Resource": "arn:aws:logs:*""#,
            "logs:PutLogEvents",
            log,
            true,
        ),
        (
            "a last * of a segment may run over colons",
            r#""Action": "*", "Resource": "arn:aws:logs:*:log-stream:s""#,
            "logs:PutLogEvents",
            log,
            true,
        ),
        (
            "other * stay in their segment",
            r#""Action": "*", "Resource": "arn:aws:l*s3:eu-west-1:111122223333:log-group:g:log-stream:s""#,
            "logs:PutLogEvents",
            log,
            false,
        ),
        (
            "* where the service knows no resources",
            r#""Action": "*", "Resource": "*""#,
            "s3:ListAllMyBuckets",
            "*",
            true,
        ),
    ];
    for key in [
        "1/test/object.jpg",
        "1/2/test/object.jpg",
        "1/2/test/3/object.jpg",
        "1/2/3/test/4/object.jpg",
        "1///test///object.jpg",
        "1/test/.jpg",
        "/test/object.jpg",
        "1/test/",
    ] {
        rows.push((
            "* replaces everything, slashes too",
            tests,
            "s3:GetObject",
            Box::leak(format!("arn:aws:s3:::amzn-s3-demo-bucket/{key}").into()),
            true,
        ));
    }
    for key in ["1-test/object.jpg", "test/object.jpg", "1/2/test.jpg"] {
        rows.push((
            "a slash of the pattern has to be there",
            tests,
            "s3:GetObject",
            Box::leak(format!("arn:aws:s3:::amzn-s3-demo-bucket/{key}").into()),
            false,
        ));
    }
    check_elements("reference_policies_elements_resource.html", &rows);
}

#[test]
fn not_resource() {
    let payroll =
        r#""Action": "s3:*", "NotResource": ["arn:aws:s3:::HRBucket/Payroll", "arn:aws:s3:::HRBucket/Payroll/*"]"#;
    check_elements(
        "reference_policies_elements_notresource.html",
        &[
            ("everything but the listed", payroll, "s3:GetObject", "arn:aws:s3:::HRBucket/Other", true),
            ("everything but the listed", payroll, "s3:GetObject", "arn:aws:s3:::HRBucket/Payroll/june", false),
            (
                "also what nobody thought of",
                r#""Action": "*", "NotResource": "arn:aws:s3:::HRBucket/*""#,
                "sqs:SendMessage",
                "arn:aws:sqs:eu-west-1:111122223333:q",
                true,
            ),
            (
                "also requests without a resource",
                r#""Action": "*", "NotResource": "arn:aws:s3:::HRBucket/*""#,
                "s3:ListAllMyBuckets",
                "*",
                true,
            ),
        ],
    );
    const DENIED: &str = r#"[{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, {"Effect": "Deny", "Action": "s3:*", "NotResource": ["arn:aws:s3:::HRBucket/Payroll", "arn:aws:s3:::HRBucket/Payroll/*"]}]"#;
    let row = Row { identity: &[DENIED], ..ROW };
    check(
        &format!("{GUIDE}reference_policies_elements_notresource.html"),
        &[
            Row { says: "with Deny only the listed are spared", resource: "arn:aws:s3:::HRBucket/Payroll/june", ..row },
            Row {
                says: "with Deny only the listed are spared",
                resource: "arn:aws:s3:::HRBucket/Other",
                expected: "denied by identity",
                ..row
            },
        ],
    );
}
