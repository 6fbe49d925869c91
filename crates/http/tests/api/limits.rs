//! Rates, addresses, sizes.

use std::net::SocketAddr;
use std::num::NonZeroU32;

use axum::body::Body;
use axum::extract::ConnectInfo;
use serde_json::json;

use crate::support::{ADA, CARL, CARLA, Server, wish};

#[tokio::test]
async fn a_person_has_so_many_calls_a_minute_and_others_have_theirs() {
    let server = Server::with(|options| options.api.rate_limit_per_minute = NonZeroU32::new(3).unwrap()).await;
    for _ in 0..3 {
        assert_eq!(server.ask(CARLA, "GET", "/v1/tiers", None).await.status, 200);
    }
    for _ in 0..3 {
        let answer = server.ask(CARLA, "GET", "/v1/tiers", None).await;
        assert_eq!((answer.status.as_u16(), answer.json()["code"].clone()), (429, json!("rate-limited")));
        let wait: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=60).contains(&wait), "{wait}");
    }
    assert_eq!(server.ask(CARL, "GET", "/v1/tiers", None).await.status, 200);
    let trail = server.ask(ADA, "GET", "/v1/audit?chain=person:carla", None).await.json();
    assert_eq!(trail["events"].as_array().unwrap().len(), 1, "the first time is news, the others are not: {trail}");
}

/// The address that the trail has for a request with this peer and header.
async fn recorded_address(peer: &str, forwarded: &str) -> (u16, serde_json::Value) {
    let server = Server::with(|options| options.api.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()]).await;
    let mut request = server.request(CARLA, "POST", "/v1/sessions", Some(wish("read-only")));
    request.extensions_mut().insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
    request.headers_mut().insert("x-forwarded-for", forwarded.parse().unwrap());
    let answer = server.send(request).await;
    let trail = server.ask(ADA, "GET", "/v1/audit", None).await.json();
    let grant = trail["events"].as_array().unwrap().iter().find(|event| event["action"] == "session.grant");
    (answer.status.as_u16(), grant.map(|grant| grant["actor"]["address"].clone()).unwrap_or_default())
}

#[tokio::test]
async fn only_a_trusted_proxy_says_where_a_call_came_from() {
    assert_eq!(recorded_address("203.0.113.9:1", "192.168.7.7").await, (201, json!("203.0.113.9")));
    assert_eq!(recorded_address("10.0.0.1:1", "198.51.100.1, 192.168.7.7").await, (201, json!("192.168.7.7")));
    assert_eq!(recorded_address("10.0.0.1:1", "rubbish").await, (400, json!(null)));
}

#[tokio::test]
async fn without_a_peer_nobody_is_identified() {
    let server = Server::new().await;
    let request = server.request(CARLA, "GET", "/v1/tiers", None);
    assert_eq!(server.send_from_nowhere(request).await.status, 400);
}

#[tokio::test]
async fn metrics_are_for_the_machine_itself_and_name_nobody() {
    let server = Server::new().await;
    server.active(CARLA, "read-only").await;
    let metrics = server.ask(CARLA, "GET", "/metrics", None).await;
    let text = String::from_utf8(metrics.body).unwrap();
    assert!(text.contains(r#"daypass_sessions{status="active"} 1"#), "{text}");
    assert!(
        text.contains(r#"daypass_http_requests_total{method="POST",route="/v1/sessions",status="201"} 1"#),
        "{text}"
    );
    for name in ["carla", "acme-web", "111122223333"] {
        assert!(!text.contains(name), "{name}");
    }
    let mut request = server.request(CARLA, "GET", "/metrics", None);
    request.extensions_mut().insert(ConnectInfo("192.168.0.9:1".parse::<SocketAddr>().unwrap()));
    assert_eq!(server.send(request).await.status, 404);
}

#[tokio::test]
async fn a_request_keeps_a_harmless_id_and_loses_any_other() {
    let server = Server::new().await;
    for (given, kept) in [("trace-4711-abc", true), ("short", false), ("<script>alert(1)</script>", false)] {
        let mut request = server.request(CARLA, "GET", "/v1/nothing", None);
        request.headers_mut().insert("x-request-id", given.parse().unwrap());
        let answer = server.send(request).await;
        let id = answer.headers["x-request-id"].to_str().unwrap().to_owned();
        assert_eq!(id == given, kept, "{id}");
        assert_eq!(answer.json()["request_id"], id);
    }
}

#[tokio::test]
async fn a_body_has_at_most_64_kib_whether_it_says_so_or_not() {
    let server = Server::new().await;
    let padding = "a".repeat(70_000);
    let sized = server.request(CARLA, "POST", "/v1/sessions", Some(json!({ "reason": padding })));
    let mut unsized_ = server.request(CARLA, "POST", "/v1/sessions", None);
    unsized_.headers_mut().insert("content-type", "application/json".parse().unwrap());
    let chunks = (0..70).map(|_| Ok::<_, std::io::Error>("a".repeat(1000)));
    *unsized_.body_mut() = Body::from_stream(futures::stream::iter(chunks));
    for request in [sized, unsized_] {
        let answer = server.send(request).await;
        assert_eq!((answer.status.as_u16(), answer.wrong_fields()), (413, vec!["body".to_owned()]));
    }
}
