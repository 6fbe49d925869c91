//! The life of a session, with credentials tried for real.

use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use daypass_embedded::clock::SystemClock;
use daypass_tests::emulated::{Call, ELSEWHERE, Key, OFFICE, REGION};
use daypass_tests::world::external_id_in;
use daypass_vending::ports::{Assumption, Clock, Cloud, CloudError};
use daypass_vending::secret::{Credentials, ExternalId, Secret};
use daypass_vending::service::ActError;
use daypass_vending::session::{Active, Revoked, State, Status};
use jiff::{SignedDuration, Timestamp};

use crate::installation::Installation;

/// The status of a call of S3 with these credentials.
async fn s3(at: &Installation, from: IpAddr, credentials: &Credentials, method: &'static str, path: &str) -> u16 {
    at.hub.ministack.call_from(from, &Key::from(credentials), &Call::s3(method, path, "x")).await.status
}

/// A bucket of the account with one object in it.
async fn bucket(at: &Installation, name: &str) {
    let root = Key::root(&at.account);
    let location = format!(
        "<CreateBucketConfiguration><LocationConstraint>{REGION}</LocationConstraint></CreateBucketConfiguration>"
    );
    at.hub.ministack.must(&root, &Call::s3("PUT", &format!("/{name}"), &location)).await;
    at.hub.ministack.must(&root, &Call::s3("PUT", &format!("/{name}/report"), "all is well")).await;
}

/// Bucket names are everybody's: this one belongs to the project and to this test.
fn project_bucket(at: &Installation) -> String {
    format!("acme-web-{}", at.account)
}

#[tokio::test]
async fn credentials_do_what_the_tier_allows_from_the_office_until_they_are_revoked() {
    let at = Installation::new().await;
    let (ours, others) = (project_bucket(&at), format!("zeta-{}", at.account));
    bucket(&at, &ours).await;
    bucket(&at, &others).await;
    let session = at.active("carla", "read-only").await;
    let credentials = at.credentials("carla", &session).await;
    let report = format!("/{ours}/report");
    assert_eq!(s3(&at, OFFICE, &credentials, "GET", &report).await, 200, "what the tier is for");
    assert_eq!(s3(&at, OFFICE, &credentials, "PUT", &report).await, 403, "reading only");
    assert_eq!(s3(&at, OFFICE, &credentials, "GET", &format!("/{others}/report")).await, 403, "another project's");
    assert_eq!(s3(&at, ELSEWHERE, &credentials, "GET", &report).await, 403, "from elsewhere");

    let revoked = at.revoke(&session).await;
    assert_eq!(revoked.status(), Status::Revoked);
    assert_eq!(s3(&at, OFFICE, &credentials, "GET", &report).await, 403, "dead");
    assert_eq!(at.role_of(&session).await, None);
    let State::Revoked(Revoked { ended, .. }) = revoked.state() else { panic!("{revoked:?}") };
    assert!(ended.report.refusal_seen_at.is_some(), "the kill was seen, not only ordered: {:?}", ended.report);
    let refused = at.vending.credentials(&at.person("carla"), session.id()).await;
    assert!(matches!(refused, Err(ActError::WrongState { .. })), "{refused:?}");
}

#[tokio::test]
async fn the_boundary_holds_whatever_is_put_on_the_role() {
    let at = Installation::new().await;
    let ours = project_bucket(&at);
    bucket(&at, &ours).await;
    let session = at.active("carla", "read-only").await;
    let credentials = at.credentials("carla", &session).await;
    let everything = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let role = session.role();
    at.as_root("PutRolePolicy", &[("RoleName", role.as_str()), ("PolicyName", "more"), ("PolicyDocument", everything)])
        .await;
    assert_eq!(s3(&at, OFFICE, &credentials, "GET", &format!("/{ours}/report")).await, 200);
    assert_eq!(s3(&at, OFFICE, &credentials, "PUT", &format!("/{ours}/report")).await, 403);
    let create = Call::iam("CreateUser", &[("UserName", "backdoor")]);
    assert_eq!(at.hub.ministack.call(&Key::from(&credentials), &create).await.status, 403);
}

/// A clock that is late.
struct Behind(SignedDuration);

#[async_trait]
impl Clock for Behind {
    fn now(&self) -> Timestamp {
        SystemClock.now() - self.0
    }

    async fn sleep(&self, duration: SignedDuration) {
        SystemClock.sleep(duration).await;
    }
}

/// Nothing of ours ends this session: its clock is an hour late, so that for Daypass it has only begun when its role says
/// that it is over.
#[tokio::test]
async fn a_session_dies_at_its_end_by_itself() {
    let late = SignedDuration::from_hours(1) - SignedDuration::from_secs(4);
    let at = Installation::with_clock(Arc::new(Behind(late))).await;
    let ours = project_bucket(&at);
    bucket(&at, &ours).await;
    let session = at.active("carla", "read-only").await;
    let (id, end) = (session.id(), session.expires_at().unwrap());
    let credentials = at.credentials("carla", &session).await;
    let report = format!("/{ours}/report");
    let mut was_alive = false;
    loop {
        let before = SystemClock.now();
        let status = s3(&at, OFFICE, &credentials, "GET", &report).await;
        match status {
            200 => {
                assert!(before < end, "alive at {before}, past {end}");
                was_alive = true;
            }
            _ => {
                let after = SystemClock.now();
                assert!(after >= end, "dead at {after}, before {end}");
                break;
            }
        }
    }
    assert!(was_alive, "it lived before");
    let trust = at.role_of(&session).await.unwrap().trust;
    let plan = &session.narrow::<Active>().unwrap().state().plan.clone();
    let assumption = Assumption {
        role: &plan.role,
        path: &plan.path,
        external_id: &ExternalId::from_sealed(Secret::new(external_id_in(&trust))),
        user: &plan.trust.user,
        session: id,
        duration_seconds: 900,
    };
    let refused = at.cloud.assume_role(&at.account, &assumption).await;
    assert!(refused.as_ref().is_err_and(CloudError::is_access_denied), "nobody gets new ones: {refused:?}");
}

#[tokio::test]
async fn alerts_arrive_with_subject_body_and_attributes() {
    let at = Installation::new().await;
    let session = at.active("olga", "break-glass").await;
    let report = at.vending.deliver_alerts().await;
    assert_eq!((report.alerts_delivered, report.alerts_undelivered), (1, 0));
    let messages = at.inbox.messages().await;
    let [message] = messages.as_slice() else { panic!("{messages:?}") };
    let subject = message["Subject"].as_str().unwrap();
    assert!(subject.contains("olga") && subject.len() <= 99, "{subject}");
    let body: serde_json::Value = serde_json::from_str(message["Message"].as_str().unwrap()).unwrap();
    assert_eq!(body["session"], session.id().to_string());
    assert_eq!(message["MessageAttributes"]["occasion"]["Value"], "grant");
}
