//! Policies as AWS publishes them: data perimeters, bucket policies, examples of the guides.

use super::{ALL, OTHER_ACCOUNT, ROW, Row, SESSION, check};

const TO_ALL: &str = r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}"#;

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html>
#[test]
fn data_perimeters() {
    const NETWORK: &str = r#"{"Sid": "EnforceNetworkPerimeter", "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {
        "NotIpAddressIfExists": {"aws:SourceIp": ["203.0.113.0/24"]}, "StringNotEqualsIfExists": {"aws:SourceVpc": ["vpc-1"], "aws:PrincipalTag/network-perimeter-exception": "true"},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false"}, "ArnNotLikeIfExists": {"aws:PrincipalArn": ["arn:aws:iam::*:role/aws:ec2-infrastructure"]}, "StringEquals": {"aws:PrincipalTag/data-perimeter-include": "true"}}}"#;
    const RESOURCES: &str = r#"{"Sid": "EnforceResourcePerimeter", "Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringNotEqualsIfExists": {"aws:ResourceOrgID": "o-a1b2c3d4e5", "aws:PrincipalTag/resource-perimeter-exception": "true"}, "ForAllValues:StringNotEquals": {"aws:CalledVia": ["dataexchange.amazonaws.com"]}}}"#;
    let page = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html";
    let network = Row { says: "network", identity: &[ALL], scps: &[&[ALL, NETWORK]], ..ROW };
    let resources = Row {
        says: "resources",
        account: OTHER_ACCOUNT,
        identity: &[ALL],
        attached: TO_ALL,
        scps: &[&[ALL, RESOURCES]],
        ..ROW
    };
    let rows = [
        Row {
            context: r#"{"aws:SourceIp": "203.0.113.9", "aws:PrincipalTag/data-perimeter-include": "true"}"#,
            ..network
        },
        Row {
            context: r#"{"aws:SourceIp": "198.51.100.1", "aws:PrincipalTag/data-perimeter-include": "true"}"#,
            expected: "denied by scp",
            ..network
        },
        Row { context: r#"{"aws:SourceIp": "198.51.100.1"}"#, ..network },
        Row { context: r#"{"aws:SourceVpc": "vpc-1", "aws:PrincipalTag/data-perimeter-include": "true"}"#, ..network },
        Row {
            context: r#"{"aws:SourceVpc": "vpc-2", "aws:PrincipalTag/data-perimeter-include": "true"}"#,
            expected: "denied by scp",
            ..network
        },
        Row {
            context: r#"{"aws:SourceIp": "198.51.100.1", "aws:ViaAWSService": "true", "aws:PrincipalTag/data-perimeter-include": "true"}"#,
            ..network
        },
        Row {
            context: r#"{"aws:SourceIp": "198.51.100.1", "aws:PrincipalTag/data-perimeter-include": "true", "aws:PrincipalTag/network-perimeter-exception": "true"}"#,
            ..network
        },
        Row { context: r#"{"aws:ResourceOrgID": "o-a1b2c3d4e5"}"#, ..resources },
        Row { context: r#"{"aws:ResourceOrgID": "o-other"}"#, expected: "denied by scp", ..resources },
        Row {
            context: r#"{"aws:ResourceOrgID": "o-other", "aws:CalledVia": ["dataexchange.amazonaws.com"]}"#,
            ..resources
        },
        Row {
            context: r#"{"aws:ResourceOrgID": "o-other", "aws:CalledVia": ["athena.amazonaws.com"]}"#,
            expected: "denied by scp",
            ..resources
        },
        Row { context: "{}", expected: "denied by scp", ..resources },
    ];
    check(page, &rows);
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html>
#[test]
fn bucket_policies() {
    let page = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html";
    let row = Row { identity: &[ALL], ..ROW };
    let secure = r#"{"Sid": "RestrictToTLSRequestsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::alpha", "arn:aws:s3:::alpha/*"], "Condition": {"Bool": {"aws:SecureTransport": "false"}}}"#;
    let encrypted = r#"{"Sid": "DenyObjectsThatAreNotSSEKMS", "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::alpha/*", "Condition": {"Null": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "true"}}}"#;
    let addresses = r#"{"Sid": "SourceIP", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::alpha", "arn:aws:s3:::alpha/*"], "Condition": {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}"#;
    let mfa = r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::alpha/taxdocuments/*", "Condition": {"Null": {"aws:MultiFactorAuthAge": true}}}"#;
    let listing = r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/ana"}, "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::alpha", "Condition": {"StringLike": {"s3:prefix": ["home/", "home/ana/*"], "s3:delimiter": ["/"]}}}"#;
    let delivery = r#"{"Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::alpha/logs*", "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::source"}, "StringEquals": {"aws:SourceAccount": "111122223333"}}}"#;
    let referer = r#"{"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:GetObjectVersion"], "Resource": "arn:aws:s3:::alpha/*", "Condition": {"StringLike": {"aws:Referer": ["http://www.example.com/*", "http://example.com/*"]}}}"#;
    let read = Row { caller: "anonymous", identity: &[], attached: referer, ..row };
    let logs = Row {
        caller: "logging.s3.amazonaws.com",
        identity: &[],
        attached: delivery,
        action: "s3:PutObject",
        resource: "arn:aws:s3:::alpha/logs/1",
        ..row
    };
    let list = Row { identity: &[], attached: listing, action: "s3:ListBucket", resource: "arn:aws:s3:::alpha", ..row };
    let put = Row { attached: encrypted, action: "s3:PutObject", ..row };
    let rows = [
        Row { says: "only TLS", attached: secure, context: r#"{"aws:SecureTransport": "true"}"#, ..row },
        Row {
            says: "only TLS",
            attached: secure,
            context: r#"{"aws:SecureTransport": "false"}"#,
            expected: "denied by resource",
            ..row
        },
        Row { says: "only with a KMS key", expected: "denied by resource", ..put },
        Row {
            says: "only with a KMS key",
            context: r#"{"s3:x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:us-east-1:111122223333:key/k"}"#,
            ..put
        },
        Row {
            says: "only from an address range",
            attached: addresses,
            context: r#"{"aws:SourceIp": "192.0.2.55"}"#,
            ..row
        },
        Row {
            says: "only from an address range",
            attached: addresses,
            context: r#"{"aws:SourceIp": "198.51.100.1"}"#,
            expected: "denied by resource",
            ..row
        },
        Row {
            says: "an address range denies whoever comes through a VPC endpoint",
            attached: addresses,
            expected: "denied by resource",
            ..row
        },
        Row {
            says: "MFA for a prefix",
            attached: mfa,
            resource: "arn:aws:s3:::alpha/taxdocuments/2025",
            expected: "denied by resource",
            ..row
        },
        Row {
            says: "MFA for a prefix",
            attached: mfa,
            resource: "arn:aws:s3:::alpha/taxdocuments/2025",
            context: r#"{"aws:MultiFactorAuthAge": "10"}"#,
            ..row
        },
        Row { says: "MFA for a prefix and nothing else", attached: mfa, ..row },
        Row { says: "listing a home folder", context: r#"{"s3:prefix": "home/ana/x", "s3:delimiter": "/"}"#, ..list },
        Row {
            says: "listing a home folder",
            context: r#"{"s3:prefix": "home/eve/", "s3:delimiter": "/"}"#,
            expected: "lacks identity",
            ..list
        },
        Row { says: "listing a home folder", context: r#"{"s3:prefix": "home/"}"#, expected: "lacks identity", ..list },
        Row {
            says: "log delivery",
            context: r#"{"aws:SourceArn": "arn:aws:s3:::source", "aws:SourceAccount": "111122223333"}"#,
            ..logs
        },
        Row {
            says: "log delivery for another bucket",
            context: r#"{"aws:SourceArn": "arn:aws:s3:::elsewhere", "aws:SourceAccount": "111122223333"}"#,
            expected: "lacks resource",
            ..logs
        },
        Row { says: "by referer", context: r#"{"aws:referer": "http://example.com/page"}"#, ..read },
        Row {
            says: "by referer",
            context: r#"{"aws:referer": "http://evil.example/"}"#,
            expected: "lacks resource",
            ..read
        },
        Row { says: "by referer", expected: "lacks resource", ..read },
    ];
    check(page, &rows);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/tutorial_attribute-based-access-control.html>
#[test]
fn attributes_of_principal_and_resource() {
    let page = "https://docs.aws.amazon.com/IAM/latest/UserGuide/tutorial_attribute-based-access-control.html";
    const PROJECT: &str = r#"[{"Sid": "AllActionsSecretsManagerSameProjectSameTeam", "Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*", "Condition": {
        "StringEquals": {"aws:ResourceTag/access-project": "${aws:PrincipalTag/access-project}", "aws:ResourceTag/access-team": "${aws:PrincipalTag/access-team}"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["access-project", "access-team", "cost-center", "Name", "OwnedBy"]},
        "StringEqualsIfExists": {"aws:RequestTag/access-project": "${aws:PrincipalTag/access-project}"}}},
        {"Sid": "AllResourcesSecretsManagerNoTags", "Effect": "Allow", "Action": ["secretsmanager:GetRandomPassword", "secretsmanager:ListSecrets"], "Resource": "*"},
        {"Sid": "DenyUntagSecretsManagerReservedTags", "Effect": "Deny", "Action": "secretsmanager:UntagResource", "Resource": "*", "Condition": {"ForAnyValue:StringLike": {"aws:TagKeys": "access-*"}}}]"#;
    let row = Row {
        caller: SESSION,
        action: "secretsmanager:GetSecretValue",
        resource: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:s",
        identity: &[PROJECT],
        ..ROW
    };
    let rows = [
        Row {
            says: "same project and team",
            context: r#"{"aws:ResourceTag/access-project": "peg", "aws:PrincipalTag/access-project": "peg", "aws:ResourceTag/access-team": "eng", "aws:PrincipalTag/access-team": "eng"}"#,
            ..row
        },
        Row {
            says: "another team",
            context: r#"{"aws:ResourceTag/access-project": "peg", "aws:PrincipalTag/access-project": "peg", "aws:ResourceTag/access-team": "qas", "aws:PrincipalTag/access-team": "eng"}"#,
            expected: "lacks identity",
            ..row
        },
        Row {
            says: "a secret without tags",
            context: r#"{"aws:PrincipalTag/access-project": "peg", "aws:PrincipalTag/access-team": "eng"}"#,
            expected: "lacks identity",
            ..row
        },
        Row {
            says: "a principal without tags",
            context: r#"{"aws:ResourceTag/access-project": "peg", "aws:ResourceTag/access-team": "eng"}"#,
            expected: "lacks identity",
            ..row
        },
        Row {
            says: "a tag for another project",
            context: r#"{"aws:ResourceTag/access-project": "peg", "aws:PrincipalTag/access-project": "peg", "aws:ResourceTag/access-team": "eng", "aws:PrincipalTag/access-team": "eng", "aws:RequestTag/access-project": "uni", "aws:TagKeys": ["access-project"]}"#,
            expected: "lacks identity",
            ..row
        },
        Row {
            says: "a tag nobody knows",
            context: r#"{"aws:ResourceTag/access-project": "peg", "aws:PrincipalTag/access-project": "peg", "aws:ResourceTag/access-team": "eng", "aws:PrincipalTag/access-team": "eng", "aws:TagKeys": ["colour"]}"#,
            expected: "lacks identity",
            ..row
        },
        Row {
            says: "without tags there is something to do",
            action: "secretsmanager:ListSecrets",
            resource: "*",
            ..row
        },
        Row {
            says: "reserved tags stay",
            action: "secretsmanager:UntagResource",
            context: r#"{"aws:TagKeys": ["Name", "access-team"]}"#,
            expected: "denied by identity",
            ..row
        },
    ];
    check(page, &rows);
}
