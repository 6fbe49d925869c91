//! A server under test, the people who use it, and what they send.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode};
use daypass_http::local::{Local, LocalOptions, Storage, Tokens};
use daypass_identity::{IssuerSettings, Sources, TrustedKeys};
use http_body_util::BodyExt;
use jiff::Timestamp;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::entry::Entry;

pub(crate) const ISSUER: &str = "https://id.example.com";
pub(crate) const AUDIENCE: &str = "daypass";
pub(crate) const PEER: &str = "127.0.0.1:40000";

/// A server whose requests need no socket.
pub(crate) struct Server {
    pub(crate) local: Local,
    entry: Entry,
}

/// Somebody who calls.
#[derive(Clone, Copy)]
pub(crate) struct Person {
    pub(crate) user: &'static str,
    pub(crate) groups: &'static [&'static str],
    pub(crate) has_mfa: bool,
}

pub(crate) const CARLA: Person = Person { user: "carla", groups: &["contractors", "acme-web"], has_mfa: true };
pub(crate) const CARL: Person = Person { user: "carl", groups: &["contractors", "zeta"], has_mfa: true };
pub(crate) const OLGA: Person = Person { user: "olga", groups: &["on-call", "acme-web"], has_mfa: true };
pub(crate) const ADA: Person = Person { user: "ada", groups: &["daypass-admins"], has_mfa: true };

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Server {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut LocalOptions)) -> Self {
        let mut options = options();
        change(&mut options);
        let local = Local::build(options, "127.0.0.1:0".parse().unwrap()).await.unwrap();
        Self { entry: Entry::to(local.app.clone()), local }
    }

    /// Send a request, from loopback unless it says otherwise.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let peer: SocketAddr = PEER.parse().unwrap();
        let peer = request.extensions().get().map_or(peer, |ConnectInfo(peer)| *peer);
        Answer::read(self.entry.send(request, Some(peer)).await).await
    }

    /// Send a request of which nobody knows where it came from.
    pub(crate) async fn send_from_nowhere(&self, request: Request<Body>) -> Answer {
        Answer::read(self.entry.send(request, None).await).await
    }

    /// Send a request of a person, with a JSON body if there is one.
    pub(crate) async fn ask(&self, who: Person, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.send(self.request(who, method, path, body)).await
    }

    pub(crate) fn request(&self, who: Person, method: &str, path: &str, body: Option<Value>) -> Request<Body> {
        request(Some(&self.token(who)), method, path, body)
    }

    /// A session of this person that works, at this tier.
    pub(crate) async fn active(&self, who: Person, tier: &str) -> String {
        let answer = self.ask(who, "POST", "/v1/sessions", Some(wish(tier))).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let session = answer.json();
        assert_eq!(session["status"], "active", "{session}");
        session["session_id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn token(&self, who: Person) -> String {
        sign(&Header::new(Algorithm::EdDSA), &claims(who, self.now()))
    }

    pub(crate) fn now(&self) -> Timestamp {
        use daypass_vending::ports::Clock;
        self.local.clock.now()
    }

    /// How many sessions and events are stored.
    pub(crate) async fn stored(&self) -> (usize, usize) {
        use daypass_vending::ports::{PageRequest, SessionFilter};
        let page = PageRequest { cursor: None, limit: 1000 };
        let sessions = self.local.store.sessions(&SessionFilter::default(), &page).await.unwrap();
        let events = self.local.store.events(None, &page).await.unwrap();
        (sessions.items.len(), events.items.len())
    }
}

impl Answer {
    pub(crate) async fn read(response: axum::response::Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.into_body().collect().await.unwrap().to_bytes().to_vec();
        Self { status, headers, body }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The names of the fields that a problem complains about.
    pub(crate) fn wrong_fields(&self) -> Vec<String> {
        let kind = self.headers.get("content-type").map(|kind| kind.to_str().unwrap()).unwrap_or_default();
        assert_eq!(kind, "application/problem+json", "{self:?}");
        let problem = self.json();
        let fields = problem["field"].as_array().cloned().unwrap_or_default();
        fields.iter().map(|field| field["field"].as_str().unwrap().to_owned()).collect()
    }
}

/// A request of whoever has this token, if any.
pub(crate) fn request(token: Option<&str>, method: &str, path: &str, body: Option<Value>) -> Request<Body> {
    let mut builder = Request::builder().method(method).uri(path).header("prefer", "wait=20");
    if let Some(token) = token {
        builder = builder.header("authorization", format!("Bearer {token}"));
    }
    match body {
        Some(body) => builder.header("content-type", "application/json").body(Body::from(body.to_string())),
        None => builder.body(Body::empty()),
    }
    .unwrap()
}

pub(crate) fn options() -> LocalOptions {
    let mut options = LocalOptions::development("127.0.0.1:0".parse().unwrap(), Storage::Memory).unwrap();
    options.tokens = Tokens::Of(Box::new(Sources::of(vec![issuer()])));
    options.settings.consistency_window = jiff::SignedDuration::ZERO;
    options.api.rate_limit_per_minute = std::num::NonZeroU32::new(100_000).unwrap();
    options
}

/// A request that its person's group allows.
pub(crate) fn wish(tier: &str) -> Value {
    let mut wish = json!({
        "project_id": "acme-web",
        "account_id": "111122223333",
        "permission_tier": tier,
        "reason": "look at the failing nightly job",
    });
    if tier == "break-glass" {
        wish["incident_id"] = "INC-4711".into();
    }
    wish
}

pub(crate) fn claims(who: Person, now: Timestamp) -> Value {
    let now = now.as_second();
    json!({
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": who.user,
        "groups": who.groups,
        "iat": now,
        "exp": now + 3600,
        "auth_time": now,
        "amr": if who.has_mfa { json!(["pwd", "otp"]) } else { json!(["pwd"]) },
    })
}

pub(crate) fn sign(header: &Header, claims: &Value) -> String {
    jsonwebtoken::encode(header, claims, &signing_key()).unwrap()
}

/// A key that signs for these tests and for nothing else.
pub(crate) fn signing_key() -> EncodingKey {
    // PKCS #8 of an Ed25519 key (RFC 8410), made of a seed that everybody can read here.
    let mut der = vec![0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    der.extend([7; 32]);
    EncodingKey::from_ed_der(&der)
}

pub(crate) fn public_jwk() -> Jwk {
    Jwk::from_encoding_key(&signing_key(), Algorithm::EdDSA).unwrap()
}

/// The people's issuer.
pub(crate) fn issuer() -> IssuerSettings {
    IssuerSettings::of_people(ISSUER.parse().unwrap(), AUDIENCE.to_owned(), public_keys())
}

pub(crate) fn public_keys() -> TrustedKeys {
    TrustedKeys::from_json(&json!({ "keys": [public_jwk()] }).to_string()).unwrap()
}
