//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html> and the pages
//! around it.

use super::{ALL, ANA, DENY, NOTHING, ROOT, ROW, Row, SESSION, check};

const EVALUATION: &str =
    "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html";
const SCPS: &str = "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html";
const SYNTAX: &str = "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html";

const DENY_S3: &str = r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}"#;
const DENY_EC2: &str = r#"{"Effect": "Deny", "Action": "ec2:*", "Resource": "*"}"#;
const EC2: &str = r#"{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}"#;
const S3: &str = r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}"#;
const SOME: &str = r#"[{"Effect": "Allow", "Action": ["ec2:*", "cloudwatch:*", "organizations:*"], "Resource": "*"}, {"Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"}]"#;

#[test]
fn every_level_has_to_allow_and_none_may_deny() {
    let s3 = Row { identity: &[ALL], ..ROW };
    let ec2 = Row { action: "ec2:StartInstances", resource: "arn:aws:ec2:eu-west-1:111122223333:instance/i", ..s3 };
    let sqs = Row { action: "sqs:SendMessage", resource: "arn:aws:sqs:eu-west-1:111122223333:q", ..s3 };
    let rows = [
        Row {
            anchor: "#how_scps_allow",
            says: "figure 1: an Allow at root, OU and account",
            scps: &[&[S3], &[S3], &[S3]],
            ..s3
        },
        Row {
            anchor: "#how_scps_allow",
            says: "figure 2: none at the OU",
            scps: &[&[S3], &[EC2], &[S3]],
            expected: "lacks scp(1)",
            ..s3
        },
        Row {
            anchor: "#how_scps_allow",
            says: "a level without a policy blocks everything below",
            scps: &[&[ALL], &[], &[ALL]],
            expected: "lacks scp(1)",
            ..s3
        },
        Row { anchor: "#how_scps_allow", says: "policies of one level add up", scps: &[&[EC2, S3]], ..s3 },
        Row {
            anchor: "#how_scps_deny",
            says: "figure 3: a Deny at the OU",
            scps: &[&[ALL], &[ALL, DENY_S3], &[S3]],
            expected: "denied by scp(1)",
            ..s3
        },
        Row { anchor: "#strategy_using_scps", says: "allowed services", scps: &[&[SOME]], ..ec2 },
        Row {
            anchor: "#strategy_using_scps",
            says: "other services",
            scps: &[&[SOME]],
            expected: "lacks scp(0)",
            ..s3
        },
        Row {
            anchor: "#strategy_using_scps",
            says: "leaving the organisation",
            action: "organizations:LeaveOrganization",
            resource: "*",
            scps: &[&[SOME]],
            expected: "denied by scp(0)",
            ..s3
        },
        Row {
            says: "scenario 1, account B: S3 denied by the OU",
            scps: &[&[ALL], &[ALL, DENY_S3], &[ALL, DENY_EC2]],
            expected: "denied by scp(1)",
            ..s3
        },
        Row {
            says: "scenario 1, account B: EC2 denied by the account",
            scps: &[&[ALL], &[ALL, DENY_S3], &[ALL, DENY_EC2]],
            expected: "denied by scp(2)",
            ..ec2
        },
        Row { says: "scenario 1, account A: EC2 stays", scps: &[&[ALL], &[ALL, DENY_S3], &[ALL]], ..ec2 },
        Row { says: "scenario 2: only EC2 at the OU", scps: &[&[ALL], &[EC2], &[ALL]], ..ec2 },
        Row {
            says: "scenario 2: only EC2 at the OU",
            scps: &[&[ALL], &[EC2], &[ALL]],
            expected: "lacks scp(1)",
            ..sqs
        },
        Row { says: "scenario 3: no Allow at the root", scps: &[&[], &[ALL], &[ALL]], expected: "lacks scp(0)", ..s3 },
        Row {
            says: "scenario 4, account D: all but EC2",
            scps: &[&[ALL], &[ALL], &[ALL, DENY_EC2], &[ALL]],
            expected: "denied by scp(2)",
            ..ec2
        },
        Row { says: "scenario 4, account D: all but EC2", scps: &[&[ALL], &[ALL], &[ALL, DENY_EC2], &[ALL]], ..s3 },
        Row {
            says: "scenario 5, account D: EC2 only",
            scps: &[&[ALL], &[ALL], &[EC2], &[ALL]],
            expected: "lacks scp(2)",
            ..s3
        },
        Row {
            says: "scenario 6, account D: the root's Deny goes before the OU's Allow",
            scps: &[&[ALL, DENY_S3], &[ALL], &[S3], &[ALL]],
            expected: "denied by scp(0)",
            ..s3
        },
        Row {
            says: "scenario 6, account D: nothing else is allowed either",
            scps: &[&[ALL, DENY_S3], &[ALL], &[S3], &[ALL]],
            expected: "lacks scp(2)",
            ..sqs
        },
        Row { says: "scenario 6, accounts E and F: other services", scps: &[&[ALL, DENY_S3], &[ALL], &[ALL]], ..sqs },
    ];
    check(EVALUATION, &rows);
}

