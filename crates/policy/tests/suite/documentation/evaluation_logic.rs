//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html> and the
//! pages around it: requests within one account.

use super::{ALL, ANA, DENY, DENY_ALL, FEDERATED, NOTHING, ROLE, ROOT, ROW, Row, SESSION, check};

const PAGE: &str =
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html";

const TO_ANA: &str = r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/ana"}, "Action": "s3:*", "Resource": "*"}"#;
const TO_ROLE: &str = r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "s3:*", "Resource": "*"}"#;
const TO_SESSION: &str = r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:sts::111122223333:assumed-role/app/s1"}, "Action": "s3:*", "Resource": "*"}"#;
const TO_FEDERATED: &str = r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:sts::111122223333:federated-user/ana"}, "Action": "s3:*", "Resource": "*"}"#;
const TO_ACCOUNT: &str =
    r#"{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:*", "Resource": "*"}"#;
const TO_ROLE_BY_KEY: &str = r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/app"}}}"#;

#[test]
fn deny_first_then_allow() {
    let member = Row { scps: &[&[ALL]], ..ROW };
    let rows = [
        Row { says: "all is denied by default", expected: "lacks identity", ..ROW },
        Row { says: "but the root user may everything", caller: ROOT, ..ROW },
        Row { says: "an Allow overrides the default", identity: &[ALL], ..ROW },
        Row { says: "an Allow of the resource's policy does so too", attached: TO_ANA, ..ROW },
        Row { says: "one Allow among all identity policies is enough", identity: &[NOTHING, NOTHING, ALL], ..ROW },
        Row {
            says: "a Deny overrides every Allow: identity",
            identity: &[ALL, DENY],
            attached: TO_ANA,
            expected: "denied by identity",
            ..ROW
        },
        Row {
            says: "a Deny overrides every Allow: resource",
            identity: &[ALL],
            attached: DENY_ALL,
            expected: "denied by resource",
            ..ROW
        },
        Row {
            says: "a Deny overrides every Allow: boundary",
            identity: &[ALL],
            boundary: DENY,
            attached: TO_ANA,
            expected: "denied by boundary",
            ..ROW
        },
        Row {
            says: "a Deny overrides every Allow: session",
            caller: SESSION,
            identity: &[ALL],
            session: &[DENY],
            attached: TO_SESSION,
            expected: "denied by session",
            ..ROW
        },
        Row {
            says: "a Deny overrides every Allow: SCP",
            identity: &[ALL],
            scps: &[&[ALL, DENY]],
            expected: "denied by scp",
            ..ROW
        },
        Row {
            says: "a Deny overrides every Allow: RCP",
            identity: &[ALL],
            rcps: &[&[DENY_ALL]],
            expected: "denied by rcp",
            ..ROW
        },
        Row {
            says: "a Deny stops the root user too",
            caller: ROOT,
            attached: DENY_ALL,
            expected: "denied by resource",
            ..ROW
        },
        Row {
            says: "without an Allow in the SCPs the request is denied",
            identity: &[ALL],
            attached: TO_ANA,
            scps: &[&[NOTHING]],
            expected: "lacks scp",
            ..member
        },
        Row { says: "without SCPs nothing is limited", identity: &[ALL], ..ROW },
        Row {
            says: "a boundary without an Allow limits",
            identity: &[ALL],
            boundary: NOTHING,
            expected: "lacks boundary",
            ..ROW
        },
        Row { says: "a boundary grants nothing", boundary: ALL, expected: "lacks identity", ..ROW },
        Row {
            says: "a session policy without an Allow limits",
            caller: SESSION,
            identity: &[ALL],
            session: &[NOTHING],
            expected: "lacks session",
            ..ROW
        },
        Row {
            says: "a session policy grants nothing",
            caller: SESSION,
            session: &[ALL],
            expected: "lacks identity",
            ..ROW
        },
        Row { says: "a role session without session policy is not limited", caller: SESSION, identity: &[ALL], ..ROW },
    ];
    check(PAGE, &rows);
}

