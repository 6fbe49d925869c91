//! Several keys, several values in the policy, several values in the request.

use super::{Condition, check_conditions};

/// The two example policies of the page, each with its table of results.
#[test]
fn several_keys_and_values_in_a_policy() {
    const PAGE: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html";
    const EVAL: &str = "#reference_policies_multiple-conditions-eval";
    const NOR: &str = "#reference_policies_multiple-conditions-negated-matching-eval";
    let like = r#"{"StringEquals": {"aws:PrincipalTag/department": ["finance", "hr", "legal"], "aws:PrincipalTag/role": ["audit", "security"]},
        "ArnLike": {"aws:PrincipalArn": ["arn:aws:iam::222222222222:user/Ana", "arn:aws:iam::222222222222:user/Mary"]}}"#;
    let not_like = r#"{"StringEquals": {"aws:PrincipalTag/department": ["finance", "hr", "legal"], "aws:PrincipalTag/role": ["audit", "security"]},
        "ArnNotLike": {"aws:PrincipalArn": ["arn:aws:iam::222222222222:user/Ana", "arn:aws:iam::222222222222:user/Mary"]}}"#;
    let legal_mary = r#"{"aws:PrincipalTag/department": "legal", "aws:PrincipalTag/role": "audit", "aws:PrincipalArn": "arn:aws:iam::222222222222:user/Mary"}"#;
    let hr_nikki = r#"{"aws:PrincipalTag/department": "hr", "aws:PrincipalTag/role": "audit", "aws:PrincipalArn": "arn:aws:iam::222222222222:user/Nikki"}"#;
    let payroll_mary = r#"{"aws:PrincipalTag/department": "hr", "aws:PrincipalTag/role": "payroll", "aws:PrincipalArn": "arn:aws:iam::222222222222:user/Mary"}"#;
    let payroll_nikki = r#"{"aws:PrincipalTag/department": "hr", "aws:PrincipalTag/role": "payroll", "aws:PrincipalArn": "arn:aws:iam::222222222222:user/Nikki"}"#;
    let no_role_mary =
        r#"{"aws:PrincipalTag/department": "hr", "aws:PrincipalArn": "arn:aws:iam::222222222222:user/Mary"}"#;
    let no_role_nikki =
        r#"{"aws:PrincipalTag/department": "hr", "aws:PrincipalArn": "arn:aws:iam::222222222222:user/Nikki"}"#;
    let rows: &[Condition] = &[
        (EVAL, "legal, audit, Mary", like, legal_mary, true),
        (EVAL, "hr, audit, Nikki", like, hr_nikki, false),
        (EVAL, "hr, payroll, Mary", like, payroll_mary, false),
        (EVAL, "hr, no role, Mary", like, no_role_mary, false),
        (EVAL, "no tags, Mary", like, r#"{"aws:PrincipalArn": "arn:aws:iam::222222222222:user/Mary"}"#, false),
        (
            EVAL,
            "operators are joined by AND",
            r#"{"StringEquals": {"a": "1"}, "NumericEquals": {"b": "2"}}"#,
            r#"{"a": "1", "b": "3"}"#,
            false,
        ),
        (EVAL, "keys are joined by AND", r#"{"StringEquals": {"a": "1", "b": "2"}}"#, r#"{"a": "1", "b": "3"}"#, false),
        (EVAL, "keys are joined by AND", r#"{"StringEquals": {"a": "1", "b": "2"}}"#, r#"{"a": "1", "b": "2"}"#, true),
        (EVAL, "values are joined by OR", r#"{"StringEquals": {"a": ["1", "2"]}}"#, r#"{"a": "2"}"#, true),
        (EVAL, "values are joined by OR", r#"{"NumericLessThan": {"a": ["1", "5"]}}"#, r#"{"a": "3"}"#, true),
        (
            EVAL,
            "values of negated operators are joined by NOR",
            r#"{"StringNotEquals": {"a": ["1", "2"]}}"#,
            r#"{"a": "2"}"#,
            false,
        ),
        (
            EVAL,
            "values of negated operators are joined by NOR",
            r#"{"StringNotEquals": {"a": ["1", "2"]}}"#,
            r#"{"a": "3"}"#,
            true,
        ),
        (
            NOR,
            "legal, audit, Nikki",
            not_like,
            r#"{"aws:PrincipalTag/department": "legal", "aws:PrincipalTag/role": "audit", "aws:PrincipalArn": "arn:aws:iam::222222222222:user/Nikki"}"#,
            true,
        ),
        (
            NOR,
            "hr, audit, Mary",
            not_like,
            r#"{"aws:PrincipalTag/department": "hr", "aws:PrincipalTag/role": "audit", "aws:PrincipalArn": "arn:aws:iam::222222222222:user/Mary"}"#,
            false,
        ),
        (NOR, "hr, payroll, Nikki", not_like, payroll_nikki, false),
        (NOR, "hr, no role, Nikki", not_like, no_role_nikki, false),
        (NOR, "no tags, Nikki", not_like, r#"{"aws:PrincipalArn": "arn:aws:iam::222222222222:user/Nikki"}"#, false),
        (
            NOR,
            "true only if all are false",
            r#"{"NotIpAddress": {"k": ["10.0.0.0/8", "192.0.2.0/24"]}}"#,
            r#"{"k": "192.0.2.1"}"#,
            false,
        ),
        (NOR, "true only if all are false", r#"{"NumericNotEquals": {"k": ["1", "2"]}}"#, r#"{"k": "2.0"}"#, false),
    ];
    check_conditions(PAGE, rows);
}

/// The tables of the page, and what it says beside them.
#[test]
fn several_values_in_a_request() {
    const PAGE: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html";
    const ALL: &str = "";
    const ANY: &str = "";
    let all = r#"{"ForAllValues:StringEquals": {"aws:TagKeys": ["environment", "cost-center"]}, "Null": {"aws:TagKeys": "false"}}"#;
    let bare = r#"{"ForAllValues:StringEquals": {"aws:TagKeys": ["environment", "cost-center"]}}"#;
    let any = r#"{"ForAnyValue:StringEquals": {"aws:TagKeys": ["environment", "cost-center"]}}"#;
    let rows: &[Condition] = &[
        (ALL, "environment", all, r#"{"aws:TagKeys": ["environment"]}"#, true),
        (ALL, "cost-center", all, r#"{"aws:TagKeys": ["cost-center"]}"#, true),
        (ALL, "environment and cost-center", all, r#"{"aws:TagKeys": ["environment", "cost-center"]}"#, true),
        (ALL, "environment and dept", all, r#"{"aws:TagKeys": ["environment", "dept"]}"#, false),
        (ALL, "no tag keys", all, "{}", false),
        (ALL, "true without the key", bare, "{}", true),
        (ALL, "true without values", bare, r#"{"aws:TagKeys": []}"#, true),
        (ANY, "environment", any, r#"{"aws:TagKeys": ["environment"]}"#, true),
        (ANY, "cost-center", any, r#"{"aws:TagKeys": ["cost-center"]}"#, true),
        (ANY, "environment and cost-center", any, r#"{"aws:TagKeys": ["environment", "cost-center"]}"#, true),
        (ANY, "environment and dept", any, r#"{"aws:TagKeys": ["environment", "dept"]}"#, true),
        (ANY, "dept", any, r#"{"aws:TagKeys": ["dept"]}"#, false),
        (ANY, "false without the key", any, "{}", false),
        (ANY, "false without values", any, r#"{"aws:TagKeys": []}"#, false),
        (
            "",
            "wildcards with StringLike",
            r#"{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a1/r-ab/*"}}"#,
            r#"{"aws:PrincipalOrgPaths": ["o-a1/r-ab/ou-1/"]}"#,
            true,
        ),
        (
            "",
            "wildcards with StringLike",
            r#"{"ForAnyValue:StringEquals": {"aws:PrincipalOrgPaths": "o-a1/r-ab/*"}}"#,
            r#"{"aws:PrincipalOrgPaths": ["o-a1/r-ab/ou-1/"]}"#,
            false,
        ),
        (
            "",
            "variables in the policy's values",
            r#"{"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:username}"]}}"#,
            r#"{"dynamodb:LeadingKeys": ["ana"], "aws:username": "ana"}"#,
            true,
        ),
        (
            "",
            "a key with several values is no variable",
            r#"{"StringEquals": {"k": "${aws:TagKeys}"}}"#,
            r#"{"k": "x", "aws:TagKeys": ["x"]}"#,
            false,
        ),
        (
            "",
            "a set operator on a key with one value",
            r#"{"ForAnyValue:StringEquals": {"aws:SourceVpce": "vpce-1"}}"#,
            r#"{"aws:SourceVpce": "vpce-1"}"#,
            true,
        ),
        (
            "",
            "ForAllValues is permissive where the key is missing",
            r#"{"ForAllValues:StringEquals": {"aws:SourceVpce": "vpce-1"}}"#,
            "{}",
            true,
        ),
    ];
    check_conditions(PAGE, rows);
}

/// The attributes of a DynamoDB request, as the page on set operators tells.
#[test]
fn negated_set_operators() {
    const PAGE: &str =
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_multi-value-conditions.html";
    let only = r#"{"ForAllValues:StringLike": {"dynamodb:requestedAttributes": ["PostDateTime", "Message", "Tags"]}}"#;
    let some = r#"{"ForAnyValue:StringLike": {"dynamodb:requestedAttributes": ["ID", "PostDateTime"]}}"#;
    let none = r#"{"ForAllValues:StringNotEquals": {"dynamodb:Attributes": ["ID", "Secret"]}}"#;
    let not_all = r#"{"ForAnyValue:StringNotEquals": {"dynamodb:Attributes": ["ID", "Secret"]}}"#;
    let rows: &[Condition] = &[
        ("", "all in the list", only, r#"{"dynamodb:requestedAttributes": ["PostDateTime", "Message"]}"#, true),
        ("", "one not in the list", only, r#"{"dynamodb:requestedAttributes": ["PostDateTime", "UserName"]}"#, false),
        (
            "",
            "one of six pairs fits",
            some,
            r#"{"dynamodb:requestedAttributes": ["UserName", "Message", "PostDateTime"]}"#,
            true,
        ),
        ("", "no pair fits", some, r#"{"dynamodb:requestedAttributes": ["UserName"]}"#, false),
        ("", "none of these", none, r#"{"dynamodb:Attributes": ["Name", "Mail"]}"#, true),
        ("", "none of these", none, r#"{"dynamodb:Attributes": ["Name", "ID"]}"#, false),
        ("", "something else too", not_all, r#"{"dynamodb:Attributes": ["ID", "Name"]}"#, true),
        ("", "nothing else", not_all, r#"{"dynamodb:Attributes": ["ID", "Secret"]}"#, false),
    ];
    check_conditions(PAGE, rows);
}
