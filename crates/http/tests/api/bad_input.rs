//! Whatever is wrong with a request: 4xx, a problem that names the field, nothing stored.

use axum::body::Body;
use axum::http::Request;
use daypass_http::local::Tokens;
use serde_json::{Value, json};

use crate::entry::Entry;
use crate::support::{ADA, Answer, CARLA, Person, Server, wish};

/// A body that is right, and which of its fields may not be left out.
struct Route {
    who: Person,
    method: &'static str,
    path: String,
    body: Value,
    required: &'static [&'static str],
}

async fn routes(server: &Server) -> Vec<Route> {
    let id = server.active(CARLA, "read-only").await;
    let mut full_wish = wish("read-only");
    full_wish["duration_seconds"] = 3600.into();
    full_wish["incident_id"] = "INC-4711".into();
    full_wish["delivery"] = "direct".into();
    let route = |who, method, path: String, body, required| Route { who, method, path, body, required };
    vec![
        route(
            CARLA,
            "POST",
            "/v1/sessions".to_owned(),
            full_wish,
            &["project_id", "account_id", "permission_tier", "reason"],
        ),
        route(CARLA, "POST", format!("/v1/sessions/{id}/extend"), json!({"seconds": 900}), &["seconds"]),
        route(
            CARLA,
            "POST",
            format!("/v1/sessions/{id}/check"),
            json!({
                "action": "s3:GetObject",
                "resource": "*",
                "source_ip": "10.0.0.7",
                "at": "2026-11-21T06:00:00Z",
                "context": {"s3:prefix": "home/"},
            }),
            &["action", "resource"],
        ),
        route(ADA, "DELETE", format!("/v1/sessions/{id}"), json!({"reason": "the contract has ended"}), &["reason"]),
        route(
            ADA,
            "POST",
            "/v1/revocations".to_owned(),
            json!({
                "user": "carla",
                "project": "acme-web",
                "tier": "read-only",
                "account": "111122223333",
                "reason": "the contract has ended",
            }),
            &["reason"],
        ),
    ]
}

const QUOTE: &str = "a quote that would end a policy";

