//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>

use super::{ALL, DENY, NOTHING, ROW, Row, SESSION, check};

const PAGE: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html";
const SHIRLEY: &str = "arn:aws:iam::111122223333:user/ShirleyRodriguez";
const BOUNDARY: &str = r#"{"Effect": "Allow", "Action": ["s3:*", "cloudwatch:*", "ec2:*"], "Resource": "*"}"#;
const CREATES_USERS: &str = r#"{"Effect": "Allow", "Action": "iam:CreateUser", "Resource": "*"}"#;

#[test]
fn what_a_boundary_does() {
    let shirley = Row { caller: SHIRLEY, identity: &[CREATES_USERS], boundary: BOUNDARY, ..ROW };
    let to_user = r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/ShirleyRodriguez"}, "Action": "*", "Resource": "*"}"#;
    let rows = [
        Row {
            says: "Shirley cannot create users: her boundary does not allow it",
            action: "iam:CreateUser",
            resource: "*",
            expected: "lacks boundary",
            ..shirley
        },
        Row { says: "a boundary gives no permissions on its own", expected: "lacks identity", ..shirley },
        Row { says: "what both allow is allowed", identity: &[ALL], ..shirley },
        Row {
            says: "removing the boundary may widen permissions",
            action: "iam:CreateUser",
            resource: "*",
            boundary: "",
            ..shirley
        },
        Row {
            says: "an explicit deny in either overrides: boundary",
            identity: &[ALL],
            boundary: DENY,
            expected: "denied by boundary",
            ..shirley
        },
        Row {
            says: "an explicit deny in either overrides: identity",
            identity: &[ALL, DENY],
            expected: "denied by identity",
            ..shirley
        },
        Row {
            says: "a resource's policy that names the user is not limited by an implicit deny",
            anchor: "#access_policies_boundaries-eval-logic",
            identity: &[],
            boundary: NOTHING,
            attached: to_user,
            ..shirley
        },
        Row {
            says: "nor does it help against an explicit one",
            anchor: "#access_policies_boundaries-eval-logic",
            boundary: DENY,
            attached: to_user,
            expected: "denied by boundary",
            ..shirley
        },
        Row {
            says: "boundary, SCP and identity policy must all allow",
            identity: &[ALL],
            scps: &[&[NOTHING]],
            expected: "lacks scp",
            ..shirley
        },
        Row { says: "boundary, SCP and identity policy must all allow", identity: &[ALL], scps: &[&[ALL]], ..shirley },
        Row {
            says: "boundary, SCP and identity policy must all allow",
            identity: &[ALL],
            scps: &[&[ALL]],
            boundary: NOTHING,
            expected: "lacks boundary",
            ..shirley
        },
        Row {
            says: "session policy, boundary and identity policy must all allow",
            caller: SESSION,
            identity: &[ALL],
            session: &[ALL],
            boundary: NOTHING,
            expected: "lacks boundary",
            ..shirley
        },
        Row {
            says: "session policy, boundary and identity policy must all allow",
            caller: SESSION,
            identity: &[ALL],
            session: &[NOTHING],
            boundary: ALL,
            expected: "lacks session",
            ..shirley
        },
        Row {
            says: "session policy, boundary and identity policy must all allow",
            caller: SESSION,
            identity: &[ALL],
            session: &[ALL],
            boundary: ALL,
            ..shirley
        },
        Row {
            says: "a role named by the resource's policy is limited by its boundary",
            caller: SESSION,
            identity: &[],
            boundary: NOTHING,
            attached: r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "*", "Resource": "*"}"#,
            expected: "lacks boundary",
            ..shirley
        },
    ];
    check(PAGE, &rows);
}

/// María delegates to Zhang, who may create users only with the boundary `XCompanyBoundaries`.
#[test]
fn delegating_with_boundaries() {
    const ZHANG: &str = r#"[{"Sid": "CreateOrChangeOnlyWithBoundary", "Effect": "Allow", "Action": ["iam:AttachUserPolicy", "iam:CreateUser", "iam:DeleteUserPolicy", "iam:DetachUserPolicy", "iam:PutUserPermissionsBoundary", "iam:PutUserPolicy"],
        "Resource": "*", "Condition": {"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::123456789012:policy/XCompanyBoundaries"}}},
        {"Sid": "NoBoundaryPolicyEdit", "Effect": "Deny", "Action": ["iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:SetDefaultPolicyVersion"],
        "Resource": ["arn:aws:iam::123456789012:policy/XCompanyBoundaries", "arn:aws:iam::123456789012:policy/DelegatedUserBoundary"]},
        {"Sid": "NoBoundaryUserDelete", "Effect": "Deny", "Action": "iam:DeleteUserPermissionsBoundary", "Resource": "*"},
        {"Sid": "Other", "Effect": "Allow", "Action": "iam:*Policy*", "Resource": "*"}]"#;
    let zhang = Row {
        anchor: "#access_policies_boundaries-delegate",
        caller: "arn:aws:iam::123456789012:user/Zhang",
        account: "123456789012",
        action: "iam:CreateUser",
        resource: "arn:aws:iam::123456789012:user/Nikhil",
        identity: &[ZHANG],
        boundary: ZHANG,
        ..ROW
    };
    let with = r#"{"iam:PermissionsBoundary": "arn:aws:iam::123456789012:policy/XCompanyBoundaries"}"#;
    let rows = [
        Row { says: "creates users with the boundary", context: with, ..zhang },
        Row { says: "creates none without", expected: "lacks identity", ..zhang },
        Row {
            says: "creates none with another",
            context: r#"{"iam:PermissionsBoundary": "arn:aws:iam::123456789012:policy/Other"}"#,
            expected: "lacks identity",
            ..zhang
        },
        Row {
            says: "does not edit the boundary",
            action: "iam:CreatePolicyVersion",
            resource: "arn:aws:iam::123456789012:policy/XCompanyBoundaries",
            expected: "denied by identity",
            ..zhang
        },
        Row {
            says: "edits other policies",
            action: "iam:CreatePolicyVersion",
            resource: "arn:aws:iam::123456789012:policy/Other",
            ..zhang
        },
        Row {
            says: "removes no boundary",
            action: "iam:DeleteUserPermissionsBoundary",
            context: with,
            expected: "denied by identity",
            ..zhang
        },
    ];
    check(PAGE, &rows);
}
