//! The linter on policies that are right: AWS' examples and the shipped templates. And on any text whatsoever.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use daypass_policy::lint::lint;
use daypass_policy::{Decision, Layers, PolicyDocument, PolicyKind, PreparedPolicy, Statement, evaluate};
use proptest::prelude::*;

use crate::generate;

/// Slots and what stands in for them.
const SLOTS: &[(&str, &str)] = &[
    ("${projectId}", "acme"),
    ("${resourcePrefix}", "acme"),
    ("${accountId}", "111122223333"),
    ("${partition}", "aws"),
    ("${sessionId}", "01890a5d-ac96-774b-bcce-b302099a8057"),
    ("${userId}", "ana"),
];

fn filled(tier: &str, file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policy_templates").join(tier).join(file);
    let text = fs::read_to_string(path).unwrap();
    SLOTS.iter().fold(text, |text, (slot, value)| text.replace(slot, value))
}

/// What is found and meant: the broad tiers allow all that their Denies do not take back, `ForAllValues` on target groups is
/// for groups without any, and Denies that others cover exist for the Sid that people are shown.
const MEANT: &[(&str, &str, &str)] = &[
    ("admin", "permissions.json", "full-access"),
    ("break-glass", "permissions.json", "full-access"),
    ("developer", "permissions.json", "for-all-values-with-allow"),
    ("read-only", "boundary.json", "shadowed-statement"),
];

#[test]
fn the_shipped_templates_have_no_findings_but_those_that_are_meant() {
    let mut found = Vec::new();
    for tier in ["read-only", "developer", "admin", "break-glass"] {
        for (file, kind) in [("permissions.json", PolicyKind::Identity), ("boundary.json", PolicyKind::Boundary)] {
            for finding in lint(&filled(tier, file), kind) {
                let place = (tier, file, finding.check.code);
                assert!(MEANT.contains(&place), "{tier}/{file}:{finding}");
                found.push(place);
            }
        }
    }
    for meant in MEANT {
        assert!(found.contains(meant), "{meant:?} is not found any more");
    }
}

/// Policies as AWS' documentation gives them, with the page.
const DOCUMENTED: &[(&str, PolicyKind, &str)] = &[
    (
        "IAM/latest/UserGuide/reference_policies_examples_s3_home-directory-console.html",
        PolicyKind::Identity,
        r#"{"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["s3:GetBucketLocation", "s3:ListAllMyBuckets"], "Resource": "*"},
            {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::amzn-s3-demo-bucket",
             "Condition": {"StringLike": {"s3:prefix": ["", "home/", "home/${aws:username}/*"]}}},
            {"Effect": "Allow", "Action": "s3:*", "Resource": [
                "arn:aws:s3:::amzn-s3-demo-bucket/home/${aws:username}",
                "arn:aws:s3:::amzn-s3-demo-bucket/home/${aws:username}/*"]}]}"#,
    ),
    (
        "IAM/latest/UserGuide/reference_policies_examples_aws_my-sec-creds-self-manage-mfa-only.html",
        PolicyKind::Identity,
        r#"{"Version": "2012-10-17", "Statement": [
            {"Sid": "AllowViewAccountInfo", "Effect": "Allow", "Action": "iam:ListVirtualMFADevices", "Resource": "*"},
            {"Sid": "AllowManageOwnVirtualMFADevice", "Effect": "Allow", "Action": "iam:CreateVirtualMFADevice",
             "Resource": "arn:aws:iam::*:mfa/*"},
            {"Sid": "AllowManageOwnUserMFA", "Effect": "Allow",
             "Action": ["iam:DeactivateMFADevice", "iam:EnableMFADevice", "iam:GetUser", "iam:ListMFADevices", "iam:ResyncMFADevice"],
             "Resource": "arn:aws:iam::*:user/${aws:username}"},
            {"Sid": "DenyAllExceptListedIfNoMFA", "Effect": "Deny",
             "NotAction": ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:GetUser", "iam:ListMFADevices",
                "iam:ListVirtualMFADevices", "iam:ResyncMFADevice", "sts:GetSessionToken"],
             "Resource": "*", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}]}"#,
    ),
    (
        "IAM/latest/UserGuide/reference_policies_examples_ec2_tag-owner.html",
        PolicyKind::Identity,
        r#"{"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["ec2:StartInstances", "ec2:StopInstances"], "Resource": "arn:aws:ec2:*:*:instance/*",
             "Condition": {"StringEquals": {"aws:ResourceTag/Owner": "${aws:username}"}}},
            {"Effect": "Allow", "Action": "ec2:DescribeInstances", "Resource": "*"}]}"#,
    ),
    (
        "IAM/latest/UserGuide/reference_policies_examples_aws_deny-ip.html",
        PolicyKind::Identity,
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {
            "NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24", "203.0.113.0/24"]}, "Bool": {"aws:ViaAWSService": "false"}}}}"#,
    ),
    (
        "IAM/latest/UserGuide/reference_policies_examples_aws_deny-requested-region.html",
        PolicyKind::Scp,
        r#"{"Version": "2012-10-17", "Statement": [{"Sid": "DenyAllOutsideRequestedRegions", "Effect": "Deny",
            "NotAction": ["cloudfront:*", "iam:*", "organizations:*", "route53:*", "support:*"], "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "eu-west-1"]}}}]}"#,
    ),
    (
        "IAM/latest/UserGuide/reference_policies_examples_dynamodb_items.html",
        PolicyKind::Identity,
        r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
            "Action": ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem"],
            "Resource": ["arn:aws:dynamodb:*:*:table/table-name"],
            "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${cognito-identity.amazonaws.com:sub}"]},
                "Null": {"dynamodb:LeadingKeys": "false"}}}]}"#,
    ),
    (
        "AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html",
        PolicyKind::Resource,
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"Service": "cloudfront.amazonaws.com"},
            "Action": "s3:GetObject", "Resource": "arn:aws:s3:::amzn-s3-demo-bucket/*",
            "Condition": {"StringEquals": {"AWS:SourceArn": "arn:aws:cloudfront::111122223333:distribution/EDFDVBD6EXAMPLE"}}}}"#,
    ),
    (
        "kms/latest/developerguide/key-policy-default.html",
        PolicyKind::Resource,
        r#"{"Version": "2012-10-17", "Statement": [{"Sid": "Enable IAM User Permissions", "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
            {"Sid": "Allow attachment of persistent resources", "Effect": "Allow",
             "Principal": {"AWS": "arn:aws:iam::111122223333:role/KeyUser"},
             "Action": ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"], "Resource": "*",
             "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}}}]}"#,
    ),
    (
        "IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html",
        PolicyKind::Trust,
        r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
            "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
            "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": {
                "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                "token.actions.githubusercontent.com:sub": "repo:GitHubOrg/GitHubRepo:ref:refs/heads/GitHubBranch"}}}]}"#,
    ),
    (
        "IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html",
        PolicyKind::Trust,
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "111122223333"},
            "Action": ["sts:AssumeRole", "sts:TagSession"], "Condition": {"StringEquals": {"sts:ExternalId": "12345"}}}}"#,
    ),
    (
        "IAM/latest/UserGuide/id_roles_create_for-service.html",
        PolicyKind::Trust,
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole"}}"#,
    ),
    (
        "organizations/latest/userguide/orgs_manage_policies_rcps_examples.html",
        PolicyKind::Rcp,
        r#"{"Version": "2012-10-17", "Statement": [{"Sid": "EnforceOrgIdentities", "Effect": "Deny", "Principal": "*",
            "Action": ["s3:*", "sqs:*", "kms:*", "secretsmanager:*", "sts:AssumeRole"], "Resource": "*",
            "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-exampleorgid"},
                "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}}]}"#,
    ),
    (
        "AmazonS3/latest/userguide/security-best-practices.html",
        PolicyKind::Resource,
        r#"{"Version": "2012-10-17", "Statement": [{"Sid": "RestrictToTLSRequestsOnly", "Effect": "Deny", "Principal": "*",
            "Action": "s3:*", "Resource": ["arn:aws:s3:::amzn-s3-demo-bucket", "arn:aws:s3:::amzn-s3-demo-bucket/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}"#,
    ),
];

