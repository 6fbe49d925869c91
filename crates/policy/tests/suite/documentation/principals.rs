//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use super::{ALL, ANA, FEDERATED, OTHER_ACCOUNT, ROOT, ROW, Row, SESSION, check};

const PAGE: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html";

/// Section, what it says, the element, the caller, and whether the caller is named.
type Named = (&'static str, &'static str, &'static str, &'static str, bool);

/// A bucket of another account, and callers whose own account allows everything.
fn check_named(rows: &[Named]) {
    let rows: Vec<Row> = rows
        .iter()
        .map(|(anchor, says, element, caller, expected)| {
            let attached = Box::leak(
                format!(r#"{{"Effect": "Allow", "Principal": {element}, "Action": "*", "Resource": "*"}}"#).into(),
            );
            let expected = if *expected { "allowed" } else { "lacks resource" };
            Row {
                anchor,
                says,
                caller,
                attached,
                account: OTHER_ACCOUNT,
                identity: &[ALL],
                session: if caller.contains("federated") { &[ALL] } else { &[] },
                expected,
                ..ROW
            }
        })
        .collect();
    check(PAGE, &rows);
}

#[test]
fn accounts_users_and_roles() {
    const ACCOUNTS: &str = "#principal-accounts";
    let eve = "arn:aws:iam::777788889999:user/eve";
    check_named(&[
        (ACCOUNTS, "the account by its ARN names its users", r#"{"AWS": "arn:aws:iam::111122223333:root"}"#, ANA, true),
        (ACCOUNTS, "the account by its id is the same", r#"{"AWS": "111122223333"}"#, ANA, true),
        (ACCOUNTS, "and its sessions", r#"{"AWS": "111122223333"}"#, SESSION, true),
        (ACCOUNTS, "and its federated users", r#"{"AWS": "111122223333"}"#, FEDERATED, true),
        (ACCOUNTS, "and its root user", r#"{"AWS": "111122223333"}"#, ROOT, true),
        (ACCOUNTS, "not those of others", r#"{"AWS": "111122223333"}"#, eve, false),
        (ACCOUNTS, "several accounts", r#"{"AWS": ["arn:aws:iam::111122223333:root", "777788889999"]}"#, eve, true),
        (
            ACCOUNTS,
            "a canonical id names no user",
            r#"{"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}"#,
            ANA,
            false,
        ),
        ("#principal-users", "a user", r#"{"AWS": "arn:aws:iam::111122223333:user/ana"}"#, ANA, true),
        ("#principal-users", "names heed case", r#"{"AWS": "arn:aws:iam::111122223333:user/Ana"}"#, ANA, false),
        (
            "#principal-users",
            "no wildcard for part of a name",
            r#"{"AWS": "arn:aws:iam::111122223333:user/*"}"#,
            ANA,
            false,
        ),
        ("#principal-users", "* is not all users", r#"{"AWS": "arn:aws:iam::111122223333:*"}"#, ANA, false),
        (
            "#principal-users",
            "the id of a deleted user names nobody",
            r#"{"AWS": "AIDACKCEVSQ6C2EXAMPLE"}"#,
            ANA,
            false,
        ),
        (
            "#principal-roles",
            "a role names its sessions",
            r#"{"AWS": "arn:aws:iam::111122223333:role/app"}"#,
            SESSION,
            true,
        ),
        (
            "#principal-roles",
            "another role does not",
            r#"{"AWS": "arn:aws:iam::111122223333:role/web"}"#,
            SESSION,
            false,
        ),
        (
            "#principal-role-session",
            "a session",
            r#"{"AWS": "arn:aws:sts::111122223333:assumed-role/app/s1"}"#,
            SESSION,
            true,
        ),
        (
            "#principal-role-session",
            "another session",
            r#"{"AWS": "arn:aws:sts::111122223333:assumed-role/app/s2"}"#,
            SESSION,
            false,
        ),
        (
            "#principal-role-session",
            "* is not all sessions",
            r#"{"AWS": "arn:aws:sts::111122223333:assumed-role/app/*"}"#,
            SESSION,
            false,
        ),
        (
            "#sts-session-principals",
            "a federated user",
            r#"{"AWS": "arn:aws:sts::111122223333:federated-user/ana"}"#,
            FEDERATED,
            true,
        ),
        (
            "#sts-session-principals",
            "is not the user",
            r#"{"AWS": "arn:aws:sts::111122223333:federated-user/ana"}"#,
            ANA,
            false,
        ),
    ]);
}

#[test]
fn services_providers_and_everybody() {
    const SERVICES: &str = "#principal-services";
    const EVERYBODY: &str = "#principal-anonymous";
    let saml = "arn:aws:iam::111122223333:saml-provider/corp";
    check_named(&[
        (
            SERVICES,
            "a service",
            r#"{"Service": "elasticloadbalancing.amazonaws.com"}"#,
            "elasticloadbalancing.amazonaws.com",
            true,
        ),
        (
            SERVICES,
            "one of several services",
            r#"{"Service": ["ecs.amazonaws.com", "elasticloadbalancing.amazonaws.com"]}"#,
            "ecs.amazonaws.com",
            true,
        ),
        (SERVICES, "another service", r#"{"Service": "ecs.amazonaws.com"}"#, "ec2.amazonaws.com", false),
        (SERVICES, "a service is no account", r#"{"AWS": "111122223333"}"#, "ecs.amazonaws.com", false),
        (SERVICES, "an account is no service", r#"{"Service": "ecs.amazonaws.com"}"#, ANA, false),
        (
            SERVICES,
            "a service of one region",
            r#"{"Service": "s3.ap-east-1.amazonaws.com"}"#,
            "s3.ap-east-1.amazonaws.com",
            true,
        ),
        (
            SERVICES,
            "is not the one of another",
            r#"{"Service": "s3.ap-east-1.amazonaws.com"}"#,
            "s3.eu-south-1.amazonaws.com",
            false,
        ),
        (
            "#principal-saml-session",
            "a SAML provider",
            r#"{"Federated": "arn:aws:iam::111122223333:saml-provider/corp"}"#,
            saml,
            true,
        ),
        (
            "#principal-saml-session",
            "another SAML provider",
            r#"{"Federated": "arn:aws:iam::111122223333:saml-provider/other"}"#,
            saml,
            false,
        ),
        (
            "#principal-federated-web-identity",
            "a web identity provider",
            r#"{"Federated": "cognito-identity.amazonaws.com"}"#,
            "cognito-identity.amazonaws.com",
            true,
        ),
        (
            "#principal-federated-web-identity",
            "a web identity provider",
            r#"{"Federated": "accounts.google.com"}"#,
            "accounts.google.com",
            true,
        ),
        (
            "#principal-federated-web-identity",
            "another provider",
            r#"{"Federated": "www.amazon.com"}"#,
            "accounts.google.com",
            false,
        ),
        (EVERYBODY, "* is everybody", r#""*""#, "anonymous", true),
        (EVERYBODY, "so is AWS: *", r#"{"AWS": "*"}"#, "anonymous", true),
        (EVERYBODY, "users of other accounts too", r#""*""#, ANA, true),
        (EVERYBODY, "and services", r#""*""#, "ecs.amazonaws.com", true),
        (EVERYBODY, "a user is not everybody", r#"{"AWS": "arn:aws:iam::111122223333:user/ana"}"#, "anonymous", false),
        (
            "",
            "types may be mixed",
            r#"{"AWS": "777788889999", "Service": "ecs.amazonaws.com"}"#,
            "ecs.amazonaws.com",
            true,
        ),
    ]);
}

/// Everybody, limited by who asks or where the request comes from.
#[test]
fn everybody_within_conditions() {
    let organisation = r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}"#;
    let source = r#"{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*", "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:111122223333:*"}, "StringEquals": {"aws:SourceAccount": "111122223333"}}}"#;
    let row =
        Row { anchor: "#principal-anonymous", account: OTHER_ACCOUNT, identity: &[ALL], attached: organisation, ..ROW };
    let deputy = Row {
        caller: "sns.amazonaws.com",
        action: "sqs:SendMessage",
        resource: "arn:aws:sqs:eu-west-1:444455556666:q",
        identity: &[],
        attached: source,
        ..row
    };
    let page = "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html";
    check(
        PAGE,
        &[
            Row { says: "callers of the organisation", context: r#"{"aws:PrincipalOrgID": "o-a1b2c3d4e5"}"#, ..row },
            Row {
                says: "callers of another",
                context: r#"{"aws:PrincipalOrgID": "o-other"}"#,
                expected: "lacks resource",
                ..row
            },
            Row {
                says: "anonymous callers have none",
                caller: "anonymous",
                identity: &[],
                expected: "lacks resource",
                ..row
            },
        ],
    );
    check(
        page,
        &[
            Row {
                says: "for a topic of the account",
                context: r#"{"aws:SourceArn": "arn:aws:sns:eu-west-1:111122223333:t", "aws:SourceAccount": "111122223333"}"#,
                ..deputy
            },
            Row {
                says: "for a topic of another",
                context: r#"{"aws:SourceArn": "arn:aws:sns:eu-west-1:777788889999:t", "aws:SourceAccount": "777788889999"}"#,
                expected: "lacks resource",
                ..deputy
            },
            Row { says: "for nobody knows whom", expected: "lacks resource", ..deputy },
        ],
    );
}
