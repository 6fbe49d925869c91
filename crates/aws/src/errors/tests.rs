//! Errors as a real client meets them.

use super::*;
use crate::loopback::{Loopback, Reply, SECRETS};

/// How one call ends when its attempts meet these replies, and after them a closed port.
async fn failure(attempts: u32, replies: &[Reply]) -> Failure {
    let client = Loopback::start(replies.to_vec()).await.client(attempts);
    let error = client.describe_table().table_name("anything").send().await.unwrap_err();
    let failure = Failure::of(&error);
    let said = format!("{failure} {failure:?} {client:?}");
    assert!(SECRETS.iter().all(|secret| !said.contains(secret)), "{said}");
    failure
}

#[tokio::test]
async fn what_aws_refuses_did_not_happen_and_keeps_its_request_id() {
    let refused = failure(1, &[Reply::Says(400, "ValidationException")]).await;
    let message = "it is said (request R-4711)".to_owned();
    assert_eq!(refused, Failure::Refused { code: "ValidationException".to_owned(), message });
    let text = "ValidationException: it is said (request R-4711)".to_owned();
    assert_eq!(StoreError::from(refused), StoreError::Unavailable(text));
}

#[tokio::test]
async fn throttling_did_not_happen() {
    for code in ["ThrottlingException", "ProvisionedThroughputExceededException"] {
        let throttled = failure(1, &[Reply::Says(400, code)]).await;
        assert!(matches!(throttled, Failure::Throttled(text) if text.contains("R-4711")));
    }
}

#[tokio::test]
async fn where_nobody_listens_nothing_happened() {
    assert!(matches!(failure(1, &[]).await, Failure::NotSent(_)));
}

#[tokio::test]
async fn without_an_answer_it_may_have_happened() {
    for reply in [Reply::HangsUp, Reply::Stalls, Reply::Babbles, Reply::Says(500, "InternalServerError")] {
        let unknown = failure(1, &[reply]).await;
        assert!(matches!(StoreError::from(unknown.clone()), StoreError::Unknown(_)), "{unknown:?}");
    }
}

#[tokio::test]
async fn an_unanswered_attempt_is_not_forgotten_when_a_later_one_certainly_failed() {
    for first in [Reply::HangsUp, Reply::Stalls, Reply::Says(500, "InternalServerError")] {
        for second in
            [Some(Reply::Says(400, "ThrottlingException")), Some(Reply::Says(400, "ValidationException")), None]
        {
            let replies: Vec<Reply> = std::iter::once(first.clone()).chain(second).collect();
            let unknown = failure(2, &replies).await;
            assert!(matches!(unknown, Failure::Unknown(_)), "{unknown:?}");
        }
    }
}

#[tokio::test]
async fn what_a_later_attempt_tells_of_the_state_still_counts() {
    let told = failure(2, &[Reply::HangsUp, Reply::Says(400, "ResourceNotFoundException")]).await;
    assert!(matches!(told, Failure::Refused { code, .. } if code == "ResourceNotFoundException"));
}

#[tokio::test]
async fn throttled_attempts_alone_leave_no_doubt() {
    let again = Reply::Says(400, "ThrottlingException");
    let throttled = failure(2, &[again.clone(), again]).await;
    assert!(matches!(throttled, Failure::Throttled(_)), "{throttled:?}");
}
