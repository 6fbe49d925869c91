//! Role trust policies.

use super::{ALL, DENY, OTHER_ACCOUNT, ROW, Row, SESSION, check};

const LOGIC: &str =
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html";
const ROLE: Row = Row { action: "sts:AssumeRole", resource: "arn:aws:iam::111122223333:role/target", ..ROW };
const TRUSTS_ACCOUNT: &str =
    r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole"}"#;
const TRUSTS_ANA: &str =
    r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/ana"}, "Action": "sts:AssumeRole"}"#;

#[test]
fn who_may_assume_a_role() {
    let rows = [
        Row {
            says: "the trust policy must allow, whatever identity policies say",
            identity: &[ALL],
            expected: "lacks resource",
            ..ROLE
        },
        Row {
            says: "a role does not trust itself",
            caller: SESSION,
            resource: "arn:aws:iam::111122223333:role/app",
            identity: &[ALL],
            attached: TRUSTS_ANA,
            expected: "lacks resource",
            ..ROLE
        },
        Row { says: "a trusted user of the account needs nothing else", attached: TRUSTS_ANA, ..ROLE },
        Row {
            says: "of a trusted account users need an identity policy",
            attached: TRUSTS_ACCOUNT,
            expected: "lacks identity",
            ..ROLE
        },
        Row {
            says: "of a trusted account users need an identity policy",
            attached: TRUSTS_ACCOUNT,
            identity: &[ALL],
            ..ROLE
        },
        Row {
            says: "users of another account need one in any case",
            attached: TRUSTS_ANA,
            account: OTHER_ACCOUNT,
            resource: "arn:aws:iam::444455556666:role/target",
            expected: "lacks identity",
            ..ROLE
        },
        Row {
            says: "users of another account need one in any case",
            attached: TRUSTS_ANA,
            account: OTHER_ACCOUNT,
            resource: "arn:aws:iam::444455556666:role/target",
            identity: &[ALL],
            ..ROLE
        },
        Row {
            says: "a Deny goes first",
            attached: TRUSTS_ANA,
            identity: &[DENY],
            expected: "denied by identity",
            ..ROLE
        },
        Row {
            says: "trust is about one action",
            action: "sts:TagSession",
            attached: TRUSTS_ANA,
            identity: &[ALL],
            expected: "lacks resource",
            ..ROLE
        },
        Row { says: "managing a role is not assuming it", action: "iam:DeleteRole", identity: &[ALL], ..ROLE },
    ];
    check(LOGIC, &rows);
}

