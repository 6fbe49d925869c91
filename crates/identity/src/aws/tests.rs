//! Logins that are good, and all the ways in which somebody could try to pass another's request, or another question, for one.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use daypass_embedded::database::Database;
use daypass_embedded::entropy::SeededEntropy;
use daypass_embedded::keys::LocalKeys;
use daypass_embedded::store::SqliteStore;
use jiff::SignedDuration;

use super::*;
use crate::doors::Doors;
use crate::sources::Sources;
use daypass_vending::ports::Authenticator;
use daypass_vending::template::Partition;

const NOW: i64 = 1_800_000_000;
const DATE: &str = "20270115T080000Z";
const OLGA: &str = "arn:aws:iam::111122223333:user/olga";
const GATE: &str = "arn:aws:sts::111122223333:assumed-role/daypass-gate/olga";

/// The sample company's settings.
pub(super) fn settings(sts_url: &str) -> AwsSettings {
    let groups = |whom, group: &str| AwsGroups { whom, groups: [group.parse().unwrap()].into() };
    AwsSettings {
        server_id: "daypass.example.com".to_owned(),
        sts_url: sts_url.parse().unwrap(),
        region: "eu-central-1".to_owned(),
        partition: Partition::Aws,
        gate_role: Some("daypass-gate".to_owned()),
        accounts: vec![AwsAccount { id: "111122223333".parse().unwrap(), user_prefix: String::new() }],
        groups: vec![
            groups(Wanted::User("olga".parse().unwrap()), "on-call"),
            groups(Wanted::Arn("arn:aws:iam::111122223333:user/dev/*".to_owned()), "contractors"),
        ],
        session: SignedDuration::from_hours(1),
    }
}

/// A stand-in for STS: says who everybody is, whatever they sign, and remembers what it was asked.
#[derive(Clone)]
struct Sts {
    answers: Arc<Mutex<Answers>>,
    url: String,
}