#[test]
fn whom_service_control_policies_bind() {
    const LINKED: &str = r#"{"aws:PrincipalArn": "arn:aws:iam::111122223333:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"}"#;
    let to_all = r#"{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}"#;
    let row = Row {
        anchor: "#scp-effects-on-permissions",
        identity: &[ALL],
        scps: &[&[ALL, DENY]],
        expected: "denied by scp(0)",
        ..ROW
    };
    let rows = [
        Row { says: "users", caller: ANA, ..row },
        Row { says: "roles", caller: SESSION, ..row },
        Row { says: "the root user of a member account", caller: ROOT, ..row },
        Row {
            says: "service-linked roles are not bound",
            caller: "arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForAutoScaling/s",
            context: LINKED,
            expected: "allowed",
            ..row
        },
        Row {
            says: "services are not bound",
            caller: "lambda.amazonaws.com",
            identity: &[],
            attached: to_all,
            expected: "allowed",
            ..row
        },
        Row {
            says: "anonymous callers of the resource are not bound",
            caller: "anonymous",
            identity: &[],
            attached: to_all,
            expected: "allowed",
            ..row
        },
        Row { says: "no permissions are granted", identity: &[], scps: &[&[ALL]], expected: "lacks identity", ..row },
        Row {
            says: "a resource's policy does not get round them",
            identity: &[],
            attached: to_all,
            scps: &[&[NOTHING]],
            expected: "lacks scp(0)",
            ..row
        },
    ];
    check(SCPS, &rows);
}

#[test]
fn what_service_control_policies_may_say() {
    let row = Row { identity: &[ALL], ..ROW };
    const REGIONS: &str = r#"{"Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "Resource": "*", "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "eu-west-1"]}, "ArnNotLike": {"aws:PrincipalARN": ["arn:aws:iam::*:role/Role1AllowedToBypassThisSCP"]}}}"#;
    let rows = [
        Row {
            anchor: "#scp-syntax-condition",
            says: "regions: elsewhere",
            scps: &[&[ALL, REGIONS]],
            context: r#"{"aws:RequestedRegion": "us-east-1", "aws:PrincipalArn": "arn:aws:iam::111122223333:user/ana"}"#,
            expected: "denied by scp(0)",
            ..row
        },
        Row {
            anchor: "#scp-syntax-condition",
            says: "regions: here",
            scps: &[&[ALL, REGIONS]],
            context: r#"{"aws:RequestedRegion": "eu-west-1"}"#,
            ..row
        },
        Row {
            anchor: "#scp-syntax-condition",
            says: "regions: global services",
            action: "iam:GetUser",
            scps: &[&[ALL, REGIONS]],
            context: r#"{"aws:RequestedRegion": "us-east-1"}"#,
            ..row
        },
        Row {
            anchor: "#scp-syntax-condition",
            says: "regions: who may pass",
            scps: &[&[ALL, REGIONS]],
            context: r#"{"aws:RequestedRegion": "us-east-1", "aws:PrincipalArn": "arn:aws:iam::111122223333:role/Role1AllowedToBypassThisSCP"}"#,
            ..row
        },
        Row {
            anchor: "#scp-syntax-action",
            says: "NotAction with Allow",
            scps: &[&[r#"{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}"#]],
            ..row
        },
        Row {
            anchor: "#scp-syntax-action",
            says: "NotAction with Allow",
            action: "iam:GetUser",
            scps: &[&[r#"{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}"#]],
            expected: "lacks scp(0)",
            ..row
        },
        Row {
            anchor: "#scp-syntax-resource",
            says: "resources with Deny",
            scps: &[&[ALL, r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::beta/*"}"#]],
            ..row
        },
        Row {
            anchor: "#scp-syntax-resource",
            says: "NotResource with Deny",
            scps: &[&[ALL, r#"{"Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::beta/*"}"#]],
            expected: "denied by scp(0)",
            ..row
        },
        Row {
            anchor: "#scp-syntax-action",
            says: "wildcards within an action",
            scps: &[&[ALL, r#"{"Effect": "Deny", "Action": "s3:G*t?bject", "Resource": "*"}"#]],
            expected: "denied by scp(0)",
            ..row
        },
    ];
    check(SYNTAX, &rows);
}
