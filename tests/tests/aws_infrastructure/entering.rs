//! Who enters by the deployed role, and how far that goes.

use daypass_tests::emulated::{Call, Key};
use serde_json::json;

use crate::deployment::{DEPLOYMENT, Deployment, EXTERNAL_ID, assume, role_arn};

const TAG: (&str, &str) = ("DaypassDeployment", DEPLOYMENT);

#[tokio::test]
async fn the_hubs_two_roles_enter_with_external_id_and_tag() {
    let deployment = Deployment::new().await;
    for name in ["broker", "cleanup"] {
        let session = deployment.hub_session(name).await;
        deployment.ministack.must(&session, &deployment.enter(Some(EXTERNAL_ID), &[TAG])).await;
        for (what, call) in [
            ("no external id", deployment.enter(None, &[TAG])),
            ("another external id", deployment.enter(Some("0123456789abcdef01234567"), &[TAG])),
            ("no tag", deployment.enter(Some(EXTERNAL_ID), &[])),
            ("another deployment", deployment.enter(Some(EXTERNAL_ID), &[("DaypassDeployment", "staging")])),
            ("one more tag", deployment.enter(Some(EXTERNAL_ID), &[TAG, ("DaypassProject", "acme-web")])),
        ] {
            let answer = deployment.ministack.call(&session, &call).await;
            assert!(!answer.is_success(), "{name} with {what}: {}", answer.body);
        }
    }
}

#[tokio::test]
async fn nobody_else_enters() {
    let deployment = Deployment::new().await;
    let enter = deployment.enter(Some(EXTERNAL_ID), &[TAG]);
    for session in [deployment.hub_session("other").await, Key::root(&deployment.hub)] {
        let answer = deployment.ministack.call(&session, &enter).await;
        assert!(!answer.is_success(), "{}: {}", session.id, answer.body);
    }
}

/// What the adapter asks of every account at its start, through the role that was deployed.
#[tokio::test]
async fn the_role_counts_lists_and_reads_boundaries() {
    let deployment = Deployment::new().await;
    let vendor = deployment.vendor_session().await;
    let boundary = format!("arn:aws:iam::{}:policy/daypass/boundary/developer", deployment.member);
    for call in [
        Call::iam("GetAccountSummary", &[]),
        Call::iam("ListRoles", &[("PathPrefix", "/daypass/")]),
        Call::iam("GetPolicy", &[("PolicyArn", &boundary)]),
        Call::iam("GetPolicyVersion", &[("PolicyArn", &boundary), ("VersionId", "v1")]),
    ] {
        deployment.ministack.must(&vendor, &call).await;
    }
    let gone = Call::iam("GetRole", &[("RoleName", "dp-acme-web-5f0c6a52-0a51-4f0e-9d0a-6d1f6f2b8a11")]);
    let answer = deployment.ministack.call(&vendor, &gone).await;
    assert!(answer.body.contains("NoSuchEntity"), "{}", answer.body);
}

#[tokio::test]
async fn the_role_does_nothing_to_itself_to_boundaries_or_to_users() {
    let deployment = Deployment::new().await;
    let vendor = deployment.vendor_session().await;
    let boundary = format!("arn:aws:iam::{}:policy/daypass/boundary/developer", deployment.member);
    let everything = json!({"Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    .to_string();
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"AWS": format!("arn:aws:iam::{}:root", deployment.member)}}]})
    .to_string();
    let own = ("RoleName", "daypass-vendor");
    let administrator = ("PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess");
    for call in [
        Call::iam("PutRolePolicy", &[own, ("PolicyName", "more"), ("PolicyDocument", &everything)]),
        Call::iam("AttachRolePolicy", &[own, administrator]),
        Call::iam("UpdateAssumeRolePolicy", &[own, ("PolicyDocument", &trust)]),
        Call::iam("DeleteRole", &[("RoleName", "daypass-gate")]),
        Call::iam("CreatePolicyVersion", &[("PolicyArn", &boundary), ("PolicyDocument", &everything)]),
        Call::iam("DeletePolicy", &[("PolicyArn", &boundary)]),
        Call::iam("CreateUser", &[("UserName", "somebody")]),
        Call::iam("CreateRole", &[("RoleName", "free"), ("AssumeRolePolicyDocument", &trust)]),
        Call::iam("CreatePolicy", &[("PolicyName", "free"), ("PolicyDocument", &everything)]),
    ] {
        let answer = deployment.ministack.call(&vendor, &call).await;
        assert!(answer.body.contains("AccessDenied"), "{call:?}: {}", answer.body);
    }
}

/// A user without a second factor; the emulator has none with one.
#[tokio::test]
async fn the_gate_is_shut_without_a_second_factor() {
    let deployment = Deployment::new().await;
    let key = deployment.ministack.user(&deployment.member, "/", "carla").await;
    let gate = assume(&role_arn(&deployment.member, "daypass-gate"), &[("RoleSessionName", "carla")]);
    let answer = deployment.ministack.call(&key, &gate).await;
    assert!(answer.body.contains("AccessDenied"), "{}", answer.body);
}
