//! How requests come in: as events of API Gateway.
//!
//! The shapes are those of <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>
//! (payload 2.0) and
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html> (REST).

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use axum::body::Body;
use axum::http::Request;
use axum::http::request::Parts;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use daypass_embedded::clock::SystemClock;
use daypass_http::{App, OneByOne};
use daypass_server::function;
use daypass_vending::ports::Clock as _;
use http_body_util::BodyExt;
use lambda_http::RequestExt;
use serde_json::{Value, json};

/// The way in.
pub(crate) struct Entry {
    server: OneByOne,
    sent: AtomicUsize,
}

impl Entry {
    /// An HTTP API joins the values of a header by commas, and `lambda_http` takes the last one of a REST API's. Either way one
    /// value counts, and is checked as such.
    pub(crate) const KEEPS_HEADERS_APART: bool = false;

    pub(crate) fn to(app: App) -> Self {
        Self { server: OneByOne::new(app), sent: AtomicUsize::new(0) }
    }

    pub(crate) async fn send(&self, request: Request<Body>, peer: Option<SocketAddr>) -> Response {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        // A body that is no text comes in base64.
        let text = String::from_utf8(body.to_vec());
        let is_base64 = text.is_err();
        let body = (!body.is_empty()).then(|| text.unwrap_or_else(|_| STANDARD.encode(&body)));
        let mut event = match self.sent.fetch_add(1, Ordering::Relaxed) % 2 {
            0 => http_api(&parts, body, peer),
            _ => rest_api(&parts, body, peer),
        };
        event["isBase64Encoded"] = is_base64.into();
        self.invoke(&event, Duration::from_secs(29)).await
    }

    pub(crate) async fn invoke(&self, event: &Value, left: Duration) -> Response {
        let deadline = (SystemTime::from(SystemClock.now()) + left).duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let mut context = lambda_http::Context::default();
        context.deadline = u64::try_from(deadline.as_millis()).unwrap();
        let request = lambda_http::request::from_str(&event.to_string()).unwrap();
        function::answer(&self.server, request.with_lambda_context(context)).await
    }
}

/// An event of an HTTP API: one value for each header, joined by commas.
pub(crate) fn http_api(parts: &Parts, body: Option<String>, peer: Option<SocketAddr>) -> Value {
    let headers: BTreeMap<_, _> = headers(parts).into_iter().map(|(name, values)| (name, values.join(","))).collect();
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": parts.uri.path(),
        "rawQueryString": parts.uri.query().unwrap_or_default(),
        "headers": headers,
        "requestContext": {
            "accountId": "111122223333",
            "apiId": "r3pmxmplak",
            "domainName": "r3pmxmplak.execute-api.eu-central-1.amazonaws.com",
            "domainPrefix": "r3pmxmplak",
            "http": {
                "method": parts.method.as_str(),
                "path": parts.uri.path(),
                "protocol": "HTTP/1.1",
                "sourceIp": peer.map(|peer| peer.ip()),
                "userAgent": "agent",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "$default",
            "stage": "$default",
            "time": "10/Mar/2026:05:16:23 +0000",
            "timeEpoch": 1_773_119_783_220_i64,
        },
        "body": body,
        "isBase64Encoded": false,
    })
}

/// An event of a REST API: the last value of each header, and all of them.
pub(crate) fn rest_api(parts: &Parts, body: Option<String>, peer: Option<SocketAddr>) -> Value {
    let all = headers(parts);
    let last: BTreeMap<_, _> = all.iter().map(|(name, values)| (name, values.last())).collect();
    let mut query: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()) {
        query.entry(name.into_owned()).or_default().push(value.into_owned());
    }
    let path = parts.uri.path();
    json!({
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": parts.method.as_str(),
        "headers": last,
        "multiValueHeaders": all,
        "queryStringParameters": query.iter().map(|(name, values)| (name, values.last())).collect::<BTreeMap<_, _>>(),
        "multiValueQueryStringParameters": query,
        "pathParameters": {"proxy": path.trim_start_matches('/')},
        "stageVariables": null,
        "requestContext": {
            "accountId": "111122223333",
            "apiId": "id",
            "domainName": "id.execute-api.eu-central-1.amazonaws.com",
            "extendedRequestId": "request-id",
            "httpMethod": parts.method.as_str(),
            "identity": {"sourceIp": peer.map(|peer| peer.ip()), "userAgent": "agent"},
            "path": format!("/prod{path}"),
            "protocol": "HTTP/1.1",
            "requestId": "id=",
            "requestTime": "04/Mar/2026:19:15:17 +0000",
            "requestTimeEpoch": 1_772_651_717_636_i64,
            "resourceId": null,
            "resourcePath": "/{proxy+}",
            "stage": "prod",
        },
        "body": body,
        "isBase64Encoded": false,
    })
}

fn headers(parts: &Parts) -> BTreeMap<String, Vec<String>> {
    let mut headers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in &parts.headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        headers.entry(name.to_string()).or_default().push(value);
    }
    headers
}
