//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html> and `…_elements_version.html`

use super::{ALL, Condition, ROW, Row, check, check_conditions};

const PAGE: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html";
const NO_VALUE: &str = "#policy-vars-no-value";
const HOME: &str = r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::alpha/${aws:username}/*"}"#;
const TEAM: &str =
    r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::${aws:PrincipalTag/team, 'company'}/*"}"#;

#[test]
fn in_resources() {
    const AT: &str = "#policy-vars-wheretouse";
    let of_ana = Row { anchor: AT, resource: "arn:aws:s3:::alpha/ana/x", context: r#"{"aws:username": "ana"}"#, ..ROW };
    let of_team = Row { anchor: "#policy-vars-default-values", identity: &[TEAM], ..ROW };
    let rows = [
        Row { says: "replaced by the value", identity: &[HOME], ..of_ana },
        Row {
            says: "for each user another",
            identity: &[HOME],
            context: r#"{"aws:username": "eve"}"#,
            expected: "lacks identity",
            ..of_ana
        },
        Row {
            says: "keys in any case",
            identity: &[r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::alpha/${AWS:UserName}/*"}"#],
            ..of_ana
        },
        Row {
            says: "without a value nothing matches",
            identity: &[HOME],
            context: "{}",
            expected: "lacks identity",
            ..of_ana
        },
        Row {
            says: "other entries of the list still count",
            identity: &[
                r#"{"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::alpha/${aws:userid}/*", "arn:aws:s3:::alpha/ana/*"]}"#,
            ],
            ..of_ana
        },
        Row {
            anchor: NO_VALUE,
            says: "an entry of NotResource without a value is no resource, so all others are meant",
            identity: &[
                r#"{"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::alpha/${aws:userid}/*"}"#,
            ],
            ..of_ana
        },
        Row {
            anchor: NO_VALUE,
            says: "also when it denies",
            expected: "denied by identity",
            identity: &[
                ALL,
                r#"{"Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::alpha/${aws:userid}/*"}"#,
            ],
            ..of_ana
        },
        Row {
            says: "only behind the fifth colon: account",
            resource: "arn:aws:sqs:eu-west-1:111122223333:q",
            action: "sqs:SendMessage",
            context: r#"{"aws:PrincipalAccount": "111122223333"}"#,
            identity: &[r#"{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:sqs:*:${aws:PrincipalAccount}:q"}"#],
            expected: "lacks identity",
            ..of_ana
        },
        Row {
            says: "only behind the fifth colon: service",
            context: r#"{"aws:username": "s3"}"#,
            identity: &[r#"{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:${aws:username}:::alpha/*"}"#],
            expected: "lacks identity",
            ..of_ana
        },
        Row {
            says: "a bucket named by a tag",
            resource: "arn:aws:s3:::research/x",
            context: r#"{"aws:PrincipalTag/team": "research"}"#,
            ..of_team
        },
        Row {
            says: "the value goes before the default",
            resource: "arn:aws:s3:::company/x",
            context: r#"{"aws:PrincipalTag/team": "research"}"#,
            expected: "lacks identity",
            ..of_team
        },
        Row { says: "without a value the default", resource: "arn:aws:s3:::company/x", ..of_team },
        Row {
            says: "the default is no wildcard",
            resource: "arn:aws:s3:::companies/x",
            expected: "lacks identity",
            ..of_team
        },
        Row {
            says: "wildcards in a value are plain characters",
            resource: "arn:aws:s3:::alpha/eve/x",
            context: r#"{"aws:username": "*"}"#,
            identity: &[HOME],
            expected: "lacks identity",
            ..of_ana
        },
        Row {
            says: "not in the action",
            identity: &[r#"{"Effect": "Allow", "Action": "s3:${aws:username}", "Resource": "*"}"#],
            context: r#"{"aws:username": "GetObject"}"#,
            expected: "lacks identity",
            ..of_ana
        },
    ];
    check(PAGE, &rows);
}

#[test]
fn in_conditions() {
    const AT: &str = "#policy-vars-conditionelement";
    let rows: &[Condition] = &[
        (
            AT,
            "string operators",
            r#"{"StringLike": {"sns:endpoint": "https://example.com/${aws:username}/*"}}"#,
            r#"{"sns:endpoint": "https://example.com/ana/x", "aws:username": "ana"}"#,
            true,
        ),
        (
            AT,
            "ARN operators",
            r#"{"ArnEquals": {"k": "arn:aws:s3:::${aws:username}"}}"#,
            r#"{"k": "arn:aws:s3:::ana", "aws:username": "ana"}"#,
            true,
        ),
        (
            AT,
            "tags of principal and resource",
            r#"{"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}"#,
            r#"{"aws:ResourceTag/team": "blue", "aws:PrincipalTag/team": "blue"}"#,
            true,
        ),
        (
            AT,
            "tags of principal and resource",
            r#"{"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}"#,
            r#"{"aws:ResourceTag/team": "blue", "aws:PrincipalTag/team": "red"}"#,
            false,
        ),
        (AT, "not numbers", r#"{"NumericLessThan": {"k": "${n}"}}"#, r#"{"k": "1", "n": "2"}"#, false),
        (AT, "not dates", r#"{"DateLessThan": {"k": "${n}"}}"#, r#"{"k": "2020-01-01", "n": "2021-01-01"}"#, false),
        (AT, "not addresses", r#"{"IpAddress": {"k": "${n}"}}"#, r#"{"k": "10.0.0.1", "n": "10.0.0.0/8"}"#, false),
        (AT, "not Null", r#"{"Null": {"k": "${n}"}}"#, r#"{"k": "x", "n": "false"}"#, false),
        (
            NO_VALUE,
            "without a value nothing matches",
            r#"{"StringEquals": {"k": "${aws:username}"}}"#,
            r#"{"k": "ana"}"#,
            false,
        ),
        (
            NO_VALUE,
            "nothing is equal to it or like it, which negated operators ask for",
            r#"{"StringNotEquals": {"k": "${aws:username}"}}"#,
            r#"{"k": "ana"}"#,
            true,
        ),
        (
            NO_VALUE,
            "nothing is equal to it or like it, which negated operators ask for",
            r#"{"StringNotLike": {"k": ["x", "${aws:username}*"]}}"#,
            r#"{"k": "ana"}"#,
            true,
        ),
        (
            NO_VALUE,
            "nothing is equal to it or like it, which negated operators ask for",
            r#"{"ArnNotLike": {"k": "arn:aws:s3:::${aws:username}"}}"#,
            r#"{"k": "arn:aws:s3:::ana"}"#,
            true,
        ),
        (
            NO_VALUE,
            "the example of the page: a Deny for principals without the tag",
            r#"{"StringNotEquals": {"s3:ExistingObjectTag/Team": "${aws:PrincipalTag/Team}"}}"#,
            r#"{"s3:ExistingObjectTag/Team": "blue"}"#,
            true,
        ),
        (
            NO_VALUE,
            "the example of the page: the same team",
            r#"{"StringNotEquals": {"s3:ExistingObjectTag/Team": "${aws:PrincipalTag/Team}"}}"#,
            r#"{"s3:ExistingObjectTag/Team": "blue", "aws:PrincipalTag/Team": "blue"}"#,
            false,
        ),
        (
            NO_VALUE,
            "IfExists looks at the key of the condition",
            r#"{"StringNotEqualsIfExists": {"k": "${aws:username}"}}"#,
            "{}",
            true,
        ),
        (
            "#policy-vars-default-values",
            "the default",
            r#"{"StringEquals": {"k": "${aws:PrincipalTag/team, 'company'}"}}"#,
            r#"{"k": "company"}"#,
            true,
        ),
        (
            "#policy-vars-default-values",
            "the default of a negated comparison",
            r#"{"StringNotEquals": {"k": "${aws:PrincipalTag/team, 'company'}"}}"#,
            r#"{"k": "research"}"#,
            true,
        ),
        ("#policy-vars-specialchars", "${*} is a star", r#"{"StringLike": {"k": "a${*}b"}}"#, r#"{"k": "a*b"}"#, true),
        ("#policy-vars-specialchars", "${*} is a star", r#"{"StringLike": {"k": "a${*}b"}}"#, r#"{"k": "axb"}"#, false),
        (
            "#policy-vars-specialchars",
            "${?} is a question mark",
            r#"{"StringLike": {"k": "a${?}b"}}"#,
            r#"{"k": "axb"}"#,
            false,
        ),
        (
            "#policy-vars-specialchars",
            "${$} is a dollar",
            r#"{"StringLike": {"k": "${$}{a}"}}"#,
            r#"{"k": "${a}"}"#,
            true,
        ),
    ];
    check_conditions(PAGE, rows);
}

#[test]
fn versions_of_the_language() {
    let page = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html";
    let new = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::alpha/${aws:username}"}}"#;
    let old = r#"{"Version": "2008-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::alpha/${aws:username}"}}"#;
    let none = r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::alpha/${aws:username}"}}"#;
    let own = Row { resource: "arn:aws:s3:::alpha/ana", context: r#"{"aws:username": "ana"}"#, ..ROW };
    let literal = Row { resource: "arn:aws:s3:::alpha/${aws:username}", ..own };
    let [new, old, none] = [new, old, none].map(|text| &*Box::leak(Box::new([text])));
    let rows = [
        Row { says: "2012-10-17 has variables", identity: new, ..own },
        Row { says: "2012-10-17 has variables", identity: new, expected: "lacks identity", ..literal },
        Row { says: "2008-10-17 has none", identity: old, expected: "lacks identity", ..own },
        Row { says: "2008-10-17 takes them literally", identity: old, ..literal },
        Row { says: "without Version it is 2008-10-17", identity: none, expected: "lacks identity", ..own },
        Row { says: "without Version it is 2008-10-17", identity: none, ..literal },
    ];
    check(page, &rows);
}
