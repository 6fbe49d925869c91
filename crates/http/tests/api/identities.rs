//! What proves who somebody is, seen from outside: what is refused looks the same to whoever sent it, and differs in the trail.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use daypass_identity::{AwsAccount, AwsSettings, EmergencyKey, Sources};
use daypass_vending::audit::{Actor, Event, Outcome};
use daypass_vending::ports::PageRequest;
use daypass_vending::template::Partition;
use jiff::SignedDuration;
use jsonwebtoken::{Algorithm, Header};
use serde_json::{Value, json};

use crate::support::{Answer, CARLA, Server, claims, issuer, public_jwk, request, sign, wish};

/// A server with every way in. Nobody listens where it looks for STS.
async fn server() -> Server {
    let key = serde_json::to_value(public_jwk()).unwrap();
    let sources = Sources {
        issuers: vec![issuer()],
        aws: Some(AwsSettings {
            server_id: "daypass.example.com".to_owned(),
            sts_url: "http://127.0.0.1:9/".parse().unwrap(),
            region: "eu-central-1".to_owned(),
            partition: Partition::Aws,
            gate_role: Some("daypass-gate".to_owned()),
            accounts: vec![AwsAccount { id: "111122223333".parse().unwrap(), user_prefix: "aws.".to_owned() }],
            groups: vec![],
            session: SignedDuration::from_hours(1),
        }),
        emergency_keys: vec![EmergencyKey {
            user: "olga".parse().unwrap(),
            groups: BTreeSet::from(["on-call".parse().unwrap()]),
            public_key: key["x"].as_str().unwrap().parse().unwrap(),
        }],
    };
    let mut sources = sources;
    if let daypass_identity::Kind::People(people) = &mut sources.issuers[0].kind {
        people.user_prefix = "id.".to_owned();
    }
    Server::with(|options| options.tokens = daypass_http::local::Tokens::Of(Box::new(sources))).await
}

async fn with_token(server: &Server, token: &str, path: &str, body: Option<Value>) -> Answer {
    let method = if body.is_some() { "POST" } else { "GET" };
    server.send(request(Some(token), method, path, body)).await
}

async fn events(server: &Server) -> Vec<Event> {
    let page = PageRequest { cursor: None, limit: 1000 };
    server.local.store.events(None, &page).await.unwrap().items
}

fn changed(server: &Server, change: impl FnOnce(&mut Value)) -> String {
    let mut claims = claims(CARLA, server.now());
    change(&mut claims);
    sign(&Header::new(Algorithm::EdDSA), &claims)
}

fn signed_request(server: &Server, host: &str) -> Value {
    let date = server.now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let header = |name: &str, value: &str| json!({"name": name, "value": value});
    json!({
        "authorization": format!(
            "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/{}/eu-central-1/sts/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date;x-daypass-server-id, Signature={}",
            &date[..8],
            "5eed".repeat(16)
        ),
        "headers": [
            header("content-type", "application/x-www-form-urlencoded"),
            header("host", host),
            header("x-amz-date", &date),
            header("x-daypass-server-id", "daypass.example.com"),
        ],
        "body": "Action=GetCallerIdentity&Version=2011-06-15",
    })
}

fn log_in(body: &Value) -> Request<Body> {
    let request = Request::post("/v1/login/aws").header("content-type", "application/json");
    request.body(Body::from(body.to_string())).unwrap()
}

#[tokio::test]
async fn every_way_in_refuses_in_the_same_words_and_the_trail_has_the_difference() {
    let server = server().await;
    let now = server.now().as_second();
    let emergency = |claims: &mut Value| (claims["iss"], claims["aud"]) = ("daypass-emergency".into(), "zeta".into());
    let tokens = [
        (changed(&server, |claims| claims["aud"] = "other".into()), "another audience"),
        (changed(&server, |claims| claims["exp"] = json!(now - 61)), "it has expired"),
        (changed(&server, |claims| claims["iss"] = "https://evil.example.com".into()), "an unknown issuer"),
        (changed(&server, emergency), "nobody of that name"),
        ("dp1.bm9wZQ.bm9wZQ".to_owned(), "aws: it is no token"),
        ("nonsense".to_owned(), "it is no token"),
    ];
    let mut answers = Vec::new();
    for (token, _) in &tokens {
        answers.push(with_token(&server, token, "/v1/tiers", None).await);
    }
    answers.push(server.send(log_in(&signed_request(&server, "sts.evil.example.com"))).await);
    let told: Vec<(u16, Value)> = answers
        .iter()
        .map(|answer| {
            let mut said = answer.json();
            said["request_id"].take();
            (answer.status.as_u16(), said)
        })
        .collect();
    assert!(told.iter().all(|answer| answer.0 == 401 && *answer == told[0]), "{told:?}");
    let events = events(&server).await;
    let reasons: Vec<&str> = events.iter().map(|event| event.draft.detail["why"].as_str()).collect();
    let expected = tokens.iter().map(|(_, why)| *why).chain(["aws: it is for another host"]);
    for why in expected {
        assert!(reasons.iter().any(|reason| reason.contains(why)), "{why}: {reasons:?}");
    }
    for event in &events {
        assert_eq!((event.draft.action.as_str(), event.draft.outcome), ("authenticate", Outcome::Refused));
        assert!(matches!(event.draft.actor, Actor::Anonymous { .. }), "{event:?}");
        assert!(event.draft.detail.contains_key("request_id"), "{event:?}");
    }
}

