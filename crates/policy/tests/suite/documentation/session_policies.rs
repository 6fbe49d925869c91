//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session>, role sessions, and
//! `GetFederationToken`.

use super::{ALL, DENY, FEDERATED, NOTHING, ROW, Row, SESSION, check};

const S3: &str = r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}"#;
const SQS: &str = r#"{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}"#;
const TO_SESSION: &str = r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:sts::111122223333:assumed-role/app/s1"}, "Action": "*", "Resource": "*"}"#;
const TO_ROLE: &str = r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "*", "Resource": "*"}"#;

#[test]
fn the_intersection_of_identity_and_session_policies() {
    let page = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session";
    let row = Row { caller: SESSION, identity: &[ALL], session: &[S3], ..ROW };
    let rows = [
        Row { says: "both allow", ..row },
        Row { says: "only the identity policy allows", session: &[SQS], expected: "lacks session", ..row },
        Row { says: "only the session policy allows", identity: &[SQS], expected: "lacks identity", ..row },
        Row { says: "several session policies together", session: &[SQS, S3], ..row },
        Row {
            says: "an explicit deny overrides the allow",
            session: &[S3, DENY],
            expected: "denied by session",
            ..row
        },
        Row {
            says: "the resource names the role: added before the session policy is applied",
            identity: &[],
            attached: TO_ROLE,
            ..row
        },
        Row {
            says: "the resource names the role: added before the session policy is applied",
            identity: &[],
            attached: TO_ROLE,
            session: &[SQS],
            expected: "lacks session",
            ..row
        },
        Row {
            says: "the resource names the session: not limited by the session policy",
            identity: &[],
            attached: TO_SESSION,
            session: &[SQS],
            ..row
        },
        Row {
            says: "the resource names the session: a deny still counts",
            attached: TO_SESSION,
            session: &[DENY],
            expected: "denied by session",
            ..row
        },
        Row {
            says: "a boundary limits beside the session policy",
            boundary: NOTHING,
            expected: "lacks boundary",
            ..row
        },
        Row {
            says: "the resource names the session: not limited by the boundary",
            identity: &[],
            boundary: NOTHING,
            attached: TO_SESSION,
            ..row
        },
    ];
    check(page, &rows);
}

#[test]
fn federated_users() {
    let page = "https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html";
    let named = r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:sts::111122223333:federated-user/ana"}, "Action": "*", "Resource": "*"}"#;
    let user = r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/ana"}, "Action": "*", "Resource": "*"}"#;
    let row = Row { caller: FEDERATED, identity: &[ALL], session: &[S3], ..ROW };
    let rows = [
        Row { says: "the intersection of the user's and the session's policies", ..row },
        Row {
            says: "the intersection of the user's and the session's policies",
            session: &[SQS],
            expected: "lacks session",
            ..row
        },
        Row {
            says: "the intersection of the user's and the session's policies",
            identity: &[SQS],
            expected: "lacks identity",
            ..row
        },
        Row { says: "without a session policy no permissions", session: &[], expected: "lacks session", ..row },
        Row {
            says: "except what a resource grants the session by name",
            identity: &[],
            session: &[],
            attached: named,
            ..row
        },
        Row {
            says: "not what it grants the user",
            identity: &[],
            session: &[],
            attached: user,
            expected: "lacks session",
            ..row
        },
        Row { says: "with a session policy what it grants the user is limited", identity: &[], attached: user, ..row },
        Row {
            says: "the name of another session",
            identity: &[],
            caller: "arn:aws:sts::111122223333:federated-user/eve",
            attached: named,
            expected: "lacks identity",
            ..row
        },
    ];
    check(page, &rows);
}
