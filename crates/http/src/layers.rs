//! What happens to every request, whatever its route: it gets an id, a time limit, an entry in the access log and the
//! metrics; a panic becomes a problem, and every problem is written in one place.

use std::any::Any;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use daypass_api::ProblemCode;
use daypass_vending::ids::RequestId;

use crate::app::App;
use crate::extract::UserSlot;
use crate::problem::ApiError;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// How long a request may take in all: the longest `Prefer: wait`, and time to work before and after it.
const TIME_LIMIT: Duration = Duration::from_secs(100);

/// More requests than this at once are turned away, so that memory is bounded and those inside get done.
const MOST_AT_ONCE: i64 = 1024;

/// The outermost layer.
pub(crate) async fn observe(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let id = request_id(request.headers());
    let user = UserSlot::default();
    request.extensions_mut().insert(user.clone());
    if let Ok(id) = id.parse::<RequestId>() {
        request.extensions_mut().insert(id);
    }
    let route = request.extensions().get::<MatchedPath>().map_or("unknown", MatchedPath::as_str).to_owned();
    let method = request.method().clone();
    let mut flight = Flight { app: &app, id, user, route, method, started: Instant::now(), landed: false };
    let in_flight = app.metrics.requests_in_flight.inc();
    let response = if in_flight >= MOST_AT_ONCE {
        turned_away("too many requests at once").into_response()
    } else if request.uri().path().starts_with("/v1/") && !app.is_ready() {
        // Before the first pass of the reconciler, what an earlier process left is still anybody's.
        turned_away("starting or stopping").into_response()
    } else {
        next.run(request).await
    };
    flight.land(response)
}

/// A shorter limit, where somebody else ends the request.
#[derive(Clone, Copy)]
pub(crate) struct TimeLimit(pub(crate) Duration);

/// A limit on the time of one request. The session's work goes on in a task of its own.
pub(crate) async fn time_limit(request: Request, next: Next) -> Response {
    let limit = request.extensions().get().map_or(TIME_LIMIT, |TimeLimit(limit)| TIME_LIMIT.min(*limit));
    if limit.is_zero() {
        return out_of_time("there is no time left for the request; nothing was started");
    }
    let answer = tokio::time::timeout(limit, next.run(request)).await;
    answer.unwrap_or_else(|_| out_of_time("the request took too long; what it started goes on"))
}

fn out_of_time(detail: &str) -> Response {
    ApiError::new(ProblemCode::Unavailable, detail).retry_after(Duration::from_secs(1)).into_response()
}

/// A handler panicked: the caller learns nothing of it but the request id.
pub(crate) fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let message = panic.downcast_ref::<&str>().copied().map(str::to_owned);
    let message = message.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    ApiError::new(ProblemCode::Internal, "the server made a mistake")
        .because_of(format!("a handler panicked: {message}"))
        .into_response()
}

/// A request on its way. If the client hangs up, the handler is dropped and this with it, which is worth a line, too.
struct Flight<'a> {
    app: &'a App,
    id: String,
    user: UserSlot,
    route: String,
    method: Method,
    started: Instant,
    landed: bool,
}

impl Flight<'_> {
    fn land(&mut self, response: Response) -> Response {
        self.landed = true;
        let error = response.extensions().get::<ApiError>().cloned();
        let mut response = error.as_ref().map_or(response, |error| error.written(&self.id));
        protect(response.headers_mut());
        if let Ok(id) = HeaderValue::from_str(&self.id) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        self.log(response.status(), error.as_ref());
        response
    }

    fn log(&self, status: StatusCode, error: Option<&ApiError>) {
        let Self { id, route, method, .. } = self;
        let user = self.user.0.get().map(|user| user.as_str());
        let latency = self.started.elapsed();
        let latency_ms = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX) as f64 / 1000.0;
        let status = status.as_u16();
        self.app.metrics.answered(method, route, status, latency);
        let code = error.map(|error| error.problem().code.as_str());
        let cause = error.and_then(ApiError::cause);
        // A server's failure is logged as one; a caller's mistake is business as usual.
        if status >= 500 && status != StatusCode::SERVICE_UNAVAILABLE.as_u16() {
            tracing::error!(request.id = %id, %method, route, status, latency_ms, user.id = user, code, cause, "answered");
        } else {
            tracing::info!(request.id = %id, %method, route, status, latency_ms, user.id = user, code, cause, "answered");
        }
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.app.metrics.requests_in_flight.dec();
        if !self.landed {
            let Self { id, route, method, .. } = self;
            let user = self.user.0.get().map(|user| user.as_str());
            tracing::info!(request.id = %id, %method, route, user.id = user, "the client went away");
        }
    }
}

/// The caller's own id if it is harmless, else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok());
    let is_token = |id: &&str| {
        (8..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    given.filter(is_token).map_or_else(|| uuid::Uuid::new_v4().to_string(), str::to_owned)
}

/// Answers carry credentials and names: nobody keeps them, and no browser takes them for something to run. The
/// documentation page brings a policy of its own.
fn protect(headers: &mut HeaderMap) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
}

fn turned_away(why: &str) -> ApiError {
    ApiError::new(ProblemCode::Unavailable, why).retry_after(Duration::from_secs(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_to_the_log_alone() {
        let response = panicked(Box::new("index out of bounds: the secret is 42"));
        let error = response.extensions().get::<ApiError>().unwrap();
        assert_eq!(error.problem().code, ProblemCode::Internal);
        assert!(!serde_json::to_string(error.problem()).unwrap().contains("42"));
        assert!(error.cause().unwrap().contains("42"));
    }
}
