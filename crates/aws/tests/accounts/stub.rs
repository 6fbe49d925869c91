//! A stand-in for AWS on loopback that answers what a test tells it to: what no emulator produces.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_config::SdkConfig;
use daypass_aws::client::{Place, configuration};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A call as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// The action, of the query protocol or the JSON one; of S3 what the SDK says that it is.
    pub(crate) action: String,
    /// Path and query.
    pub(crate) target: String,
    /// The head, to look for headers in.
    head: String,
    /// The parameters of the query protocol.
    pub(crate) parameters: BTreeMap<String, String>,
    /// The body.
    pub(crate) body: String,
    /// Who signed it.
    pub(crate) access_key_id: String,
    /// How many calls of this action and signer were before it.
    pub(crate) before: usize,
}

/// What becomes of a call.
pub(crate) enum Reply {
    /// This status and body.
    Answer(u16, String),
    /// These bytes, head included, and the end of the connection.
    Raw(String),
    /// It was received, and the connection breaks.
    Reset,
}

type Script = dyn Fn(&Seen) -> Reply + Send + Sync;

#[derive(Clone)]
pub(crate) struct Stub {
    url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Stub {
    pub(crate) async fn start(script: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (seen, script): (Arc<Mutex<Vec<Seen>>>, Arc<Script>) = (Arc::default(), Arc::new(script));
        let stub = Self { url, seen: Arc::clone(&seen) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&seen), Arc::clone(&script)));
            }
        });
        stub
    }

    /// Where it answers.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What our clients are made from.
    pub(crate) async fn configuration(&self) -> SdkConfig {
        configuration_at(&self.url).await
    }

    /// The calls of this action, in order.
    pub(crate) fn seen(&self, action: &str) -> Vec<Seen> {
        self.seen.lock().unwrap().iter().filter(|seen| seen.action == action).cloned().collect()
    }
}

/// As [`Stub::configuration`], for whoever listens there.
pub(crate) async fn configuration_at(url: &str) -> SdkConfig {
    let place = Place { region: Some("eu-central-1".to_owned()), endpoint_url: Some(url.to_owned()) };
    let credentials = aws_credential_types::Credentials::new("AKIDBROKER", "broker-secret", None, None, "test");
    let provider = aws_credential_types::provider::SharedCredentialsProvider::new(credentials);
    configuration(&place).await.unwrap().into_builder().credentials_provider(provider).build()
}

async fn serve(mut stream: TcpStream, seen: Arc<Mutex<Vec<Seen>>>, script: Arc<Script>) {
    let Some((head, body)) = read(&mut stream).await else { return };
    let call = {
        let mut seen = seen.lock().unwrap();
        let mut call = parse(&head, body);
        let same = |other: &&Seen| other.action == call.action && other.access_key_id == call.access_key_id;
        call.before = seen.iter().filter(same).count();
        seen.push(call.clone());
        call
    };
    let answer = match script(&call) {
        Reply::Answer(status, body) => {
            let length = body.len();
            let head = format!("HTTP/1.1 {status} X\r\nx-amzn-requestid: r-1\r\ncontent-length: {length}\r\n");
            format!("{head}connection: close\r\n\r\n{body}")
        }
        Reply::Raw(answer) => answer,
        Reply::Reset => return,
    };
    let _ = stream.write_all(answer.as_bytes()).await;
}

async fn read(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer).await {
            Ok(count) if count > 0 => bytes.extend_from_slice(&buffer[..count]),
            _ => return None,
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let length = header(&head, "content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = bytes.split_off(end + 4);
    let have = body.len();
    body.resize(length, 0);
    stream.read_exact(&mut body[have..]).await.ok()?;
    Some((head, String::from_utf8(body).unwrap()))
}

fn parse(head: &str, body: String) -> Seen {
    let parameters: BTreeMap<String, String> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let target = header(head, "x-amz-target").and_then(|target| target.rsplit('.').next().map(ToOwned::to_owned));
    let path_and_query = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let of_s3 = path_and_query.split_once("x-id=").map(|(_, id)| id.split('&').next().unwrap_or_default().to_owned());
    let action = target.or_else(|| parameters.get("Action").cloned()).or(of_s3).unwrap_or_default();
    let authorization = header(head, "authorization").unwrap_or_default();
    let signer = authorization.split_once("Credential=").and_then(|(_, rest)| rest.split_once('/'));
    let access_key_id = signer.map_or(String::new(), |(id, _)| id.to_owned());
    Seen { action, target: path_and_query, head: head.to_owned(), parameters, body, access_key_id, before: 0 }
}

impl Seen {
    /// The header of this name.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        header(&self.head, name)
    }
}

fn header(head: &str, name: &str) -> Option<String> {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.into_iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
}

/// An error of the query protocol.
pub(crate) fn error(status: u16, code: &str) -> Reply {
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>because</Message></Error>\
         <RequestId>r-1</RequestId></ErrorResponse>"
    );
    Reply::Answer(status, body)
}

/// A success of the query protocol.
pub(crate) fn success(action: &str, result: &str) -> Reply {
    let body = format!(
        "<{action}Response><{action}Result>{result}</{action}Result>\
         <ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></{action}Response>"
    );
    Reply::Answer(200, body)
}

/// Credentials for whatever role was asked for; the access key id tells the role's account.
pub(crate) fn credentials(call: &Seen, expiration: &str) -> Reply {
    let arn = &call.parameters["RoleArn"];
    let account = arn.split(':').nth(4).unwrap();
    let result = format!(
        "<Credentials><AccessKeyId>ASIA{account}</AccessKeyId><SecretAccessKey>secret-half</SecretAccessKey>\
         <SessionToken>token-half</SessionToken><Expiration>{expiration}</Expiration></Credentials>"
    );
    success("AssumeRole", &result)
}

/// A time that no test lives to see.
pub(crate) const FAR: &str = "2099-01-01T00:00:00Z";
