//! For tests: somebody on loopback who takes real requests of a real client and answers them as told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Region};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::client::WatchAttempts;

/// The secrets of the client's credentials, which nothing may show.
pub(crate) const SECRETS: [&str; 2] = ["the-secret-key-of-the-broker", "the-session-token"];

/// What the other side does with one request.
#[derive(Clone)]
pub(crate) enum Reply {
    /// Answer with this status and error code.
    Says(u16, &'static str),
    /// Answer with this status and body.
    Sends(u16, String),
    /// Read the request and hang up.
    HangsUp,
    /// Read the request and wait for ever.
    Stalls,
    /// Answer with a body that is none.
    Babbles,
}

/// The other side. After its replies nobody listens.
pub(crate) struct Loopback {
    url: String,
    bodies: Arc<Mutex<Vec<String>>>,
}

impl Loopback {
    pub(crate) async fn start(replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let bodies = Arc::new(Mutex::new(Vec::new()));
        tokio::spawn(serve(listener, replies, bodies.clone()));
        Self { url, bodies }
    }

    /// A client that tries so often.
    pub(crate) fn client(&self, attempts: u32) -> Client {
        let [secret, token] = SECRETS;
        let retry = RetryConfig::standard().with_max_attempts(attempts).with_initial_backoff(Duration::from_millis(1));
        let configuration = Builder::new()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("eu-central-1"))
            .endpoint_url(&self.url)
            .credentials_provider(Credentials::new("test", secret, Some(token.to_owned()), None, "test"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(Duration::from_millis(300)).build())
            .retry_config(retry)
            .interceptor(WatchAttempts);
        Client::from_conf(configuration.build())
    }

    /// The bodies of the requests so far.
    pub(crate) fn bodies(&self) -> Vec<String> {
        self.bodies.lock().unwrap().clone()
    }
}

async fn serve(listener: TcpListener, replies: Vec<Reply>, bodies: Arc<Mutex<Vec<String>>>) {
    let mut kept = Vec::new();
    for reply in replies {
        let (mut stream, _) = listener.accept().await.unwrap();
        let body = body(&mut stream).await;
        bodies.lock().unwrap().push(body);
        let answer = match reply {
            Reply::Says(status, code) => answer(
                status,
                &format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}","message":"it is said"}}"#),
            ),
            Reply::Sends(status, body) => answer(status, &body),
            Reply::Babbles => answer(200, r#"{"Table":"#),
            Reply::HangsUp => continue,
            Reply::Stalls => {
                kept.push(stream);
                continue;
            }
        };
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
    drop(listener);
    // What stalls must not be hung up on.
    std::future::pending::<()>().await;
}

fn answer(status: u16, body: &str) -> String {
    let head = "content-type: application/x-amz-json-1.0\r\nconnection: close\r\nx-amzn-requestid: R-4711";
    let length = body.len();
    format!("HTTP/1.1 {status} Whatever\r\n{head}\r\ncontent-length: {length}\r\n\r\n{body}")
}

/// The body of a request, whose head says how long it is.
async fn body(stream: &mut TcpStream) -> String {
    let (mut request, mut part) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return body.to_owned();
            }
        }
        match stream.read(&mut part).await.unwrap() {
            0 => return text,
            count => request.extend_from_slice(&part[..count]),
        }
    }
}
