//! The server as a function behind API Gateway: an HTTP API (payload 2.0) or a REST API (payload 1.0). The same routes; what
//! differs is where the caller's address comes from, and that nothing goes on after an answer.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::body::Body;
use axum::extract::Request;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use axum::response::Response;
use daypass_embedded::clock::SystemClock;
use daypass_http::{App, OneByOne};
use daypass_vending::ports::Clock as _;
use lambda_http::request::RequestContext;
use lambda_http::{Error, RequestExt as _, service_fn};

/// The variable by which AWS Lambda tells a program where its invocations come from
/// (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>).
pub const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";

/// What is kept of an invocation's time for handing the answer over.
const HANDING_OVER: Duration = Duration::from_millis(500);

/// The most time that a request is given: API Gateway stops waiting after 29 s, or 30 s
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>).
const MOST_TIME: Duration = Duration::from_millis(28_500);

/// Serve invocations until Lambda ends the process.
///
/// # Errors
/// When the Runtime API cannot be spoken to.
pub async fn run(app: App) -> Result<(), Error> {
    let server = Arc::new(OneByOne::new(app));
    lambda_http::run(service_fn(|request| {
        let server = Arc::clone(&server);
        async move { Ok::<_, Error>(answer(&server, request).await) }
    }))
    .await
}

/// Answer one request of API Gateway.
pub async fn answer(server: &OneByOne, request: lambda_http::Request) -> Response {
    let peer = source(&request);
    let left = time_left(request.lambda_context().deadline(), SystemClock.now().into());
    server.answer(plain(request), peer, left).await
}

/// The address that API Gateway saw at the other end of the connection: evidence of the transport, as a socket's peer is. No
/// header comes into it (invariant 1); behind a proxy that is configured as trusted, they are read as everywhere.
fn source(request: &lambda_http::Request) -> Option<IpAddr> {
    let seen = match request.request_context_ref()? {
        RequestContext::ApiGatewayV1(context) => context.identity.source_ip.as_deref(),
        RequestContext::ApiGatewayV2(context) => context.http.source_ip.as_deref(),
        _ => None,
    };
    seen?.parse().ok()
}

fn time_left(deadline: SystemTime, now: SystemTime) -> Duration {
    let left = deadline.duration_since(now).unwrap_or_default();
    left.saturating_sub(HANDING_OVER).min(MOST_TIME)
}

/// The request as it would have come over a socket: with the path alone, and without the stage that some put before it.
fn plain(request: lambda_http::Request) -> Request {
    let path = request.raw_http_path();
    let path = stage(&request).and_then(|stage| without_stage(path, &stage)).unwrap_or(path);
    let whole = match request.uri().query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    // What is no path is an unknown one.
    let whole = whole.parse().unwrap_or_else(|_| PathAndQuery::from_static("/"));
    let (mut parts, body) = request.into_parts();
    parts.uri = Uri::from(whole);
    let body = match body {
        lambda_http::Body::Text(text) => Body::from(text),
        lambda_http::Body::Binary(bytes) => Body::from(bytes),
        _ => Body::empty(),
    };
    Request::from_parts(parts, body)
}

/// An HTTP API's stage stands in the path, unless it is the default one; a REST API's does not.
fn stage(request: &lambda_http::Request) -> Option<String> {
    match request.request_context_ref()? {
        RequestContext::ApiGatewayV2(context) => context.stage.clone().filter(|stage| stage != "$default"),
        _ => None,
    }
}

fn without_stage<'a>(path: &'a str, stage: &str) -> Option<&'a str> {
    path.strip_prefix('/')?.strip_prefix(stage).filter(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_no_part_of_the_path() {
        for (path, stage, expected) in [
            ("/prod/v1/tiers", "prod", Some("/v1/tiers")),
            ("/v1/tiers", "prod", None),
            ("/production/v1", "prod", None),
            ("/prod", "prod", None),
        ] {
            assert_eq!(without_stage(path, stage), expected, "{path}");
        }
    }

    #[test]
    fn a_request_has_the_time_of_whoever_gives_up_first() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let left = |seconds| time_left(now + Duration::from_secs(seconds), now);
        assert_eq!(left(10), Duration::from_millis(9_500));
        assert_eq!(left(900), MOST_TIME);
        assert_eq!(time_left(now - Duration::from_secs(1), now), Duration::ZERO);
    }
}
