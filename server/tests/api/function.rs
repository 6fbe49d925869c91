//! What only a function does: its address comes from API Gateway, and nothing goes on after an answer.

use std::net::SocketAddr;
use std::time::Duration;

use axum::http::Request;
use axum::http::request::Parts;
use daypass_http::Sagas;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::entry::{Entry, http_api, rest_api};
use crate::support::{ADA, Answer, CARLA, Server, wish};

type Shape = fn(&Parts, Option<String>, Option<SocketAddr>) -> Value;

const SHAPES: [(&str, Shape); 2] = [("HTTP API", http_api), ("REST API", rest_api)];

fn parts<T>(request: Request<T>) -> Parts {
    request.into_parts().0
}

/// A server that is asked one thing at a time, and whose kills have to wait for `window`.
async fn server(window: SignedDuration) -> Server {
    Server::with(|options| {
        options.sagas = Sagas::EndWithRequest;
        options.settings.consistency_window = window;
    })
    .await
}

/// Invariant 1.
#[tokio::test]
async fn a_forged_header_does_not_change_where_a_call_came_from() {
    for (name, shape) in SHAPES {
        let server = server(SignedDuration::ZERO).await;
        let mut request = server.request(CARLA, "POST", "/v1/sessions", None);
        for header in ["x-forwarded-for", "x-real-ip", "forwarded", "x-amzn-source-ip"] {
            request.headers_mut().insert(header, "192.168.7.7".parse().unwrap());
        }
        request.headers_mut().insert("content-type", "application/json".parse().unwrap());
        let peer = Some("203.0.113.9:0".parse().unwrap());
        let event = shape(&parts(request), Some(wish("read-only").to_string()), peer);
        let entry = Entry::to(server.local.app.clone());
        let answer = Answer::read(entry.invoke(&event, Duration::from_secs(20)).await).await;
        assert_eq!(answer.status, 201, "{name}: {answer:?}");
        let trail = server.ask(ADA, "GET", "/v1/audit", None).await.json();
        let grant = trail["events"].as_array().unwrap().iter().find(|event| event["action"] == "session.grant");
        assert_eq!(grant.unwrap()["actor"]["address"], "203.0.113.9", "{name}");
    }
}

#[tokio::test]
async fn an_event_without_a_usable_address_identifies_nobody() {
    for (name, shape) in SHAPES {
        let server = server(SignedDuration::ZERO).await;
        let entry = Entry::to(server.local.app.clone());
        let mut request = server.request(CARLA, "GET", "/v1/tiers", None);
        request.headers_mut().insert("x-forwarded-for", "127.0.0.1".parse().unwrap());
        let event = shape(&parts(request), None, None);
        assert_eq!(entry.invoke(&event, Duration::from_secs(20)).await.status(), 400, "{name}");
    }
}

#[tokio::test]
async fn a_named_stage_is_no_part_of_the_path() {
    let server = server(SignedDuration::ZERO).await;
    let entry = Entry::to(server.local.app.clone());
    let request = server.request(CARLA, "GET", "/live/v1/tiers", None);
    let mut event = http_api(&parts(request), None, Some("127.0.0.1:0".parse().unwrap()));
    event["requestContext"]["stage"] = "live".into();
    assert_eq!(entry.invoke(&event, Duration::from_secs(20)).await.status(), 200);
}

#[tokio::test]
async fn a_role_is_made_before_the_answer_though_nobody_waits_for_it() {
    let server = server(SignedDuration::ZERO).await;
    let mut request = server.request(CARLA, "POST", "/v1/sessions", Some(wish("read-only")));
    request.headers_mut().remove("prefer");
    let answer = server.send(request).await;
    assert_eq!(answer.status, 202, "the answer is the one of whoever does not wait");
    let id = answer.json()["session_id"].as_str().unwrap().parse().unwrap();
    let stored = server.local.store.session(&id).await.unwrap().unwrap();
    assert_eq!(stored.status().as_str(), "active", "frozen now, nothing would be lost");
}

#[tokio::test]
async fn a_kill_is_denied_before_the_answer_and_its_window_is_left_to_the_reconciler() {
    let server = server(SignedDuration::from_secs(30)).await;
    let id = server.active(CARLA, "read-only").await;
    let mut request = server.request(CARLA, "DELETE", &format!("/v1/sessions/{id}"), None);
    request.headers_mut().remove("prefer");
    let asked = std::time::Instant::now();
    let answer = server.send(request).await;
    assert!(asked.elapsed() < Duration::from_secs(20), "nobody waited for the window");
    assert_eq!((answer.status.as_u16(), answer.json()["status"].clone()), (202, json!("revoking")));
    let session = server.ask(CARLA, "GET", &format!("/v1/sessions/{id}"), None).await.json();
    assert!(session["end"]["denied_at"].is_string(), "{session}");
    let stored = server.local.store.session(&id.parse().unwrap()).await.unwrap().unwrap();
    assert!(stored.due_at().is_some(), "the reconciler comes back to it");
}

#[tokio::test]
async fn an_alert_is_delivered_before_the_answer() {
    let server = server(SignedDuration::ZERO).await;
    server.active(crate::support::OLGA, "break-glass").await;
    let waiting = server.local.store.undelivered(jiff::Timestamp::MAX, 10).await.unwrap();
    assert_eq!(waiting, vec![]);
}

#[tokio::test]
async fn without_time_the_answer_still_comes() {
    let server = server(SignedDuration::ZERO).await;
    let entry = Entry::to(server.local.app.clone());
    let mut request = server.request(CARLA, "POST", "/v1/sessions", None);
    request.headers_mut().insert("content-type", "application/json".parse().unwrap());
    let peer = Some("127.0.0.1:0".parse().unwrap());
    let event = http_api(&parts(request), Some(wish("read-only").to_string()), peer);
    // Half a second is kept for handing the answer over: nothing is left.
    let answer = entry.invoke(&event, Duration::from_millis(400)).await;
    assert_eq!(answer.status(), 503);
}
