//! Real requests of a real client to a listener on loopback that answers as it is told.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Region};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::client::WatchAttempts;

const SECRET: &str = "the-secret-key-of-the-broker";

/// What the other side does with one request.
#[derive(Clone, Copy)]
enum Reply {
    /// Answer with this status, error code and request id.
    Says(u16, &'static str),
    /// Read the request and hang up.
    HangsUp,
    /// Read the request and wait for ever.
    Stalls,
    /// Answer with a body that is none.
    Babbles,
}

async fn listening(replies: &'static [Reply]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut kept = Vec::new();
        for reply in replies {
            let (mut stream, _) = listener.accept().await.unwrap();
            read_request(&mut stream).await;
            match reply {
                Reply::Says(status, code) => stream.write_all(answer(*status, code).as_bytes()).await.unwrap(),
                Reply::HangsUp => drop(stream),
                Reply::Stalls => kept.push(stream),
                Reply::Babbles => stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\nconnection: close\r\nx-amzn-requestid: R-0\r\n\r\n{\"Table\":").await.unwrap(),
            }
        }
        // From here on nobody is there.
        drop(listener);
        std::future::pending::<()>().await;
    });
    url
}

async fn read_request(stream: &mut TcpStream) {
    let mut request = Vec::new();
    let mut part = [0; 4096];
    while !request.ends_with(b"}") {
        match stream.read(&mut part).await.unwrap() {
            0 => break,
            count => request.extend_from_slice(&part[..count]),
        }
    }
}

fn answer(status: u16, code: &str) -> String {
    let body = format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}","message":"it is said"}}"#);
    let length = body.len();
    let head = "content-type: application/x-amz-json-1.0\r\nconnection: close\r\nx-amzn-requestid: R-4711";
    format!("HTTP/1.1 {status} Whatever\r\n{head}\r\ncontent-length: {length}\r\n\r\n{body}")
}

fn client(url: &str, attempts: u32) -> Client {
    let retry = RetryConfig::standard().with_max_attempts(attempts).with_initial_backoff(Duration::from_millis(1));
    let configuration = Builder::new()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("eu-central-1"))
        .endpoint_url(url)
        .credentials_provider(Credentials::new("test", SECRET, Some("the-session-token".to_owned()), None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(Duration::from_millis(300)).build())
        .retry_config(retry)
        .interceptor(WatchAttempts);
    Client::from_conf(configuration.build())
}

/// How one call ends when its attempts meet these replies, and after them a closed port.
async fn failure(attempts: u32, replies: &'static [Reply]) -> Failure {
    let client = client(&listening(replies).await, attempts);
    let error = client.describe_table().table_name("anything").send().await.unwrap_err();
    let failure = Failure::of(&error);
    let said = format!("{failure} {failure:?} {client:?}");
    assert!(!said.contains(SECRET) && !said.contains("the-session-token"), "{said}");
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
        let replies: &'static [Reply] = vec![Reply::Says(400, code)].leak();
        assert!(matches!(failure(1, replies).await, Failure::Throttled(text) if text.contains("R-4711")));
    }
}

#[tokio::test]
async fn where_nobody_listens_nothing_happened() {
    assert!(matches!(failure(1, &[]).await, Failure::NotSent(_)));
}

#[tokio::test]
async fn without_an_answer_it_may_have_happened() {
    for reply in [Reply::HangsUp, Reply::Stalls, Reply::Babbles, Reply::Says(500, "InternalServerError")] {
        let replies: &'static [Reply] = vec![reply].leak();
        let unknown = failure(1, replies).await;
        assert!(matches!(StoreError::from(unknown.clone()), StoreError::Unknown(_)), "{unknown:?}");
    }
}

#[tokio::test]
async fn an_unanswered_attempt_is_not_forgotten_when_a_later_one_certainly_failed() {
    for first in [Reply::HangsUp, Reply::Stalls, Reply::Says(500, "InternalServerError")] {
        for replies in [
            vec![first, Reply::Says(400, "ThrottlingException")],
            vec![first, Reply::Says(400, "ValidationException")],
            vec![first],
        ] {
            let unknown = failure(2, replies.leak()).await;
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
    let throttled =
        failure(2, &[Reply::Says(400, "ThrottlingException"), Reply::Says(400, "ThrottlingException")]).await;
    assert!(matches!(throttled, Failure::Throttled(_)), "{throttled:?}");
}