#[tokio::test]
async fn a_second_factor_that_is_stripped_stale_or_claimed_by_the_request_counts_for_nothing() {
    let server = Server::new().await;
    let now = server.now().as_second();
    for (what, token) in [
        ("stripped", changed(&server, |claims| drop(claims.as_object_mut().unwrap().remove("amr")))),
        ("a password alone", changed(&server, |claims| claims["amr"] = json!(["pwd"]))),
        ("stale", changed(&server, |claims| claims["auth_time"] = json!(now - 7 * 24 * 3600))),
        ("without a time", changed(&server, |claims| drop(claims.as_object_mut().unwrap().remove("auth_time")))),
        ("claimed beside it", {
            let claimed = |claims: &mut Value| (claims["amr"], claims["mfa"]) = (json!([]), json!(true));
            changed(&server, claimed)
        }),
    ] {
        let before = server.stored().await;
        let answer = with_token(&server, &token, "/v1/sessions", Some(wish("read-only"))).await;
        assert_eq!(answer.status, 403, "{what}: {answer:?}");
        assert!(String::from_utf8_lossy(&answer.body).contains("second factor"), "{what}: {answer:?}");
        assert!(server.stored().await.1 > before.1, "{what}: on record");
    }
    let without = changed(&server, |claims| claims["amr"] = json!(["pwd"]));
    for field in ["mfa", "mfa_verified", "mfa_at", "identity"] {
        let mut wish = wish("read-only");
        wish[field] = json!(true);
        let answer = with_token(&server, &without, "/v1/sessions", Some(wish)).await;
        assert_eq!((answer.status.as_u16(), answer.wrong_fields()), (400, vec![field.to_owned()]), "{answer:?}");
    }
}

#[tokio::test]
async fn who_signs_for_an_sts_that_does_not_answer_is_told_so() {
    let server = server().await;
    let answer = server.send(log_in(&signed_request(&server, "127.0.0.1:9"))).await;
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(!String::from_utf8_lossy(&answer.body).contains("127.0.0.1"), "{answer:?}");
    let plain = Server::new().await;
    assert_eq!(plain.send(log_in(&signed_request(&plain, "127.0.0.1:9"))).await.status, 404, "not offered");
}

#[tokio::test]
async fn all_ways_in_are_offered_to_strangers() {
    let server = server().await;
    let answer = server.send(Request::get("/v1/login").body(Body::empty()).unwrap()).await.json();
    assert_eq!(answer["aws"]["gate_role_arn"], "arn:aws:iam::111122223333:role/daypass-gate");
    assert_eq!(answer["aws"]["server_id"], "daypass.example.com");
    assert_eq!(answer["emergency"]["audience"], "development");
}

#[tokio::test]
async fn an_emergency_key_lets_its_holder_in_and_the_trail_says_by_which_call() {
    let server = server().await;
    let now = server.now().as_second();
    let emergency = json!({
        "iss": "daypass-emergency", "aud": "development", "sub": "olga", "iat": now, "exp": now + 600, "jti": "1",
    });
    let token = sign(&Header::new(Algorithm::EdDSA), &emergency);
    assert_eq!(with_token(&server, &token, "/v1/tiers", None).await.status, 200);
    let mut request = request(Some(&token), "POST", "/v1/sessions", Some(wish("read-only")));
    request.headers_mut().insert("x-request-id", "call_of_olga-1".parse().unwrap());
    assert_eq!(server.send(request).await.status, 403, "the rules give it nothing but break-glass");
    let events = events(&server).await;
    let refused = events.last().unwrap();
    assert_eq!(refused.draft.detail["identity"], "emergency-key");
    assert_eq!(refused.draft.detail["request_id"], "call_of_olga-1");
}

#[tokio::test]
async fn addresses_are_those_of_the_transport_or_of_a_trusted_proxy() {
    let server = Server::with(|options| {
        options.api.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
    })
    .await;
    for (peer, forwarded, seen) in [
        ("203.0.113.9:1", None, "203.0.113.9"),
        ("203.0.113.9:1", Some("198.51.100.7"), "203.0.113.9"),
        ("[2001:db8::5]:1", Some("198.51.100.7"), "2001:db8::5"),
        ("[::ffff:203.0.113.9]:1", None, "203.0.113.9"),
        ("10.0.0.1:1", Some("198.51.100.7"), "198.51.100.7"),
        ("10.0.0.1:1", Some("192.0.2.1, 198.51.100.7, 10.0.0.2"), "198.51.100.7"),
        ("[::ffff:10.0.0.1]:1", Some("::ffff:198.51.100.7"), "198.51.100.7"),
        ("[fd00::1]:1", Some("[2001:db8::7]:443"), "2001:db8::7"),
    ] {
        let mut request = server.request(CARLA, "GET", "/v1/tiers", None);
        request.headers_mut().insert("authorization", "Bearer nonsense".parse().unwrap());
        if let Some(forwarded) = forwarded {
            request.headers_mut().insert("x-forwarded-for", forwarded.parse().unwrap());
        }
        request.extensions_mut().insert(ConnectInfo::<std::net::SocketAddr>(peer.parse().unwrap()));
        assert_eq!(server.send(request).await.status, 401);
        let events = events(&server).await;
        let address = match &events.last().unwrap().draft.actor {
            Actor::Anonymous { address } => address.to_string(),
            other => panic!("{other:?}"),
        };
        assert_eq!(address, seen, "{peer} {forwarded:?}");
    }
    for forwarded in ["unknown", "198.51.100.7, ", "10.0.0.300"] {
        let mut request = server.request(CARLA, "GET", "/v1/tiers", None);
        request.headers_mut().insert("x-forwarded-for", forwarded.parse().unwrap());
        request.extensions_mut().insert(ConnectInfo::<std::net::SocketAddr>("10.0.0.1:1".parse().unwrap()));
        assert_eq!(server.send(request).await.status, 400, "{forwarded}: missing evidence refuses");
    }
}
