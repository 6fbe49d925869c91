//! The client against servers that answer well, badly, or not at all.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "clippy does not see that the helper is a test's")]

use daypass_api::{Call, Client, ClientError, Delivery, NewSession, ProblemCode, Trouble};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A server that reads one request, gives this answer, and hands over what it read.
async fn answering(answer: &'static str) -> (Client, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        let mut buffer = [0; 4096];
        while !request.windows(4).any(|end| end == b"\r\n\r\n") {
            let read = stream.read(&mut buffer).await.unwrap();
            request.extend_from_slice(&buffer[..read]);
        }
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8(request).unwrap()
    });
    (Client::new(&base).unwrap().with_token("top-secret"), server)
}

#[tokio::test]
async fn a_problem_is_told_with_its_request_and_when_to_come_back() {
    let (client, server) = answering(
        "HTTP/1.1 429 Too Many Requests\r\ncontent-type: application/problem+json\r\nretry-after: 7\r\n\
         x-request-id: req-4711\r\nconnection: close\r\n\r\n\
         {\"type\":\"urn:daypass:problem:rate-limited\",\"title\":\"Too many requests\",\"status\":429,\
         \"detail\":\"too many requests in a minute\",\"code\":\"rate-limited\"}",
    )
    .await;
    let error = client.tiers().await.unwrap_err();
    assert_eq!(error.request_id(), Some("req-4711"));
    let ClientError::Problem { problem, retry_after_seconds } = error else { panic!("{error}") };
    assert_eq!((problem.code, retry_after_seconds), (ProblemCode::RateLimited, Some(7)));
    assert!(server.await.unwrap().contains("authorization: Bearer top-secret"));
}

#[tokio::test]
async fn somebody_elses_error_page_is_unexpected_and_redirects_are_not_followed() {
    for answer in [
        "HTTP/1.1 404 Not Found\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n<h1>404</h1>",
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n<h1>hello</h1>",
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    ] {
        let (client, _server) = answering(answer).await;
        let error = client.tiers().await.unwrap_err();
        assert!(matches!(error, ClientError::Unexpected { .. }), "{error}");
    }
}

#[tokio::test]
async fn the_ways_not_to_get_an_answer_are_told_apart() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let nobody = Client::new(&format!("http://127.0.0.1:{port}")).unwrap();
    let error = nobody.tiers().await.unwrap_err();
    assert!(matches!(error, ClientError::Transport { trouble: Trouble::Connect, .. }), "{error}");
    let (client, _server) = answering("HTTP/1.1 200 OK\r\ncontent-length: 100\r\nconnection: close\r\n\r\n{").await;
    let error = client.tiers().await.unwrap_err();
    assert!(matches!(error, ClientError::Transport { trouble: Trouble::Interrupted, .. }), "{error}");
    for base in ["", "daypass", "ftp://example.com", "file:///etc/passwd", "http://"] {
        assert!(matches!(Client::new(base), Err(ClientError::Address { .. })), "{base}");
    }
}

#[tokio::test]
async fn a_call_carries_its_key_and_its_patience_and_an_id_stays_one_segment() {
    let problem = "HTTP/1.1 500 Oops\r\nconnection: close\r\n\r\n";
    let (client, server) = answering(problem).await;
    let new = NewSession {
        project_id: "acme-web".into(),
        account_id: "111122223333".into(),
        permission_tier: "read-only".into(),
        duration_seconds: None,
        reason: "look at the failing nightly job".into(),
        incident_id: None,
        delivery: Delivery::Brokered,
    };
    client.request_session(&new, &Call::keyed("nightly-job-1").waiting(30)).await.unwrap_err();
    let sent = server.await.unwrap();
    assert!(sent.contains("idempotency-key: nightly-job-1\r\n") && sent.contains("prefer: wait=30\r\n"), "{sent}");
    let (client, server) = answering(problem).await;
    client.session("../../dev/login?x=", 0).await.unwrap_err();
    let sent = server.await.unwrap();
    assert!(sent.starts_with("GET /v1/sessions/..%2F..%2Fdev%2Flogin%3Fx= HTTP/1.1\r\n"), "{sent}");
}

#[test]
fn a_client_does_not_show_its_token() {
    let client = Client::new("https://daypass.example.com").unwrap().with_token("top-secret");
    assert!(!format!("{client:?}").contains("top-secret"));
}
