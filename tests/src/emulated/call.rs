//! Signed calls written by hand, from an address of one's choice.

use std::net::{IpAddr, SocketAddr};

use aws_sigv4::http_request::{PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use daypass_embedded::clock::SystemClock;
use daypass_vending::ports::Clock;
use daypass_vending::secret::Secret;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpSocket;
use tokio::task::JoinHandle;

use super::{Key, Ministack, OFFICE, REGION, Seen};

/// A call to be signed.
#[derive(Clone, Debug)]
pub struct Call {
    service: String,
    method: &'static str,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: String,
}

impl Call {
    /// A call of a service with the query protocol, such as IAM.
    #[must_use]
    pub fn query(service: &'static str, version: &str, action: &str, parameters: &[(&str, &str)]) -> Self {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", action).append_pair("Version", version).extend_pairs(parameters);
        let kind = ("content-type", "application/x-www-form-urlencoded".to_owned());
        Self {
            service: service.to_owned(),
            method: "POST",
            path: "/".to_owned(),
            headers: vec![kind],
            body: form.finish(),
        }
    }

    /// A call of IAM.
    #[must_use]
    pub fn iam(action: &str, parameters: &[(&str, &str)]) -> Self {
        Self::query("iam", "2010-05-08", action, parameters)
    }

    /// A call of a service with the JSON protocol, such as KMS.
    #[must_use]
    pub fn json(service: &'static str, target: &str, body: &serde_json::Value) -> Self {
        let headers =
            vec![("content-type", "application/x-amz-json-1.1".to_owned()), ("x-amz-target", target.to_owned())];
        Self { service: service.to_owned(), method: "POST", path: "/".to_owned(), headers, body: body.to_string() }
    }

    /// A call of S3.
    #[must_use]
    pub fn s3(method: &'static str, path: &str, body: &str) -> Self {
        Self { service: "s3".to_owned(), method, path: path.to_owned(), headers: vec![], body: body.to_owned() }
    }

    /// A call like one that was seen, with this body.
    #[must_use]
    pub fn again(seen: &Seen, body: String) -> Self {
        let headers = match &seen.target {
            None => vec![("content-type", "application/x-www-form-urlencoded".to_owned())],
            Some(target) => {
                let version = if seen.service() == "dynamodb" { "1.0" } else { "1.1" };
                vec![("content-type", format!("application/x-amz-json-{version}")), ("x-amz-target", target.clone())]
            }
        };
        Self { service: seen.service().to_owned(), method: "POST", path: "/".to_owned(), headers, body }
    }

    /// A call of a service whose calls are told apart by path, such as Lambda.
    #[must_use]
    pub fn rest(service: &str, method: &'static str, path: &str, body: &serde_json::Value) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        Self { service: service.to_owned(), method, path: path.to_owned(), headers, body }
    }

    fn signed(&self, key: &Key, host: SocketAddr) -> Request<Full<Bytes>> {
        let token = key.token.as_ref().map(|token| token.reveal().to_owned());
        let identity =
            aws_credential_types::Credentials::new(&key.id, key.secret.reveal(), token, None, "DaypassTests");
        let mut settings = SigningSettings::default();
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        let identity = identity.into();
        let parameters = SigningParams::builder().identity(&identity).region(REGION).name(&self.service);
        let parameters = parameters.time(SystemClock.now().into()).settings(settings).build().expect("parameters");
        let uri = format!("http://{host}{}", self.path);
        let headers = self.headers.iter().map(|(name, value)| (*name, value.as_str()));
        let signable = SignableRequest::new(self.method, &uri, headers, SignableBody::Bytes(self.body.as_bytes()));
        let output = sign(signable.expect("a request"), &parameters.into()).expect("a signature");
        let mut request = Request::builder().method(self.method).uri(&self.path).header("host", host.to_string());
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        for (name, value) in output.output().headers() {
            request = request.header(name, value);
        }
        request.body(Full::from(self.body.clone())).expect("a request")
    }
}

impl Answer {
    /// Whether the call was allowed and made.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The key that IAM has made or STS has issued.
    ///
    /// # Panics
    /// When the answer has none.
    #[must_use]
    pub fn key(&self) -> Key {
        let is_temporary = self.body.contains("<SessionToken>");
        Key {
            id: self.text("AccessKeyId"),
            secret: Secret::new(self.text("SecretAccessKey")),
            token: is_temporary.then(|| Secret::new(self.text("SessionToken"))),
        }
    }

    /// What stands in the first element of this name.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn text(&self, element: &str) -> String {
        let inside = self.body.split_once(&format!("<{element}>"));
        let inside = inside.and_then(|(_, rest)| rest.split_once(&format!("</{element}>")));
        inside.unwrap_or_else(|| panic!("no {element} in {}", self.body)).0.to_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

impl Ministack {
    /// Make a call from the office.
    pub async fn call(&self, key: &Key, call: &Call) -> Answer {
        self.call_from(OFFICE, key, call).await
    }

    /// Make a call from this address.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn call_from(&self, address: IpAddr, key: &Key, call: &Call) -> Answer {
        Connection::from(address, self.address).await.send(key, call).await
    }

    /// A connection from the office, for many calls.
    ///
    /// # Panics
    /// When there is none to be had.
    pub async fn connect(&self) -> Connection {
        Connection::from(OFFICE, self.address).await
    }

    /// Make a call that must succeed.
    ///
    /// # Panics
    /// When it does not.
    pub async fn must(&self, key: &Key, call: &Call) -> Answer {
        let answer = self.call(key, call).await;
        assert!(answer.is_success(), "{}: {answer:?}", call.body);
        answer
    }
}

/// A connection that is kept.
#[derive(Debug)]
pub struct Connection {
    from: IpAddr,
    to: SocketAddr,
    sender: SendRequest<Full<Bytes>>,
    /// What drives it.
    task: JoinHandle<hyper::Result<()>>,
}

impl Connection {
    async fn from(from: IpAddr, to: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(SocketAddr::new(from, 0)).expect("the address");
        let stream = socket.connect(to).await.expect("the emulator");
        stream.set_nodelay(true).expect("a connection");
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.expect("a connection");
        Self { from, to, sender, task: tokio::spawn(connection) }
    }

    /// Make a call.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn send(&mut self, key: &Key, call: &Call) -> Answer {
        // Emulators end connections after some hundred calls.
        if self.sender.ready().await.is_err() {
            *self = Self::from(self.from, self.to).await;
        }
        let response = self.sender.send_request(call.signed(key, self.to)).await.expect("an answer");
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        Answer { status, body: String::from_utf8_lossy(&body).into_owned() }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}