/// The table of implicit denies: whom the resource's policy names decides how far its Allow reaches.
#[test]
fn implicit_denies_beside_an_allow_of_the_resource() {
    let user = Row { says: "IAM user", caller: ANA, attached: TO_ANA, ..ROW };
    let role = Row { says: "IAM role", caller: SESSION, attached: TO_ROLE, ..ROW };
    let session = Row { says: "role session", caller: SESSION, attached: TO_SESSION, ..ROW };
    let federated = Row { says: "federated user", caller: FEDERATED, attached: TO_FEDERATED, ..ROW };
    let federating = Row { says: "the user who federated", caller: FEDERATED, attached: TO_ANA, ..ROW };
    let account = Row { says: "the account", caller: ANA, attached: TO_ACCOUNT, ..ROW };
    let wildcard = Row {
        says: "everybody, limited by aws:PrincipalArn",
        caller: SESSION,
        attached: TO_ROLE_BY_KEY,
        context: r#"{"aws:PrincipalArn": "arn:aws:iam::111122223333:role/app"}"#,
        ..ROW
    };
    let rows = [
        Row { ..user },
        Row { boundary: NOTHING, ..user },
        Row { identity: &[ALL], boundary: NOTHING, ..user },
        Row { boundary: ALL, ..role },
        Row { boundary: NOTHING, expected: "lacks boundary", ..role },
        Row { session: &[NOTHING], expected: "lacks session", ..role },
        Row { boundary: ALL, session: &[ALL], ..role },
        Row { boundary: NOTHING, ..session },
        Row { session: &[NOTHING], ..session },
        Row { boundary: NOTHING, session: &[NOTHING], ..session },
        Row { session: &[NOTHING], ..federated },
        Row { boundary: NOTHING, session: &[NOTHING], ..federated },
        Row { session: &[ALL], ..federating },
        Row { session: &[NOTHING], expected: "lacks session", ..federating },
        Row { boundary: NOTHING, session: &[ALL], expected: "lacks boundary", ..federating },
        Row { expected: "lacks identity", ..account },
        Row { identity: &[ALL], ..account },
        Row { identity: &[ALL], boundary: NOTHING, expected: "lacks boundary", ..account },
        Row { boundary: NOTHING, session: &[NOTHING], ..wildcard },
        Row { identity: &[DENY], expected: "denied by identity", ..wildcard },
        Row {
            says: "the role of another session",
            context: "{}",
            caller: "arn:aws:sts::111122223333:assumed-role/web/s1",
            attached: TO_ROLE,
            expected: "lacks identity",
            ..ROW
        },
        Row {
            says: "another session of the role",
            caller: "arn:aws:sts::111122223333:assumed-role/app/s2",
            attached: TO_SESSION,
            expected: "lacks identity",
            ..ROW
        },
    ];
    assert_eq!(ROLE, "arn:aws:iam::111122223333:role/app");
    check(PAGE, &rows);
}

const CARLOS: &str = "arn:aws:iam::111122223333:user/carlossalazar";
const OF_CARLOS: &str = r#"[{"Sid": "AllowS3ListRead", "Effect": "Allow", "Action": ["s3:GetBucketLocation", "s3:GetAccountPublicAccessBlock", "s3:ListAccessPoints", "s3:ListAllMyBuckets"], "Resource": "arn:aws:s3:::*"},
    {"Sid": "AllowS3Self", "Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::amzn-s3-demo-bucket-carlossalazar/*", "arn:aws:s3:::amzn-s3-demo-bucket-carlossalazar"]},
    {"Sid": "DenyS3Logs", "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::*log*"}]"#;
const OF_BUCKET: &str = r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/carlossalazar"}, "Action": "s3:*",
    "Resource": ["arn:aws:s3:::amzn-s3-demo-bucket-carlossalazar/*", "arn:aws:s3:::amzn-s3-demo-bucket-carlossalazar"]}"#;

/// Carlos and his buckets.
#[test]
fn identity_and_resource_policy_in_one_account() {
    let page =
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html";
    let own = Row {
        anchor: "#reference_policies_evaluation-logic_policies_evaluation_example",
        caller: CARLOS,
        identity: &[OF_CARLOS],
        attached: OF_BUCKET,
        action: "s3:PutObject",
        resource: "arn:aws:s3:::amzn-s3-demo-bucket-carlossalazar/x",
        ..ROW
    };
    let logs = "arn:aws:s3:::amzn-s3-demo-bucket-carlossalazar-logs/x";
    let rows = [
        Row { says: "he may use his bucket", ..own },
        Row { says: "one of the two policies is enough", attached: "", ..own },
        Row { says: "one of the two policies is enough", identity: &[], ..own },
        Row { says: "he may list buckets", action: "s3:ListAllMyBuckets", resource: "arn:aws:s3:::*", ..own },
        Row { says: "no bucket with log in its name", resource: logs, expected: "denied by identity", ..own },
        Row {
            says: "whatever the bucket's policy says",
            resource: logs,
            attached: r#"{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}"#,
            expected: "denied by identity",
            ..own
        },
        Row { says: "others have nothing", caller: ANA, identity: &[], expected: "lacks identity", ..own },
    ];
    check(page, &rows);
}
