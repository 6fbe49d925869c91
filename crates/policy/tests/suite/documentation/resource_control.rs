//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html>, `…_rcps_evaluation.html` and
//! `…_rcps_examples.html`

use super::{ALL, OTHER_ACCOUNT, ROOT, ROW, Row, check};

const PAGE: &str = "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html";
const EXAMPLES: &str =
    "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_examples.html";
const DENY: &str = r#"{"Effect": "Deny", "Principal": "*", "Action": ["s3:*", "sqs:*", "kms:*", "secretsmanager:*", "sts:*", "ssm:*", "ec2:*"], "Resource": "*"}"#;
const TO_ALL: &str = r#"{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}"#;

#[test]
fn whom_and_what_resource_control_policies_bind() {
    const LINKED: &str =
        r#"{"aws:PrincipalArn": "arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"}"#;
    let row = Row {
        anchor: "#rcp-effects-on-permissions",
        identity: &[ALL],
        attached: TO_ALL,
        rcps: &[&[DENY]],
        expected: "denied by rcp(0)",
        ..ROW
    };
    let rows = [
        Row { says: "callers of the account", ..row },
        Row { says: "callers from outside", account: OTHER_ACCOUNT, ..row },
        Row { says: "root users", caller: ROOT, ..row },
        Row { says: "services", caller: "logging.s3.amazonaws.com", identity: &[], ..row },
        Row { says: "anonymous callers", caller: "anonymous", identity: &[], ..row },
        Row {
            says: "not service-linked roles",
            caller: "arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForX/s",
            context: LINKED,
            expected: "allowed",
            ..row
        },
        Row {
            says: "at every level above the account",
            rcps: &[&[], &[DENY], &[]],
            expected: "denied by rcp(1)",
            ..row
        },
        Row {
            says: "RCPFullAWSAccess cannot be detached",
            anchor: "",
            rcps: &[&[], &[], &[]],
            expected: "allowed",
            ..row
        },
        Row {
            says: "no permissions are granted",
            identity: &[],
            attached: "",
            rcps: &[&[TO_ALL]],
            expected: "lacks identity",
            ..row
        },
        Row { says: "supported: S3", anchor: "#rcp-supported-services", ..row },
        Row {
            says: "supported: SQS",
            anchor: "#rcp-supported-services",
            action: "sqs:SendMessage",
            resource: "arn:aws:sqs:eu-west-1:111122223333:q",
            ..row
        },
        Row {
            says: "supported: KMS",
            anchor: "#rcp-supported-services",
            action: "kms:Decrypt",
            resource: "arn:aws:kms:eu-west-1:111122223333:key/k",
            ..row
        },
        Row {
            says: "supported: Secrets Manager",
            anchor: "#rcp-supported-services",
            action: "secretsmanager:GetSecretValue",
            resource: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:s",
            ..row
        },
        Row {
            says: "supported: STS",
            anchor: "#rcp-supported-services",
            action: "sts:AssumeRole",
            resource: "arn:aws:iam::111122223333:role/r",
            ..row
        },
        Row {
            says: "not supported: Systems Manager",
            anchor: "#rcp-supported-services",
            action: "ssm:GetParameter",
            resource: "arn:aws:ssm:eu-west-1:111122223333:parameter/p",
            expected: "allowed",
            ..row
        },
        Row {
            says: "not supported: EC2",
            anchor: "#rcp-supported-services",
            action: "ec2:StopInstances",
            resource: "arn:aws:ec2:eu-west-1:111122223333:instance/i",
            expected: "allowed",
            ..row
        },
        Row {
            says: "not kms:RetireGrant",
            anchor: "#actions-not-restricted-by-rcps",
            action: "kms:RetireGrant",
            resource: "arn:aws:kms:eu-west-1:111122223333:key/k",
            expected: "allowed",
            ..row
        },
    ];
    check(PAGE, &rows);
}

