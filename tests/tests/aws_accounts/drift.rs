//! What the reconciler finds in AWS, and what it does about it.

use daypass_tests::emulated::{Call, Key};
use daypass_vending::plan::{ROLE_PATH, tag};
use daypass_vending::ports::Cloud;
use daypass_vending::reconcile::{ReconcileReport, Scope};
use daypass_vending::session::{Session, Status};

use crate::installation::{DEPLOYMENT, Installation};

const EVERYTHING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

async fn pass(at: &Installation) -> ReconcileReport {
    let report = at.vending.reconcile(Scope::Due, None).await;
    assert!(report.errors.is_empty(), "{report:?}");
    report
}

/// Change the role in one way.
async fn change(at: &Installation, session: &Session, kind: &str) {
    let name = session.role();
    let role = ("RoleName", name.as_str());
    let document = ("PolicyDocument", EVERYTHING);
    match kind {
        "a further policy" => at.as_root("PutRolePolicy", &[role, ("PolicyName", "more"), document]).await,
        "another policy" => at.as_root("PutRolePolicy", &[role, ("PolicyName", "daypass-session"), document]).await,
        "no policy" => at.as_root("DeleteRolePolicy", &[role, ("PolicyName", "daypass-session")]).await,
        "no boundary" => at.as_root("DeleteRolePermissionsBoundary", &[role]).await,
        "another trust" => {
            let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}"#;
            at.as_root("UpdateAssumeRolePolicy", &[role, ("PolicyDocument", trust)]).await;
        }
        "another tag" => {
            let tags = [role, ("Tags.member.1.Key", tag::PROJECT), ("Tags.member.1.Value", "zeta")];
            at.as_root("TagRole", &tags).await;
        }
        "an attachment" => {
            let arn = format!("arn:aws:iam::{}:policy{ROLE_PATH}boundary/admin", at.account);
            at.as_root("AttachRolePolicy", &[role, ("PolicyArn", &arn)]).await;
        }
        "an instance profile" => {
            let profile = ("InstanceProfileName", "machines");
            at.as_root("CreateInstanceProfile", &[profile]).await;
            at.as_root("AddRoleToInstanceProfile", &[profile, role]).await;
        }
        "no role" => {
            at.as_root("DeleteRolePolicy", &[role, ("PolicyName", "daypass-session")]).await;
            at.as_root("DeleteRole", &[role]).await;
        }
        other => panic!("{other}"),
    }
}

const KINDS: &[&str] = &[
    "a further policy",
    "another policy",
    "no policy",
    "no boundary",
    "another trust",
    "another tag",
    "an attachment",
    "an instance profile",
    "no role",
];

#[tokio::test]
async fn every_kind_of_drift_is_found_and_killed_and_a_role_in_order_is_left_alone() {
    let at = Installation::new().await;
    let untouched = at.active("carla", "read-only").await;
    let mut changed = Vec::new();
    for kind in KINDS {
        let session = at.active("carla", "read-only").await;
        change(&at, &session, kind).await;
        changed.push((kind, session));
    }
    let report = pass(&at).await;
    assert_eq!(report.drifted as usize, KINDS.len(), "{report:?}");
    pass(&at).await;
    for (kind, session) in changed {
        let session = at.vending.carry_on(session.id()).await.unwrap();
        assert_eq!(session.status(), Status::Revoked, "{kind}");
        assert_eq!(at.role_of(&session).await, None, "{kind}");
    }
    assert!(at.role_of(&untouched).await.is_some());
    assert_eq!(pass(&at).await.drifted, 0);
}

#[tokio::test]
async fn an_orphan_of_ours_goes_and_a_strangers_role_stays() {
    let at = Installation::new().await;
    let session = "5f0c6a52-0a51-4f0e-9d0a-6d1f6f2b8a11";
    let (ours, strangers) = (format!("dp-acme-web-{session}"), format!("dp-acme-api-{session}"));
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"sts:*"}]}"#;
    for (name, deployment) in [(&ours, DEPLOYMENT), (&strangers, "somebody-else")] {
        let parameters = [
            ("RoleName", name.as_str()),
            ("Path", "/daypass/read-only/"),
            ("AssumeRolePolicyDocument", trust),
            ("Tags.member.1.Key", tag::DEPLOYMENT),
            ("Tags.member.1.Value", deployment),
            ("Tags.member.2.Key", tag::SESSION),
            ("Tags.member.2.Value", session),
        ];
        at.as_root("CreateRole", &parameters).await;
        let policy = [("RoleName", name.as_str()), ("PolicyName", "left"), ("PolicyDocument", EVERYTHING)];
        at.as_root("PutRolePolicy", &policy).await;
    }
    assert_eq!(pass(&at).await.orphans_deleted, 1);
    let left = at.cloud.roles(&at.account, ROLE_PATH, None).await.unwrap().roles;
    let left: Vec<_> = left.iter().map(|role| role.name.as_str()).collect();
    assert_eq!(left, [strangers.as_str()]);
    let read = Call::iam("GetRole", &[("RoleName", &ours)]);
    assert_eq!(at.hub.ministack.call(&Key::root(&at.account), &read).await.status, 404);
}