struct Answers {
    next: (u16, Vec<(&'static str, String)>, String),
    seen: Vec<(HeaderMap, Bytes)>,
}

impl Sts {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let answers = Arc::new(Mutex::new(Answers { next: said(OLGA), seen: vec![] }));
        let router = Router::new().fallback(answer).with_state(answers.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { answers, url }
    }

    fn answers(&self, status: u16, headers: &[(&'static str, &str)], body: &str) {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self.answers.lock().unwrap().next = (status, headers, body.to_owned());
    }

    fn names(&self, arn: &str) {
        self.answers.lock().unwrap().next = said(arn);
    }

    fn asked(&self) -> usize {
        self.answers.lock().unwrap().seen.len()
    }
}

async fn answer(State(answers): State<Arc<Mutex<Answers>>>, headers: HeaderMap, body: Bytes) -> Response {
    let mut answers = answers.lock().unwrap();
    answers.seen.push((headers, body));
    let (status, headers, body) = answers.next.clone();
    let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
    for (name, value) in headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}

fn said(arn: &str) -> (u16, Vec<(&'static str, String)>, String) {
    let account = arn.split(':').nth(4).unwrap_or_default();
    let body = format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>{arn}</Arn><UserId>AIDAEXAMPLE</UserId><Account>{account}</Account></GetCallerIdentityResult>\
         </GetCallerIdentityResponse>"
    );
    (200, vec![("content-type", "text/xml".to_owned())], body)
}

fn doors(settings: AwsSettings, deployment: &str, seed: u64) -> Doors {
    let keys = LocalKeys::ephemeral(Arc::new(SeededEntropy::new(seed)));
    let memory = SqliteStore::new(Database::open_in_memory().unwrap());
    let sources = Sources { aws: Some(settings), ..Sources::default() };
    Doors::new(sources, &deployment.parse().unwrap(), Arc::new(keys), Arc::new(memory)).unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// A request as it should be. Nobody here checks the signature; STS would.
struct Draft {
    scope: String,
    signed: String,
    signature: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Draft {
    fn for_sts(url: &str) -> Self {
        let host = url.trim_start_matches("http://").trim_end_matches('/');
        let headers = [
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Host", host),
            ("X-Amz-Date", DATE),
            ("X-Daypass-Server-Id", "daypass.example.com"),
        ];
        Self {
            scope: "AKIAEXAMPLE/20270115/eu-central-1/sts/aws4_request".to_owned(),
            signed: "content-type;host;x-amz-date;x-daypass-server-id".to_owned(),
            signature: "5eed".repeat(16),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            body: request::BODY.to_owned(),
        }
    }

    fn set(&mut self, name: &str, value: &str) {
        let header = self.headers.iter_mut().find(|(known, _)| known == name).unwrap();
        header.1 = value.to_owned();
    }

    fn add(&mut self, name: &str, value: &str) {
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    fn drop(&mut self, name: &str) {
        self.headers.retain(|(known, _)| known != name);
    }

    fn presented(&self) -> Presentation {
        let Self { scope, signed, signature, .. } = self;
        let authorization =
            format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={signed}, Signature={signature}");
        Presentation {
            authorization: Secret::new(authorization),
            headers: self.headers.iter().map(|(name, value)| (name.clone(), Secret::new(value.clone()))).collect(),
            body: self.body.clone(),
        }
    }
}

async fn log_in(doors: &Doors, draft: &Draft, second: i64) -> Result<LoggedIn, AuthenticationError> {
    doors.aws().unwrap().log_in(&draft.presented(), [127, 0, 0, 1].into(), at(second)).await
}

async fn come_back(doors: &Doors, token: &Secret, second: i64) -> Result<Identity, AuthenticationError> {
    let presented = Presented { token: token.clone(), address: [127, 0, 0, 1].into(), at: at(second) };
    doors.authenticate(&presented).await
}

#[tokio::test]
async fn whom_sts_names_has_a_token_for_an_hour() {
    let sts = Sts::start().await;
    let doors = doors(settings(&sts.url), "acme", 1);
    let LoggedIn { token, identity } = log_in(&doors, &Draft::for_sts(&sts.url), NOW + 7).await.unwrap();
    assert_eq!((identity.user.as_str(), identity.method, identity.mfa_at), ("olga", Method::AwsSignature, None));
    assert_eq!((identity.issuer.as_str(), identity.expires_at), (OLGA, at(NOW + 3607)));
    assert_eq!(come_back(&doors, &token, NOW + 3606).await.unwrap(), identity);
    assert!(come_back(&doors, &token, NOW + 3607).await.is_err());
    let (headers, body) = sts.answers.lock().unwrap().seen.remove(0);
    assert_eq!(body, request::BODY.as_bytes());
    assert_eq!(headers["x-daypass-server-id"], "daypass.example.com");
    assert!(headers["authorization"].to_str().unwrap().starts_with("AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/"));
}

#[tokio::test]
async fn who_comes_through_the_gate_has_proved_a_second_factor() {
    let sts = Sts::start().await;
    let doors = doors(settings(&sts.url), "acme", 1);
    sts.names(GATE);
    let mut draft = Draft::for_sts(&sts.url);
    draft.add("X-Amz-Security-Token", "IQoJb3JpZ2luX2VjEXAMPLE");
    draft.signed = "content-type;host;x-amz-date;x-amz-security-token;x-daypass-server-id".to_owned();
    let LoggedIn { token, identity } = log_in(&doors, &draft, NOW + 7).await.unwrap();
    assert_eq!((identity.user.as_str(), identity.mfa_at), ("olga", Some(at(NOW))), "as old as the signature");
    assert_eq!(come_back(&doors, &token, NOW + 60).await.unwrap().mfa_at, Some(at(NOW)));
}

#[tokio::test]
async fn requests_that_are_not_exactly_ours_never_reach_sts() {
    let sts = Sts::start().await;
    let doors = doors(settings(&sts.url), "acme", 1);
    type Change = fn(&mut Draft);
    let changes: [(&str, Change); 32] = [
        ("another host", |draft| draft.set("Host", "sts.evil.example.com")),
        ("no host", |draft| draft.drop("Host")),
        ("another server", |draft| draft.set("X-Daypass-Server-Id", "vault.example.com")),
        ("no server", |draft| draft.drop("X-Daypass-Server-Id")),
        ("another action", |draft| draft.body = "Action=GetSessionToken&Version=2011-06-15".to_owned()),
        ("another parameter", |draft| draft.body.push_str("&DurationSeconds=900")),
        ("a repeated action", |draft| draft.body = format!("Action=GetSessionToken&{}", draft.body)),
        ("another order", |draft| draft.body = "Version=2011-06-15&Action=GetCallerIdentity".to_owned()),
        ("no body", |draft| draft.body.clear()),
        ("server not signed", |draft| draft.signed = "content-type;host;x-amz-date".to_owned()),
        ("host not signed", |draft| draft.signed = "content-type;x-amz-date;x-daypass-server-id".to_owned()),
        ("date not signed", |draft| draft.signed = "content-type;host;x-daypass-server-id".to_owned()),
        ("signed, not there", |draft| draft.signed = draft.signed.replace("host;", "host;range;")),
        ("signed twice", |draft| draft.signed = draft.signed.replace("host;", "host;host;")),
        ("signed in upper case", |draft| draft.signed = draft.signed.replace("host", "Host")),
        ("an unknown header", |draft| draft.add("X-Forwarded-Host", "sts.evil.example.com")),
        ("another target", |draft| draft.add("X-Amz-Target", "AWSSecurityTokenService.GetSessionToken")),
        ("a header twice", |draft| draft.add("X-Daypass-Server-Id", "daypass.example.com")),
        ("a header in two cases", |draft| draft.add("x-daypass-server-ID", "vault.example.com")),
        ("a header with a line break", |draft| draft.set("X-Daypass-Server-Id", "daypass.example.com\r\nHost: evil")),
        ("a folded header", |draft| draft.set("X-Daypass-Server-Id", " daypass.example.com ")),
        ("another content type", |draft| draft.set("Content-Type", "application/x-amz-json-1.1")),
        ("another length", |draft| draft.add("Content-Length", "4")),
        ("another hash", |draft| draft.add("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")),
        ("an old date", |draft| draft.set("X-Amz-Date", "20270115T075459Z")),
        ("a date to come", |draft| draft.set("X-Amz-Date", "20270115T080501Z")),
        ("a date that is none", |draft| draft.set("X-Amz-Date", "20270115 080000Z")),
        ("another day in the scope", |draft| draft.scope = draft.scope.replace("20270115", "20270114")),
        ("another region", |draft| draft.scope = draft.scope.replace("eu-central-1", "us-east-1")),
        ("another service", |draft| draft.scope = draft.scope.replace("sts", "iam")),
        ("a signature in upper case", |draft| draft.signature.make_ascii_uppercase()),
        ("more after the signature", |draft| draft.signature.push_str(", Signature=00")),
    ];
    for (what, change) in changes {
        let mut draft = Draft::for_sts(&sts.url);
        change(&mut draft);
        let outcome = log_in(&doors, &draft, NOW).await;
        assert!(matches!(outcome, Err(AuthenticationError::Rejected(_))), "{what}: {outcome:?}");
    }
    assert_eq!(sts.asked(), 0);
}

#[tokio::test]
async fn a_signature_is_used_once() {
    let sts = Sts::start().await;
    let doors = doors(settings(&sts.url), "acme", 1);
    let draft = Draft::for_sts(&sts.url);
    let (first, second) = tokio::join!(log_in(&doors, &draft, NOW), log_in(&doors, &draft, NOW));
    assert!(first.is_ok() != second.is_ok(), "of two at once one is first");
    for second in [NOW, NOW + 299] {
        let again = log_in(&doors, &draft, second).await;
        assert_eq!(again.unwrap_err(), rejected("aws: its signature was used before"));
    }
    let mut other = Draft::for_sts(&sts.url);
    other.signature = "beef".repeat(16);
    assert!(log_in(&doors, &other, NOW).await.is_ok());
}

#[tokio::test]
async fn what_sts_refuses_or_does_not_say_proves_nothing() {
    let sts = Sts::start().await;
    let doors = doors(settings(&sts.url), "acme", 1);
    let draft = Draft::for_sts(&sts.url);
    let (_, _, good) = said(OLGA);
    sts.answers(403, &[("content-type", "text/xml")], "<ErrorResponse/>");
    assert!(matches!(log_in(&doors, &draft, NOW).await, Err(AuthenticationError::Rejected(_))));
    let huge = format!("{}{}", " ".repeat(10_000), good);
    let elsewhere = format!("{}elsewhere", sts.url);
    for (what, status, headers, body) in [
        ("a redirect", 302, vec![("location", elsewhere.as_str()), ("content-type", "text/xml")], good.as_str()),
        ("a huge answer", 200, vec![("content-type", "text/xml")], huge.as_str()),
        ("no XML", 200, vec![("content-type", "application/json")], good.as_str()),
        ("an error", 500, vec![("content-type", "text/xml")], good.as_str()),
        ("a contradiction", 200, vec![("content-type", "text/xml")], &good.replace("<Account>1", "<Account>2")),
    ] {
        let before = sts.asked();
        sts.answers(status, &headers, body);
        let outcome = log_in(&doors, &draft, NOW).await;
        assert!(matches!(outcome, Err(AuthenticationError::Unavailable(_))), "{what}: {outcome:?}");
        assert_eq!(sts.asked(), before + 1, "{what}: nobody is followed or asked twice");
    }
    sts.names("arn:aws:sts::111122223333:assumed-role/another/olga");
    assert!(matches!(log_in(&doors, &draft, NOW).await, Err(AuthenticationError::Rejected(_))));
    sts.names(OLGA);
    assert!(log_in(&doors, &draft, NOW).await.is_ok(), "none of that used the signature up");
}

#[tokio::test]
async fn our_tokens_hold_here_unchanged_and_as_long_as_the_account_is_trusted() {
    let sts = Sts::start().await;
    let ours = doors(settings(&sts.url), "acme", 1);
    let token = log_in(&ours, &Draft::for_sts(&sts.url), NOW).await.unwrap().token;
    assert!(come_back(&doors(settings(&sts.url), "acme", 2), &token, NOW).await.is_err(), "other keys");
    assert!(come_back(&doors(settings(&sts.url), "zeta", 1), &token, NOW).await.is_err(), "another deployment");
    let mut others = settings(&sts.url);
    others.accounts = vec![AwsAccount { id: "444455556666".parse().unwrap(), user_prefix: String::new() }];
    assert!(come_back(&doors(others, "acme", 1), &token, NOW).await.is_err(), "the account is no longer trusted");
    assert!(come_back(&ours, &token, NOW).await.is_ok());
    let text = token.reveal().to_owned();
    for place in (0..text.len()).step_by(7) {
        let mut bytes = text.clone().into_bytes();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        let changed = Secret::new(String::from_utf8(bytes).unwrap());
        assert!(come_back(&ours, &changed, NOW).await.is_err(), "byte {place}");
    }
}

#[tokio::test]
async fn the_keys_other_signatures_are_no_tokens() {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
    let sts = Sts::start().await;
    let doors = doors(settings(&sts.url), "acme", 1);
    let keys = LocalKeys::ephemeral(Arc::new(SeededEntropy::new(1)));
    let content = Content { aud: "acme".to_owned(), arn: GATE.to_owned(), iat: NOW, exp: NOW + 60, signed_at: NOW };
    let payload = serde_json::to_vec(&content).unwrap();
    let bare = keys.sign(&payload).await.unwrap();
    let forged = Secret::new(format!("dp1.{}.{}", BASE64.encode(&payload), BASE64.encode(bare)));
    assert!(come_back(&doors, &forged, NOW).await.is_err());
    let real = token::sign(&content, &keys).await.unwrap();
    assert!(come_back(&doors, &real, NOW).await.is_ok(), "only what is signed for this purpose counts");
}