/// Values that fit no field of any route.
fn nonsense() -> Vec<(&'static str, Value)> {
    vec![
        ("null", Value::Null),
        ("a boolean", json!(true)),
        ("a fraction", json!(0.5)),
        ("a negative number", json!(-1)),
        ("a huge number", json!(u64::MAX)),
        ("an object", json!({"a": 1})),
        ("an array", json!([[1]])),
        ("an empty text", json!("")),
        ("a control character", json!("a reason with a bell \u{7} in it")),
        ("a line break", json!("a reason with\na line break")),
        ("a hidden direction", json!("a reason that looks \u{202e}dekcart")),
        ("a text too long", json!("a".repeat(5000))),
        (QUOTE, json!(r#"x-*"]},{"Effect":"Allow","Action":"*","Resource":["*"#)),
    ]
}

#[tokio::test]
async fn every_field_of_every_body_refuses_what_does_not_fit() {
    let server = Server::new().await;
    let mut refused = 0;
    for route in routes(&server).await {
        let stored = server.stored().await;
        for field in route.body.as_object().unwrap().keys() {
            for (what, value) in nonsense() {
                // Free text may have quotes in it: it is never put into a policy.
                if what == QUOTE && ["reason", "resource"].contains(&field.as_str()) {
                    continue;
                }
                let mut body = route.body.clone();
                body[field] = value;
                let answer = server.ask(route.who, route.method, &route.path, Some(body)).await;
                expect(&answer, 400, field, &format!("{} {}: {field} = {what}", route.method, route.path));
                refused += 1;
            }
        }
        for field in route.required {
            let mut body = route.body.clone();
            body.as_object_mut().unwrap().remove(*field);
            let answer = server.ask(route.who, route.method, &route.path, Some(body)).await;
            expect(&answer, 400, field, &format!("{}: without {field}", route.path));
        }
        let mut body = route.body.clone();
        body["mfa_used"] = true.into();
        let answer = server.ask(route.who, route.method, &route.path, Some(body)).await;
        expect(&answer, 400, "mfa_used", &format!("{}: an unknown field", route.path));
        // Looking up whose session it is leaves a trace for whoever is not its holder; nothing else may.
        let (sessions, events) = server.stored().await;
        assert_eq!(sessions, stored.0, "{}", route.path);
        assert!(events == stored.1 || route.method == "DELETE", "{}: {events}", route.path);
    }
    assert!(refused > 200, "{refused}");
}

#[tokio::test]
async fn development_routes_refuse_what_does_not_fit_as_well() {
    let server = Server::with(|options| options.tokens = Tokens::Development).await;
    for (path, body, free_text) in [
        ("/v1/dev/login", json!({"user": "carla", "password": "wrong", "totp": "123456"}), &["password"][..]),
        ("/v1/dev/clock", json!({"advance_seconds": 60}), &[]),
        (
            "/v1/dev/aws/call",
            json!({
                "access_key_id": "ASIAEXAMPLE",
                "secret_access_key": "secret",
                "session_token": "token",
                "action": "s3:GetObject",
                "resource": "*",
                "source_ip": "10.0.0.7",
            }),
            &["access_key_id", "secret_access_key", "session_token", "resource"],
        ),
    ] {
        let post = |body: &Value| {
            let request = Request::builder().method("POST").uri(path).header("content-type", "application/json");
            server.send(request.body(Body::from(body.to_string())).unwrap())
        };
        for field in body.as_object().unwrap().keys() {
            for (what, value) in nonsense() {
                if what == QUOTE && free_text.contains(&field.as_str()) {
                    continue;
                }
                let mut bad = body.clone();
                bad[field] = value;
                expect(&post(&bad).await, 400, field, &format!("{path}: {field} = {what}"));
            }
        }
        let mut unknown = body.clone();
        unknown["mfa_used"] = true.into();
        expect(&post(&unknown).await, 400, "mfa_used", path);
        let good = post(&body).await;
        assert!([200, 401].contains(&good.status.as_u16()), "{path}: {good:?}");
        assert!(!String::from_utf8_lossy(&good.body).contains("secret_access_key"), "{good:?}");
    }
}

#[tokio::test]
async fn every_parameter_of_every_query_refuses_what_does_not_fit() {
    let server = Server::new().await;
    let long = "a".repeat(5000);
    for (path, parameters) in [
        ("/v1/sessions", &["user", "status", "project", "account", "tier", "cursor", "limit"][..]),
        ("/v1/audit", &["chain", "session", "cursor", "settled", "limit"]),
    ] {
        for parameter in parameters {
            for value in ["", "%00", "a%0ab", "%E2%80%AE", "a+b+c", &long] {
                let answer = server.ask(ADA, "GET", &format!("{path}?{parameter}={value}"), None).await;
                expect(&answer, 400, parameter, &format!("{path}?{parameter}={value:.20}"));
            }
            let answer = server.ask(ADA, "GET", &format!("{path}?{parameter}=%ff"), None).await;
            expect(&answer, 400, "query", &format!("{path}?{parameter}: not UTF-8"));
            let answer = server.ask(ADA, "GET", &format!("{path}?{parameter}=10&{parameter}=10"), None).await;
            expect(&answer, 400, parameter, &format!("{path}?{parameter} twice"));
        }
        let answer = server.ask(ADA, "GET", &format!("{path}?all=true"), None).await;
        expect(&answer, 400, "all", path);
        for limit in ["0", "201", "-1", "1e3", "99999999999999999999"] {
            let answer = server.ask(ADA, "GET", &format!("{path}?limit={limit}"), None).await;
            expect(&answer, 400, "limit", &format!("{path}?limit={limit}"));
        }
    }
    let both = "/v1/audit?chain=system&session=5f0c6a52-0a51-4f0e-9d0a-6d1f6f2b8a11";
    expect(&server.ask(ADA, "GET", both, None).await, 400, "session", both);
    assert_eq!(server.stored().await, (0, 0));
}

#[tokio::test]
async fn paths_name_sessions_and_nothing_else() {
    let server = Server::new().await;
    for id in ["1", "..%2f..%2fetc", "%00", "%ff", "5F0C6A52-0A51-4F0E-9D0A-6D1F6F2B8A1", &"a".repeat(500)] {
        for (method, suffix) in [("GET", ""), ("DELETE", ""), ("POST", "/credentials"), ("POST", "/extend")] {
            let body = (suffix == "/extend").then(|| json!({"seconds": 900}));
            let answer = server.ask(CARLA, method, &format!("/v1/sessions/{id}{suffix}"), body).await;
            expect(&answer, 400, "session_id", &format!("{method} {id:.20}{suffix}"));
        }
    }
}

#[tokio::test]
async fn bodies_are_whole_json_of_bounded_depth() {
    let server = Server::new().await;
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    let deep_field = format!(r#"{{"reason": {}1{}}}"#, "{\"a\":".repeat(5_000), "}".repeat(5_000));
    for route in routes(&server).await {
        for (what, body) in [
            ("nothing like JSON", b"reason=x".to_vec()),
            ("cut off", route.body.to_string().trim_end_matches('}').as_bytes().to_vec()),
            ("two values", format!("{} {{}}", route.body).into_bytes()),
            ("not UTF-8", b"{\"reason\": \"\xff\xfe\"}".to_vec()),
            ("deep", deep.clone().into_bytes()),
            ("a list", b"[]".to_vec()),
            ("a text", b"\"reason\"".to_vec()),
        ] {
            let answer = raw(&server, &route, "application/json", body).await;
            expect(&answer, 400, "body", &format!("{}: {what}", route.path));
        }
        let answer = raw(&server, &route, "application/json", deep_field.clone().into_bytes()).await;
        assert_eq!(answer.status, 400, "{}: deep field", route.path);
        assert!(!answer.wrong_fields().is_empty());
        let half = format!(r#"{{"{}": "\ud800"}}"#, route.required[0]);
        assert_eq!(raw(&server, &route, "application/json", half.into_bytes()).await.status, 400);
        let twice = format!(r#"{{"{0}": 1, "{0}": 1}}"#, route.required[0]);
        assert_eq!(raw(&server, &route, "application/json", twice.into_bytes()).await.status, 400);
        for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
            let answer = raw(&server, &route, kind, route.body.to_string().into_bytes()).await;
            expect(&answer, 415, "content-type", &format!("{}: {kind}", route.path));
        }
    }
}

#[tokio::test]
async fn headers_that_carry_meaning_are_checked() {
    let server = Server::new().await;
    let long = "a".repeat(129);
    for key in ["short", "with space in it", &long] {
        let mut request = server.request(CARLA, "POST", "/v1/sessions", Some(wish("read-only")));
        request.headers_mut().insert("idempotency-key", key.parse().unwrap());
        expect(&server.send(request).await, 400, "idempotency-key", key);
    }
    if Entry::KEEPS_HEADERS_APART {
        let mut request = server.request(CARLA, "POST", "/v1/sessions", Some(wish("read-only")));
        for key in ["nightly-job-1", "nightly-job-2"] {
            request.headers_mut().append("idempotency-key", key.parse().unwrap());
        }
        expect(&server.send(request).await, 400, "idempotency-key", "twice");
    }
    assert_eq!(server.stored().await, (0, 0));
    for preference in ["wait=soon", "wait=-1", "respond-async, wait=1", "wait=999999999999999999999", "\u{e9}"] {
        let mut request = server.request(CARLA, "GET", "/v1/sessions", None);
        request.headers_mut().insert("prefer", axum::http::HeaderValue::from_bytes(preference.as_bytes()).unwrap());
        assert_eq!(server.send(request).await.status, 200, "a preference is never an error: {preference}");
    }
}

#[tokio::test]
async fn unknown_routes_and_methods_are_problems_too() {
    let server = Server::new().await;
    for (method, path, status, code) in [
        ("GET", "/", 404, "not-found"),
        ("GET", "/v1/session", 404, "not-found"),
        ("GET", "/v2/sessions", 404, "not-found"),
        ("POST", "/v1/dev/login", 404, "not-found"),
        ("POST", "/v1/dev/clock", 404, "not-found"),
        ("POST", "/v1/dev/aws/call", 404, "not-found"),
        ("PUT", "/v1/sessions", 405, "method-not-allowed"),
        ("PATCH", "/healthz", 405, "method-not-allowed"),
        ("BREW", "/v1/tiers", 405, "method-not-allowed"),
    ] {
        let answer = server.ask(CARLA, method, path, None).await;
        assert_eq!((answer.status.as_u16(), answer.json()["code"].clone()), (status, json!(code)), "{method} {path}");
        assert!(answer.wrong_fields().is_empty());
    }
}

async fn raw(server: &Server, route: &Route, kind: &str, body: Vec<u8>) -> Answer {
    let request = Request::builder()
        .method(route.method)
        .uri(&route.path)
        .header("authorization", format!("Bearer {}", server.token(route.who)))
        .header("content-type", kind)
        .body(Body::from(body));
    server.send(request.unwrap()).await
}

fn expect(answer: &Answer, status: u16, field: &str, what: &str) {
    let text = String::from_utf8_lossy(&answer.body);
    assert_eq!(answer.status, status, "{what}: {text}");
    let fields = answer.wrong_fields();
    let names_it = fields.iter().any(|wrong| wrong == field || wrong.starts_with(&format!("{field}.")));
    assert!(names_it, "{what}: {fields:?}");
    assert!(!text.contains("\u{7}") && !text.contains("\u{202e}"), "{what}: {text}");
    assert!(text.len() < 2000, "{what}: {text}");
}