#[test]
fn the_examples_of_the_guide() {
    const ORGANISATION: &str = r#"{"Sid": "EnforceOrgIdentities", "Effect": "Deny", "Principal": "*", "Action": ["s3:*", "sqs:*", "kms:*", "secretsmanager:*", "sts:AssumeRole", "sts:DecodeAuthorizationMessage", "sts:GetAccessKeyInfo", "sts:GetFederationToken", "sts:GetServiceBearerToken", "sts:GetSessionToken", "sts:SetContext"],
        "Resource": "*", "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}}"#;
    const DEPUTY: &str = r#"{"Sid": "EnforceConfusedDeputyProtection", "Effect": "Deny", "Principal": "*", "Action": ["s3:*", "sqs:*", "kms:*", "secretsmanager:*"], "Resource": "*",
        "Condition": {"StringNotEqualsIfExists": {"aws:SourceOrgID": "o-a1b2c3d4e5"}, "Null": {"aws:SourceAccount": "false"}, "Bool": {"aws:PrincipalIsAWSService": "true"}}}"#;
    const SECURE: &str = r#"{"Sid": "EnforceSecureTransport", "Effect": "Deny", "Principal": "*", "Action": ["sts:*", "s3:*", "sqs:*", "secretsmanager:*", "kms:*"], "Resource": "*", "Condition": {"BoolIfExists": {"aws:SecureTransport": "false"}}}"#;
    const TLS: &str = r#"{"Sid": "EnforceS3TlsVersion", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"NumericLessThan": {"s3:TlsVersion": ["1.2"]}}}"#;
    let row =
        Row { identity: &[ALL], attached: TO_ALL, account: OTHER_ACCOUNT, rcps: &[&[ORGANISATION, DEPUTY]], ..ROW };
    let service = Row { caller: "cloudtrail.amazonaws.com", identity: &[], action: "s3:PutObject", ..row };
    let rows = [
        Row {
            says: "identities of the organisation",
            context: r#"{"aws:PrincipalOrgID": "o-a1b2c3d4e5", "aws:PrincipalIsAWSService": "false"}"#,
            ..row
        },
        Row {
            says: "identities of another",
            context: r#"{"aws:PrincipalOrgID": "o-other", "aws:PrincipalIsAWSService": "false"}"#,
            expected: "denied by rcp(0)",
            ..row
        },
        Row { says: "identities of none", expected: "denied by rcp(0)", ..row },
        Row {
            says: "a service for the organisation",
            context: r#"{"aws:PrincipalIsAWSService": "true", "aws:SourceAccount": "444455556666", "aws:SourceOrgID": "o-a1b2c3d4e5"}"#,
            ..service
        },
        Row {
            says: "a service for somebody else",
            context: r#"{"aws:PrincipalIsAWSService": "true", "aws:SourceAccount": "777788889999", "aws:SourceOrgID": "o-other"}"#,
            expected: "denied by rcp(0)",
            ..service
        },
        Row {
            says: "a service for somebody without organisation",
            context: r#"{"aws:PrincipalIsAWSService": "true", "aws:SourceAccount": "777788889999"}"#,
            expected: "denied by rcp(0)",
            ..service
        },
        Row { says: "a service that tells no source", context: r#"{"aws:PrincipalIsAWSService": "true"}"#, ..service },
        Row { says: "only TLS: with", rcps: &[&[SECURE]], context: r#"{"aws:SecureTransport": "true"}"#, ..row },
        Row {
            says: "only TLS: without",
            rcps: &[&[SECURE]],
            context: r#"{"aws:SecureTransport": "false"}"#,
            expected: "denied by rcp(0)",
            ..row
        },
        Row {
            says: "only TLS: IfExists stops a request that does not tell",
            rcps: &[&[SECURE]],
            expected: "denied by rcp(0)",
            ..row
        },
        Row {
            says: "at least TLS 1.2",
            rcps: &[&[TLS]],
            context: r#"{"s3:TlsVersion": "1.1"}"#,
            expected: "denied by rcp(0)",
            ..row
        },
        Row { says: "at least TLS 1.2", rcps: &[&[TLS]], context: r#"{"s3:TlsVersion": "1.3"}"#, ..row },
        Row {
            says: "at least TLS 1.2: other services",
            rcps: &[&[TLS]],
            action: "sqs:SendMessage",
            resource: "arn:aws:sqs:eu-west-1:444455556666:q",
            context: r#"{"s3:TlsVersion": "1.1"}"#,
            ..row
        },
    ];
    check(EXAMPLES, &rows);
}