#[test]
fn policies_from_the_documentation_have_no_findings() {
    for (page, kind, text) in DOCUMENTED {
        let findings: Vec<String> = lint(text, *kind).iter().map(ToString::to_string).collect();
        assert_eq!(findings, [""; 0], "https://docs.aws.amazon.com/{page}");
    }
}

/// As many statements, patterns and values as fit into a policy, in the shapes that take longest to compare.
#[test]
fn hostile_documents_are_linted_in_time() {
    let patterns: Vec<String> = (0..400).map(|at| format!("arn:aws:s3:::{}*{at}*", "a*".repeat(20))).collect();
    let wide = Statement::allow().actions(["s3:*", "*:*", "ec2:*?*?*?*", "iam:*a*e*o*"]).resources(&patterns);
    let narrow =
        (0..200).map(|at| Statement::deny().actions([format!("s3:*{at}?*"), "s3:Get*".into()]).resources(["*"]));
    let document = PolicyDocument::from_statements(narrow.chain([wide]).collect()).to_string();
    let started = Instant::now();
    assert!(!lint(&document, PolicyKind::Identity).is_empty());
    assert!(started.elapsed() < Duration::from_secs(20), "took {:?}", started.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn findings_are_inside_the_text_and_in_its_order(
        text in generate::document_text(true), cut in any::<prop::sample::Index>(),
    ) {
        let cut = text.char_indices().map(|(at, _)| at).nth(cut.index(text.len())).unwrap_or(text.len());
        for text in [&text, &text[..cut]] {
            for kind in [PolicyKind::Identity, PolicyKind::Resource, PolicyKind::Rcp, PolicyKind::Trust] {
                let findings = lint(text, kind);
                prop_assert!(findings.is_sorted_by_key(|finding| (finding.line, finding.column)));
                for finding in &findings {
                    let line = text.split('\n').nth(finding.line - 1);
                    prop_assert!(line.is_some_and(|line| finding.column <= line.chars().count() + 1), "{}", finding);
                }
            }
        }
    }

    /// What is said to be covered by another statement, or to be denied anyway, changes no decision.
    #[test]
    fn statements_said_to_be_needless_are(document in generate::document(false), request in generate::request()) {
        let allowed = |document: &PolicyDocument| {
            let identity = [PreparedPolicy::new(document)];
            evaluate(&request, &Layers::new(&identity)).decision == Decision::Allowed
        };
        for finding in lint(&document.to_json(), PolicyKind::Identity) {
            if ["duplicate-statement", "shadowed-statement", "always-denied"].contains(&finding.check.code) {
                let at: usize = finding.pointer.rsplit('/').next().unwrap().parse().unwrap();
                let rest: Vec<Statement> = document.statements().iter().enumerate()
                    .filter(|(place, _)| *place != at).map(|(_, statement)| statement.clone()).collect();
                let version = document.version().unwrap_or_default().as_str();
                let text = PolicyDocument::from_statements(rest).to_json().replacen("2012-10-17", version, 1);
                if let Ok(without) = PolicyDocument::parse(&text) {
                    prop_assert_eq!(allowed(&without), allowed(&document), "{}", finding);
                }
            }
        }
    }
}