#[test]
fn external_ids_mfa_and_tags() {
    let external = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html";
    let mfa = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html";
    let tags = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html";
    let third_party = Row {
        caller: "arn:aws:sts::777788889999:assumed-role/vendor/s",
        identity: &[ALL],
        attached: r#"{"Effect": "Allow", "Principal": {"AWS": "777788889999"}, "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"sts:ExternalId": "12345"}}}"#,
        ..ROLE
    };
    let with_mfa = Row {
        identity: &[ALL],
        attached: r#"{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}, "NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}}"#,
        ..ROLE
    };
    let tagging = Row {
        action: "sts:TagSession",
        identity: &[ALL],
        attached: r#"{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": ["sts:AssumeRole", "sts:TagSession"], "Condition": {"StringLike": {"aws:RequestTag/Project": "*"}, "ForAllValues:StringEquals": {"sts:TransitiveTagKeys": ["Project", "Department"]}}}"#,
        ..ROLE
    };
    check(
        external,
        &[
            Row { says: "the right external id", context: r#"{"sts:ExternalId": "12345"}"#, ..third_party },
            Row {
                says: "another external id",
                context: r#"{"sts:ExternalId": "54321"}"#,
                expected: "lacks resource",
                ..third_party
            },
            Row { says: "no external id", expected: "lacks resource", ..third_party },
        ],
    );
    check(
        mfa,
        &[
            Row {
                says: "with MFA, less than an hour ago",
                context: r#"{"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "300"}"#,
                ..with_mfa
            },
            Row {
                says: "with MFA, too long ago",
                context: r#"{"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "3600"}"#,
                expected: "lacks resource",
                ..with_mfa
            },
            Row { says: "long-term keys have no MFA", expected: "lacks resource", ..with_mfa },
        ],
    );
    check(
        tags,
        &[
            Row {
                says: "required and allowed tags",
                context: r#"{"aws:RequestTag/Project": "Automation", "sts:TransitiveTagKeys": ["Project"]}"#,
                ..tagging
            },
            Row {
                says: "a required tag is missing",
                context: r#"{"sts:TransitiveTagKeys": ["Department"]}"#,
                expected: "lacks resource",
                ..tagging
            },
            Row {
                says: "a tag that may not be handed on",
                context: r#"{"aws:RequestTag/Project": "Automation", "sts:TransitiveTagKeys": ["Project", "CostCenter"]}"#,
                expected: "lacks resource",
                ..tagging
            },
        ],
    );
}

#[test]
fn services_and_identity_providers() {
    let services = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-service.html";
    let saml = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_saml.html";
    let oidc = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html";
    let ec2 = Row {
        caller: "ec2.amazonaws.com",
        attached: r#"{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}"#,
        ..ROLE
    };
    let from_saml = Row {
        caller: "arn:aws:iam::111122223333:saml-provider/PROVIDER-NAME",
        action: "sts:AssumeRoleWithSAML",
        attached: r#"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/PROVIDER-NAME"}, "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"], "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}}"#,
        ..ROLE
    };
    let from_github = Row {
        caller: "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com",
        action: "sts:AssumeRoleWithWebIdentity",
        attached: r#"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}, "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}, "StringLike": {"token.actions.githubusercontent.com:sub": "repo:GitHubOrg/GitHubRepo:*"}}}"#,
        ..ROLE
    };
    let cognito = Row {
        caller: "cognito-identity.amazonaws.com",
        action: "sts:AssumeRoleWithWebIdentity",
        attached: r#"{"Effect": "Allow", "Principal": {"Federated": "cognito-identity.amazonaws.com"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": {"cognito-identity.amazonaws.com:aud": "us-east-2:12345678"}, "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "unauthenticated"}}}"#,
        ..ROLE
    };
    check(
        services,
        &[
            Row { says: "a trusted service", ..ec2 },
            Row { says: "another service", caller: "lambda.amazonaws.com", expected: "lacks resource", ..ec2 },
            Row {
                says: "a user is no service",
                caller: super::ANA,
                identity: &[ALL],
                expected: "lacks resource",
                ..ec2
            },
        ],
    );
    check(
        saml,
        &[
            Row {
                says: "the audience of the assertion",
                context: r#"{"saml:aud": "https://signin.aws.amazon.com/saml"}"#,
                ..from_saml
            },
            Row {
                says: "another audience",
                context: r#"{"saml:aud": "https://example.com/saml"}"#,
                expected: "lacks resource",
                ..from_saml
            },
            Row {
                says: "tags in the assertion",
                action: "sts:TagSession",
                context: r#"{"saml:aud": "https://signin.aws.amazon.com/saml"}"#,
                ..from_saml
            },
            Row {
                says: "not by sts:AssumeRole",
                action: "sts:AssumeRole",
                context: r#"{"saml:aud": "https://signin.aws.amazon.com/saml"}"#,
                expected: "lacks resource",
                ..from_saml
            },
        ],
    );
    check(
        oidc,
        &[
            Row {
                says: "a workflow of the repository",
                context: r#"{"token.actions.githubusercontent.com:aud": "sts.amazonaws.com", "token.actions.githubusercontent.com:sub": "repo:GitHubOrg/GitHubRepo:ref:refs/heads/main"}"#,
                ..from_github
            },
            Row {
                says: "a workflow of another repository",
                context: r#"{"token.actions.githubusercontent.com:aud": "sts.amazonaws.com", "token.actions.githubusercontent.com:sub": "repo:Other/GitHubRepo:ref:refs/heads/main"}"#,
                expected: "lacks resource",
                ..from_github
            },
            Row {
                says: "a token for somebody else",
                context: r#"{"token.actions.githubusercontent.com:aud": "example.com", "token.actions.githubusercontent.com:sub": "repo:GitHubOrg/GitHubRepo:x"}"#,
                expected: "lacks resource",
                ..from_github
            },
            Row {
                says: "guests of an identity pool",
                context: r#"{"cognito-identity.amazonaws.com:aud": "us-east-2:12345678", "cognito-identity.amazonaws.com:amr": ["unauthenticated"]}"#,
                ..cognito
            },
            Row {
                says: "not those who signed in",
                context: r#"{"cognito-identity.amazonaws.com:aud": "us-east-2:12345678", "cognito-identity.amazonaws.com:amr": ["authenticated", "graph.facebook.com"]}"#,
                expected: "lacks resource",
                ..cognito
            },
        ],
    );
}
