//! Every check fires on one document and stays silent on its neighbour.

use std::collections::BTreeSet;

use super::{CHECKS, Severity, lint};
use crate::document::PolicyKind;

fn codes(kind: PolicyKind, text: &str) -> Vec<&'static str> {
    lint(text, kind).into_iter().map(|finding| finding.check.code).collect()
}

/// A document of version 2012 with these statements.
fn document(statements: &str) -> String {
    format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#)
}

/// Check, kind, statements that it finds something in, statements in which it finds nothing.
const TABLE: &[(&str, PolicyKind, &str, &str)] = {
    use PolicyKind::{Identity, Rcp, Resource, Trust};
    &[
        (
            "sid-characters",
            Identity,
            r#"{"Sid": "a b", "Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}"#,
            r#"{"Sid": "Ab1", "Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}"#,
        ),
        (
            "rcp-form",
            Rcp,
            r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}"#,
            r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}"#,
        ),
        (
            "rcp-form",
            Rcp,
            r#"{"Effect": "Deny", "Principal": {"AWS": "111122223333"}, "NotAction": "s3:*", "Resource": "*"}"#,
            r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "NotResource": "arn:aws:s3:::a"}"#,
        ),
        (
            "trust-action",
            Trust,
            r#"{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:GetObject"}"#,
            r#"{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "STS:Assume*"}"#,
        ),
        (
            "unknown-service",
            Identity,
            r#"{"Effect": "Allow", "Action": "dynamo:GetItem", "Resource": "*"}"#,
            r#"{"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*"}"#,
        ),
        (
            "unknown-action",
            Identity,
            r#"{"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListObjects"], "Resource": "*"}"#,
            r#"{"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "*"}"#,
        ),
        (
            "pattern-without-action",
            Identity,
            r#"{"Effect": "Deny", "Action": "s3:Fetch*", "Resource": "*"}"#,
            r#"{"Effect": "Deny", "Action": "s3:Get*", "Resource": "*"}"#,
        ),
        (
            "redundant-action",
            Identity,
            r#"{"Effect": "Deny", "Action": ["s3:GetObject", "S3:get*"], "Resource": "*"}"#,
            r#"{"Effect": "Deny", "Action": ["s3:PutObject", "S3:get*"], "Resource": "*"}"#,
        ),
        (
            "not-action-with-allow",
            Identity,
            r#"{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}"#,
            r#"{"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}"#,
        ),
        (
            "rcp-unsupported-service",
            Rcp,
            r#"{"Effect": "Deny", "Principal": "*", "Action": ["s3:*", "ec2:RunInstances"], "Resource": "*"}"#,
            r#"{"Effect": "Deny", "Principal": "*", "Action": ["s3:*", "sqs:*"], "Resource": "*"}"#,
        ),
        (
            "invalid-arn",
            Identity,
            r#"{"Effect": "Deny", "Action": "sqs:*", "Resource": ["arn:aws:sqs:eu-west-1:1111:q"]}"#,
            r#"{"Effect": "Deny", "Action": "sqs:*", "Resource": ["arn:aws:sqs:*:111122223333:${aws:username}"]}"#,
        ),
        (
            "invalid-arn",
            Identity,
            r#"{"Effect": "Deny", "Action": "sqs:*", "Resource": ["sqs:queue"]}"#,
            r#"{"Effect": "Deny", "Action": "sqs:*", "Resource": ["arn:aws:sqs:*"]}"#,
        ),
        (
            "redundant-resource",
            Identity,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": ["arn:aws:s3:::a/b", "arn:aws:s3:::a/*"]}"#,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": ["arn:aws:s3:::a/b", "arn:aws:s3:::a/${aws:username}"]}"#,
        ),
        (
            "resource-type-mismatch",
            Identity,
            r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data"}"#,
            r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*"}"#,
        ),
        (
            "needs-all-resources",
            Identity,
            r#"{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "arn:aws:s3:::data"}"#,
            r#"{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}"#,
        ),
        (
            "unknown-condition-key",
            Identity,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipleOrgID": "o-a"}}}"#,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a"}}}"#,
        ),
        (
            "key-never-carried",
            Identity,
            r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": {"StringLike": {"s3:prefix": "a"}}}"#,
            r#"{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*", "Condition": {"StringLike": {"s3:prefix": "a"}}}"#,
        ),
        (
            "key-never-carried",
            Identity,
            r#"{"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject"], "Resource": "*", "Condition": {"StringLike": {"s3:prefix": "a"}}}"#,
            r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"StringLike": {"s3:prefix": "a"}}}"#,
        ),
        (
            "deprecated-condition-key",
            Resource,
            r#"{"Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceOwner": "111122223333"}}}"#,
            r#"{"Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}"#,
        ),
        (
            "unknown-variable",
            Identity,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::a/${aws:usernam}/*"}"#,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::a/${aws:PrincipalTag/team, 'x'}/${*}"}"#,
        ),
        (
            "multi-valued-variable",
            Identity,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::a/${aws:TagKeys}/*"}"#,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::a/${aws:username}/*"}"#,
        ),
        (
            "operator-type-mismatch",
            Identity,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceIp": "203.0.113.7"}}}"#,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.7"}}}"#,
        ),
        (
            "missing-set-operator",
            Identity,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:TagKeys": "a"}}}"#,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Null": {"aws:TagKeys": "true"}}}"#,
        ),
        (
            "set-operator-on-single-value",
            Identity,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"ForAnyValue:StringEquals": {"aws:PrincipalOrgID": "o-a"}}}"#,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}}}"#,
        ),
        (
            "for-all-values-with-allow",
            Identity,
            r#"{"Effect": "Allow", "Action": "ec2:CreateTags", "Resource": "*", "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": "a"}}}"#,
            r#"{"Effect": "Allow", "Action": "ec2:CreateTags", "Resource": "*", "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": "a"}, "Null": {"aws:TagKeys": "false"}}}"#,
        ),
        (
            "wildcard-without-like",
            Identity,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:username": "dev-*"}}}"#,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringLike": {"aws:username": "dev-*"}}}"#,
        ),
        (
            "missing-if-exists",
            Identity,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}"#,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}"#,
        ),
        (
            "source-ip-hits-services",
            Identity,
            r#"{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}"#,
            r#"{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}, "Bool": {"aws:ViaAWSService": "false"}}}"#,
        ),
        (
            "empty-values",
            Identity,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:username": []}}}"#,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:username": ["a"]}}}"#,
        ),
        (
            "value-type-mismatch",
            Identity,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/33"}}}"#,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "2001:db8::/32"}}}"#,
        ),
        (
            "value-type-mismatch",
            Identity,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333"}}}"#,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": ["*", "arn:aws:iam::*:role/a"]}}}"#,
        ),
        (
            "unsatisfiable-conditions",
            Identity,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:username": ["a", "b"]}, "StringLike": {"aws:username": "c*"}}}"#,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:username": ["a", "cb"]}, "StringLike": {"aws:username": "c*"}}}"#,
        ),
        (
            "unsatisfiable-conditions",
            Identity,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:username": "a"}, "StringNotLike": {"aws:username": ["a*"]}}}"#,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:username": "a"}, "StringNotLike": {"aws:username": ["b*"]}}}"#,
        ),
        (
            "unsatisfiable-conditions",
            Identity,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}, "DateGreaterThanEquals": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}}"#,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"DateLessThanEquals": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}, "DateGreaterThanEquals": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}}"#,
        ),
        (
            "unsatisfiable-conditions",
            Identity,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Null": {"aws:username": "true"}, "StringEquals": {"aws:username": "a"}}}"#,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Null": {"aws:username": "true"}, "StringNotEquals": {"aws:username": "a"}}}"#,
        ),
        (
            "public-principal",
            Resource,
            r#"{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}"#,
            r#"{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a"}}}"#,
        ),
        (
            "not-principal-with-allow",
            Resource,
            r#"{"Effect": "Allow", "NotPrincipal": {"AWS": "111122223333"}, "Action": "s3:GetObject", "Resource": "*"}"#,
            r#"{"Effect": "Deny", "NotPrincipal": {"AWS": "111122223333"}, "Action": "s3:GetObject", "Resource": "*"}"#,
        ),
        (
            "not-principal-with-deny",
            Resource,
            r#"{"Effect": "Deny", "NotPrincipal": {"AWS": "111122223333"}, "Action": "s3:GetObject", "Resource": "*"}"#,
            r#"{"Effect": "Deny", "Principal": {"AWS": "111122223333"}, "Action": "s3:GetObject", "Resource": "*"}"#,
        ),
        (
            "invalid-principal",
            Resource,
            r#"{"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::111122223333:role/dev-*"}, "Action": "s3:GetObject", "Resource": "*"}"#,
            r#"{"Effect": "Deny", "Principal": {"AWS": ["arn:aws:iam::111122223333:role/dev", "*", "111122223333"], "Service": "s3.amazonaws.com"}, "Action": "s3:GetObject", "Resource": "*"}"#,
        ),
        (
            "confused-deputy",
            Resource,
            r#"{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}"#,
            r#"{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*", "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:111122223333:t"}}}"#,
        ),
        (
            "federation-without-subject",
            Trust,
            r#"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}}"#,
            r#"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/app:*"}}}"#,
        ),
        (
            "duplicate-statement",
            Identity,
            r#"{"Sid": "A", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}, {"Sid": "B", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}"#,
            r#"{"Sid": "A", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}, {"Sid": "B", "Effect": "Deny", "Action": "sqs:*", "Resource": "*"}"#,
        ),
        (
            "shadowed-statement",
            Identity,
            r#"{"Effect": "Deny", "Action": "s3:Get*", "Resource": "arn:aws:s3:::a/*"}, {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}"#,
            r#"{"Effect": "Deny", "Action": "s3:Get*", "Resource": "arn:aws:s3:::a/*"}, {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Null": {"aws:username": "true"}}}"#,
        ),
        (
            "always-denied",
            Identity,
            r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}, {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}"#,
            r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}, {"Effect": "Deny", "NotAction": ["iam:*", "s3:*"], "Resource": "*"}"#,
        ),
        (
            "full-access",
            Identity,
            r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#,
            r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}"#,
        ),
        (
            "privilege-escalation",
            Identity,
            r#"{"Effect": "Allow", "Action": ["iam:PassRole", "lambda:CreateFunction"], "Resource": "*"}"#,
            r#"{"Effect": "Allow", "Action": ["iam:PassRole", "lambda:CreateFunction"], "Resource": "arn:aws:iam::111122223333:role/app"}"#,
        ),
        (
            "privilege-escalation",
            Identity,
            r#"{"Effect": "Allow", "Action": "iam:*Policy*", "Resource": "arn:aws:iam::*:role/*"}"#,
            r#"{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}, {"Effect": "Deny", "NotAction": ["iam:Get*", "iam:List*"], "Resource": "*"}"#,
        ),
        (
            "privilege-escalation",
            Identity,
            r#"{"Effect": "Allow", "Action": "lambda:*", "Resource": ["arn:aws:lambda:*:*:function:*", "arn:aws:s3:::a"]}"#,
            r#"{"Effect": "Allow", "Action": "lambda:*", "Resource": ["arn:aws:lambda:*:*:function:app-*", "arn:aws:sqs:*:*:*"]}"#,
        ),
        (
            "privilege-escalation",
            Identity,
            r#"{"Effect": "Allow", "Action": "ssm:SendCommand", "Resource": "*"}"#,
            r#"{"Effect": "Allow", "Action": "ssm:SendCommand", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/Project": "a"}}}"#,
        ),
        (
            "key-never-carried",
            Identity,
            r#"{"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject"], "Resource": "*", "Condition": {"StringNotLike": {"s3:prefix": "a"}}}"#,
            r#"{"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject"], "Resource": "*", "Condition": {"StringLikeIfExists": {"s3:prefix": "a"}}}"#,
        ),
        (
            "key-never-carried",
            Trust,
            r#"{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": ["sts:AssumeRole", "sts:GetCallerIdentity"], "Condition": {"StringEquals": {"sts:ExternalId": "a"}}}"#,
            r#"{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": ["sts:AssumeRole", "sts:TagSession"], "Condition": {"StringEquals": {"sts:ExternalId": "a"}}}"#,
        ),
        (
            "invalid-arn",
            Identity,
            r#"{"Effect": "Deny", "Action": "dynamodb:*", "Resource": ["arn:aws:dynamo:*:*:table/a"]}"#,
            r#"{"Effect": "Deny", "Action": "execute-api:*", "Resource": ["arn:aws:execute-api:*:*:a/*"]}"#,
        ),
        (
            "loose-address-range",
            Identity,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.7/24"}}}"#,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.7/32"}}}"#,
        ),
        (
            "private-source-ip",
            Identity,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "10.1.0.0/16"}}}"#,
            r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"IpAddress": {"aws:VpcSourceIp": "10.1.0.0/16"}}}"#,
        ),
        (
            "any-service-linked-role",
            Identity,
            r#"{"Effect": "Allow", "Action": "iam:CreateServiceLinkedRole", "Resource": "*"}"#,
            r#"{"Effect": "Allow", "Action": "iam:CreateServiceLinkedRole", "Resource": "*", "Condition": {"StringLike": {"iam:AWSServiceName": "rds.amazonaws.com"}}}"#,
        ),
        (
            "pass-any-role",
            Identity,
            r#"{"Effect": "Allow", "Action": "iam:Pass*", "Resource": "arn:aws:iam::111122223333:role/*"}"#,
            r#"{"Effect": "Allow", "Action": "iam:Pass*", "Resource": "*", "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}}"#,
        ),
    ]
};

#[test]
fn each_check_fires_and_stays_silent() {
    for (code, kind, wrong, right) in TABLE {
        let (found, silent) = (codes(*kind, &document(wrong)), codes(*kind, &document(right)));
        assert!(found.contains(code), "{code} is silent on {wrong}, where {found:?} was found");
        assert!(!silent.contains(code), "{code} fires on {right}");
    }
}

/// Those about a document as a whole are tested below.
#[test]
fn every_check_is_tested() {
    let tested: BTreeSet<&str> = TABLE.iter().map(|(code, ..)| *code).collect();
    let whole = ["invalid-document", "missing-version", "old-version-with-variables", "too-large"];
    let all: BTreeSet<&str> = CHECKS.iter().map(|check| check.code).collect();
    assert_eq!(all.len(), CHECKS.len(), "codes are unique");
    assert_eq!(all, tested.into_iter().chain(whole).collect());
    for check in CHECKS {
        assert!(check.page.starts_with("https://"), "{}", check.code);
        assert!(check.about.ends_with('.'), "{}", check.code);
    }
}

#[test]
fn documents_that_do_not_parse_are_one_finding() {
    let found = lint("{\n  \"Statement\": []}", PolicyKind::Identity);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].check.code, found[0].check.severity), ("invalid-document", Severity::Error));
    assert_eq!((found[0].line, found[0].column), (2, 16));
    assert_eq!(codes(PolicyKind::Identity, "}"), ["invalid-document"]);
}

#[test]
fn the_version_decides_about_variables() {
    let text = |version: &str| {
        let statement = r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::a/${aws:username}"}"#;
        format!(r#"{{{version} "Statement": {statement}}}"#)
    };
    let identity = PolicyKind::Identity;
    assert_eq!(codes(identity, &text("")), ["missing-version", "old-version-with-variables"]);
    assert_eq!(codes(identity, &text(r#""Version": "2008-10-17","#)), ["old-version-with-variables"]);
    assert_eq!(codes(identity, &text(r#""Version": "2012-10-17","#)), [""; 0]);
}

#[test]
fn each_kind_has_its_largest_size() {
    let of = |kind, characters: usize| {
        let statement = r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::"#;
        let text = document(&format!("{statement}{}\"}}", "a".repeat(characters)));
        codes(kind, &text).contains(&"too-large")
    };
    for (kind, limit) in [(PolicyKind::Boundary, 6_144), (PolicyKind::Session, 2_048), (PolicyKind::Scp, 10_240)] {
        assert!(of(kind, limit) && !of(kind, limit - 200), "{kind}");
    }
}

#[test]
fn findings_say_where_and_what_to_do() {
    let text = "{\n \"Version\": \"2012-10-17\",\n \"Statement\": {\"Effect\": \"Allow\",\n  \"Action\": [\"s3:GetObject\",\n   \"s3:GetObjcet\"], \"Resource\": \"*\"}\n}";
    let found = lint(text, PolicyKind::Identity);
    assert_eq!(
        found.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["5:4: error[unknown-action]: there is no action `s3:GetObjcet`; did you mean `s3:GetObject`?"]
    );
    assert_eq!(found[0].pointer, "/Statement/Action/1");
}
