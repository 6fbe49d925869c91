//! <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>

use super::{ALL, ANA, DENY_ALL, ROW, Row, check};

const PAGE: &str = "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html";
const FULL: &str = r#"{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}"#;

#[test]
fn endpoint_policies_limit_what_goes_through_the_endpoint() {
    let row = Row { identity: &[ALL], ..ROW };
    const ONLY_BUCKET: &str = r#"{"Effect": "Allow", "Principal": "*", "Action": ["s3:ListBucket", "s3:GetObject", "s3:PutObject"], "Resource": ["arn:aws:s3:::alpha", "arn:aws:s3:::alpha/*"]}"#;
    const ONLY_ANA: &str = r#"{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:user/ana"}}}"#;
    let rows = [
        Row { says: "the default gives full access", endpoint: &[FULL], ..row },
        Row { says: "without an endpoint there is no limit", ..row },
        Row {
            says: "it grants nothing beside identity policies",
            identity: &[],
            endpoint: &[FULL],
            expected: "lacks identity",
            ..row
        },
        Row {
            says: "it does not override other policies",
            identity: &[ALL],
            endpoint: &[FULL],
            attached: DENY_ALL,
            expected: "denied by resource",
            ..row
        },
        Row { says: "only these actions and resources", endpoint: &[ONLY_BUCKET], ..row },
        Row {
            says: "only these actions",
            endpoint: &[ONLY_BUCKET],
            action: "s3:DeleteObject",
            expected: "lacks endpoint",
            ..row
        },
        Row {
            says: "only these resources",
            endpoint: &[ONLY_BUCKET],
            resource: "arn:aws:s3:::beta/x",
            expected: "lacks endpoint",
            ..row
        },
        Row {
            says: "a Deny",
            endpoint: &[
                r#"[{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]"#,
            ],
            expected: "denied by endpoint",
            ..row
        },
        Row {
            says: "principals by aws:PrincipalArn",
            endpoint: &[ONLY_ANA],
            context: r#"{"aws:PrincipalArn": "arn:aws:iam::111122223333:user/ana"}"#,
            ..row
        },
        Row {
            says: "principals by aws:PrincipalArn",
            endpoint: &[ONLY_ANA],
            context: r#"{"aws:PrincipalArn": "arn:aws:iam::111122223333:user/eve"}"#,
            caller: "arn:aws:iam::111122223333:user/eve",
            expected: "lacks endpoint",
            ..row
        },
        Row {
            says: "principals by their account",
            endpoint: &[r#"{"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "*", "Resource": "*"}"#],
            expected: "lacks endpoint",
            ..row
        },
        Row {
            says: "the resource's policy does not get round it",
            identity: &[],
            attached: FULL,
            endpoint: &[ONLY_BUCKET],
            action: "s3:DeleteObject",
            expected: "lacks endpoint",
            ..row
        },
    ];
    assert_eq!(ROW.caller, ANA);
    check(PAGE, &rows);
}
