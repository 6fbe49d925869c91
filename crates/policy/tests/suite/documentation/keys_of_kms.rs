//! Key policies: <https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html> and `…/key-policy-default.html`

use super::{ALL, ANA, NOTHING, OTHER_ACCOUNT, ROOT, ROW, Row, SESSION, check};

const POLICIES: &str = "https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html";
const DEFAULT: &str = "https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html";
const TO_ACCOUNT: &str = r#"{"Sid": "Enable IAM User Permissions", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}"#;
const TO_ANA: &str = r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/ana"}, "Action": ["kms:Encrypt", "kms:Decrypt"], "Resource": "*"}"#;
const TO_ROLE: &str = r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:*", "Resource": "*"}"#;
const DECRYPTS: &str =
    r#"{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "arn:aws:kms:us-west-2:111122223333:key/*"}"#;
const KEY: Row = Row { action: "kms:Decrypt", resource: "arn:aws:kms:us-west-2:111122223333:key/1234abcd", ..ROW };

#[test]
fn nothing_goes_without_the_key_policy() {
    let rows = [
        Row {
            says: "no identity policy is enough without the key policy",
            identity: &[ALL],
            expected: "lacks resource",
            ..KEY
        },
        Row { says: "nor for the root user", caller: ROOT, expected: "lacks resource", ..KEY },
        Row {
            says: "nor beside a key policy about others",
            identity: &[ALL],
            attached: TO_ROLE,
            expected: "lacks resource",
            ..KEY
        },
        Row { says: "a key policy that names the user is enough", attached: TO_ANA, ..KEY },
        Row {
            says: "for what it names",
            action: "kms:ScheduleKeyDeletion",
            attached: TO_ANA,
            expected: "lacks resource",
            ..KEY
        },
        Row {
            says: "a key policy that names the role is enough for its sessions",
            caller: SESSION,
            attached: TO_ROLE,
            ..KEY
        },
        Row {
            says: "within the boundary of the role",
            caller: SESSION,
            attached: TO_ROLE,
            boundary: NOTHING,
            expected: "lacks boundary",
            ..KEY
        },
        Row {
            says: "actions without a key follow identity policies",
            action: "kms:ListKeys",
            resource: "*",
            identity: &[ALL],
            ..KEY
        },
        Row {
            says: "actions without a key follow identity policies",
            action: "kms:CreateKey",
            resource: "*",
            expected: "lacks identity",
            ..KEY
        },
    ];
    assert_eq!(KEY.caller, ANA);
    check(POLICIES, &rows);
}

#[test]
fn the_default_key_policy_hands_over_to_identity_policies() {
    const AT: &str = "#key-policy-default-allow-root-enable-iam";
    let row = Row { anchor: AT, attached: TO_ACCOUNT, identity: &[DECRYPTS], ..KEY };
    let rows = [
        Row { says: "identity policies count", ..row },
        Row { says: "the statement alone gives users nothing", identity: &[], expected: "lacks identity", ..row },
        Row { says: "only what identity policies allow", action: "kms:Encrypt", expected: "lacks identity", ..row },
        Row { says: "the root user may everything", caller: ROOT, identity: &[], ..row },
        Row {
            says: "users of another account are not meant",
            caller: "arn:aws:iam::444455556666:user/eve",
            expected: "lacks resource",
            ..row
        },
        Row {
            says: "another account that the key policy names needs both",
            anchor: "",
            caller: "arn:aws:iam::444455556666:user/eve",
            attached: r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": "kms:Decrypt", "Resource": "*"}"#,
            ..row
        },
        Row {
            says: "another account that the key policy names needs both",
            anchor: "",
            caller: "arn:aws:iam::444455556666:user/eve",
            identity: &[],
            attached: r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": "kms:Decrypt", "Resource": "*"}"#,
            expected: "lacks identity",
            ..row
        },
        Row {
            says: "kms:CallerAccount and kms:ViaService limit a key to a service",
            anchor: "",
            identity: &[],
            attached: r#"{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*", "Condition": {"StringEquals": {"kms:CallerAccount": "111122223333", "kms:ViaService": "s3.us-west-2.amazonaws.com"}}}"#,
            context: r#"{"kms:CallerAccount": "111122223333", "kms:ViaService": "s3.us-west-2.amazonaws.com"}"#,
            ..row
        },
        Row {
            says: "kms:CallerAccount and kms:ViaService limit a key to a service",
            anchor: "",
            identity: &[ALL],
            attached: r#"{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*", "Condition": {"StringEquals": {"kms:CallerAccount": "111122223333", "kms:ViaService": "s3.us-west-2.amazonaws.com"}}}"#,
            context: r#"{"kms:CallerAccount": "111122223333"}"#,
            expected: "lacks resource",
            ..row
        },
    ];
    assert_eq!(OTHER_ACCOUNT, "444455556666");
    check(DEFAULT, &rows);
}
