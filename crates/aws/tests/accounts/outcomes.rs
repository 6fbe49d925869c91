//! What is known after a change went wrong.

use daypass_vending::plan::Change;
use daypass_vending::ports::{Cloud, CloudError};
use tokio::net::TcpListener;

use crate::stub::{FAR, Reply, Stub, configuration_at, credentials, error, success};
use crate::{account, cloud, creation, options, role, role_xml};

/// A stand-in whose IAM answers like this.
async fn iam(reply: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Stub {
    Stub::start(move |call| match call.action.as_str() {
        "AssumeRole" => credentials(call, FAR),
        _ => reply(call.before),
    })
    .await
}

#[tokio::test]
async fn a_throttled_change_queues_up_again() {
    let stub = iam(|before| match before {
        0 | 1 => error(400, "Throttling"),
        _ => success("CreateRole", &role_xml("dp-acme-web-1")),
    })
    .await;
    assert_eq!(cloud(&stub).await.apply(&account(), &creation("read-only")).await, Ok(()));
    assert_eq!(stub.seen("CreateRole").len(), 3);
}

#[tokio::test]
async fn throttling_that_does_not_end_is_told_and_nothing_happened() {
    let stub = iam(|_| error(400, "Throttling")).await;
    let outcome = cloud(&stub).await.apply(&account(), &creation("read-only")).await;
    assert_eq!(outcome, Err(CloudError::Throttled));
    assert_eq!(stub.seen("CreateRole").len(), 4);
}

#[tokio::test]
async fn a_change_that_may_have_happened_is_made_once_and_said_to_be_unknown() {
    let answers: [fn(usize) -> Reply; 3] =
        [|_| error(500, "ServiceFailure"), |_| error(503, "ServiceUnavailable"), |_| Reply::Reset];
    for answer in answers {
        let stub = iam(answer).await;
        let change = Change::PutPermissions { role: role(), document: "{}".to_owned() };
        let outcome = cloud(&stub).await.apply(&account(), &change).await.unwrap_err();
        assert!(matches!(outcome, CloudError::Unknown(_)) && outcome.may_have_applied(), "{outcome:?}");
        assert_eq!(stub.seen("PutRolePolicy").len(), 1, "{outcome}");
    }
}

#[tokio::test]
async fn where_nobody_listens_nothing_happens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let cloud = daypass_aws::iam::AwsCloud::new(configuration_at(&url).await, options()).unwrap();
    let outcome = cloud.apply(&account(), &creation("read-only")).await.unwrap_err();
    assert!(matches!(outcome, CloudError::Unavailable(_)), "{outcome:?}");
}

#[tokio::test]
async fn what_iam_says_becomes_what_can_be_done_about_it() {
    let refused =
        |code: &str| CloudError::Refused { code: code.to_owned(), message: "because (request r-1)".to_owned() };
    let unavailable = |code: &str| CloudError::Unavailable(format!("{code}: because (request r-1)"));
    for (status, code, expected) in [
        (409, "EntityAlreadyExists", CloudError::AlreadyExists("role dp-acme-web-1".to_owned())),
        (404, "NoSuchEntity", CloudError::NotFound("role dp-acme-web-1".to_owned())),
        (400, "MalformedPolicyDocument", refused("MalformedPolicyDocument")),
        (403, "AccessDenied", refused("AccessDenied")),
        (409, "LimitExceeded", refused("LimitExceeded")),
        (409, "ConcurrentModification", unavailable("ConcurrentModification")),
        (403, "ExpiredToken", unavailable("ExpiredToken")),
    ] {
        let stub = iam(move |_| error(status, code)).await;
        let outcome = cloud(&stub).await.apply(&account(), &creation("read-only")).await;
        assert_eq!(outcome, Err(expected), "{code}");
        assert_eq!(stub.seen("CreateRole").len(), 1, "{code}");
    }
}

#[tokio::test]
async fn deleting_what_is_not_there_is_success_and_what_is_in_use_is_told() {
    let stub = iam(|_| error(404, "NoSuchEntity")).await;
    let cloud_1 = cloud(&stub).await;
    assert_eq!(cloud_1.delete_role(&account(), &role()).await, Ok(()));
    assert_eq!(cloud_1.delete_role_policy(&account(), &role(), "any").await, Ok(()));
    assert_eq!(cloud_1.detach_role_policy(&account(), &role(), "arn").await, Ok(()));
    assert_eq!(cloud_1.remove_from_instance_profile(&account(), &role(), "any").await, Ok(()));
    let stub = iam(|_| error(409, "DeleteConflict")).await;
    let refused = cloud(&stub).await.delete_role(&account(), &role()).await;
    assert!(matches!(&refused, Err(CloudError::Refused { code, .. }) if code == "DeleteConflict"), "{refused:?}");
}
