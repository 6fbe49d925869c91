//! Every kind of problem that can be provoked from outside, as it is told.

use std::num::NonZeroU32;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::support::{ADA, Answer, CARL, CARLA, OLGA, Server, wish};

#[tokio::test]
async fn problems_are_told_as_reviewed() {
    let server = Server::new().await;
    let id = server.active(CARLA, "read-only").await;
    let path = |suffix: &str| format!("/v1/sessions/{id}{suffix}");
    let mut told = Vec::new();

    let mut bad = wish("read-only");
    bad["project_id"] = "Acme Web".into();
    bad["account_id"] = "1".into();
    told.push(("two wrong fields", server.ask(CARLA, "POST", "/v1/sessions", Some(bad)).await));
    told.push(("an unknown tier", server.ask(CARLA, "POST", "/v1/sessions", Some(wish("root"))).await));
    let mut long = wish("developer");
    long["duration_seconds"] = (9 * 3600).into();
    told.push(("longer than the tier", server.ask(CARLA, "POST", "/v1/sessions", Some(long)).await));
    let request = Request::builder().uri("/v1/tiers").body(Body::empty()).unwrap();
    told.push(("no token", server.send(request).await));
    told.push(("not a member", server.ask(CARL, "POST", "/v1/sessions", Some(wish("read-only"))).await));
    told.push(("somebody else's session", server.ask(CARL, "GET", &path(""), None).await));
    told.push(("another's credentials", server.ask(ADA, "POST", &path("/credentials"), None).await));
    told.push(("no reason", server.ask(ADA, "DELETE", &path(""), None).await));
    told.push(("no such route", server.ask(CARLA, "GET", "/v1/session", None).await));
    told.push(("wrong method", server.ask(CARLA, "PUT", "/v1/sessions", None).await));
    told.push(("too large", server.ask(CARLA, "POST", "/v1/sessions", Some(json!("a".repeat(70_000)))).await));
    let mut form = server.request(CARLA, "POST", "/v1/sessions", Some(wish("read-only")));
    form.headers_mut().insert("content-type", "text/plain".parse().unwrap());
    told.push(("not JSON", server.send(form).await));
    told.push(("key reused", reused(&server).await));
    let mut glass = wish("break-glass");
    glass["duration_seconds"] = 1800.into();
    let glass = server.ask(OLGA, "POST", "/v1/sessions", Some(glass)).await.json();
    let glass = format!("/v1/sessions/{}", glass["session_id"].as_str().unwrap());
    let beyond = server.ask(OLGA, "POST", &format!("{glass}/extend"), Some(json!({"seconds": 3600}))).await;
    told.push(("extended beyond the tier", beyond));
    server.ask(CARLA, "DELETE", &path(""), None).await;
    told.push(("credentials of an ended session", server.ask(CARLA, "POST", &path("/credentials"), None).await));
    server.local.app.set_ready(false);
    told.push(("not ready", server.ask(CARLA, "GET", "/v1/tiers", None).await));

    let limited = Server::with(|options| options.api.rate_limit_per_minute = NonZeroU32::MIN).await;
    limited.ask(CARLA, "GET", "/v1/tiers", None).await;
    told.push(("too many requests", limited.ask(CARLA, "GET", "/v1/tiers", None).await));

    let told: serde_json::Map<String, Value> =
        told.into_iter().map(|(what, answer)| (what.to_owned(), shown(&answer))).collect();
    insta::assert_json_snapshot!(told);
}

async fn reused(server: &Server) -> Answer {
    let call = |body: Value| {
        let mut request = server.request(CARLA, "POST", "/v1/sessions", Some(body));
        request.headers_mut().insert("idempotency-key", "nightly-job-1".parse().unwrap());
        server.send(request)
    };
    call(wish("read-only")).await;
    call(wish("developer")).await
}

/// The problem without what differs from run to run.
fn shown(answer: &Answer) -> Value {
    assert!(answer.status.is_client_error() || answer.status.is_server_error(), "{answer:?}");
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    let mut problem = answer.json();
    assert_eq!(problem["status"], answer.status.as_u16());
    assert_eq!(problem["request_id"], answer.headers["x-request-id"].to_str().unwrap());
    problem.as_object_mut().unwrap().remove("request_id");
    problem
}
