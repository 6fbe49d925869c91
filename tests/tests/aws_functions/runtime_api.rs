//! A Runtime API as AWS Lambda offers it to a program (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>): the
//! program asks for its next invocation, and posts an answer or an error to it.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use daypass_embedded::clock::SystemClock;
use daypass_vending::ports::Clock as _;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;

/// No answer takes longer, or the test has failed.
const PATIENCE: Duration = Duration::from_secs(90);

/// What a program made of an invocation.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It answered.
    Answer(Value),
    /// It posted an error: `errorType` and `errorMessage`.
    Error(Value),
}

/// A Runtime API for one program after the other.
#[derive(Clone)]
pub(crate) struct RuntimeApi {
    /// What `AWS_LAMBDA_RUNTIME_API` says: host and port.
    pub(crate) address: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Rings when an invocation was added.
    added: Notify,
    /// Rings when the program asks for its next invocation.
    asked: Notify,
}

#[derive(Default)]
struct State {
    made: u32,
    waiting: VecDeque<Invocation>,
    running: Vec<Invocation>,
}

struct Invocation {
    request_id: String,
    event: String,
    deadline_ms: u128,
    outcome: oneshot::Sender<Outcome>,
}

impl RuntimeApi {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = Self { address: listener.local_addr().unwrap().to_string(), shared: Arc::default() };
        let serving = api.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let api = serving.clone();
                tokio::spawn(async move {
                    let service = service_fn(|request| api.answer(request));
                    // A program that is killed breaks off.
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        api
    }

    /// Come back when the program asks for an invocation: its start is over then.
    pub(crate) async fn until_asked(&self) {
        timeout(PATIENCE, self.shared.asked.notified()).await.expect("the program starts");
    }

    /// Invoke the program, and wait for what it makes of it. What it is told last is when it is to be ended.
    pub(crate) async fn invoke(&self, event: &Value, time: Duration) -> (String, Outcome) {
        let (request_id, outcome) = self.begin(event, time);
        let outcome = timeout(PATIENCE, outcome).await.expect("an answer in time").expect("an answer");
        (request_id, outcome)
    }

    /// Invoke the program.
    pub(crate) fn begin(&self, event: &Value, time: Duration) -> (String, oneshot::Receiver<Outcome>) {
        let (sender, receiver) = oneshot::channel();
        let mut state = self.shared.state.lock().unwrap();
        state.made += 1;
        let request_id = format!("8476a536-e9f4-11e8-9739-{:012}", state.made);
        let end = SystemTime::from(SystemClock.now()) + time;
        let deadline_ms = end.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
        let invocation =
            Invocation { request_id: request_id.clone(), event: event.to_string(), deadline_ms, outcome: sender };
        state.waiting.push_back(invocation);
        drop(state);
        self.shared.added.notify_one();
        (request_id, receiver)
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        let path = parts.uri.path().strip_prefix("/2018-06-01/runtime/").expect("a call of the Runtime API");
        let words: Vec<_> = path.split('/').collect();
        Ok(match (parts.method.as_str(), words.as_slice()) {
            ("GET", ["invocation", "next"]) => self.next().await,
            ("POST", ["invocation", id, "response"]) => self.finish(id, Outcome::Answer, &body),
            ("POST", ["invocation", id, "error"]) => self.finish(id, Outcome::Error, &body),
            other => panic!("{other:?} is not of the Runtime API"),
        })
    }

    async fn next(&self) -> Response<Full<Bytes>> {
        self.shared.asked.notify_one();
        loop {
            let added = self.shared.added.notified();
            let next = self.shared.state.lock().unwrap().waiting.pop_front();
            if let Some(invocation) = next {
                let response = Response::builder()
                    .header("lambda-runtime-aws-request-id", &invocation.request_id)
                    .header("lambda-runtime-deadline-ms", invocation.deadline_ms.to_string())
                    .header(
                        "lambda-runtime-invoked-function-arn",
                        "arn:aws:lambda:eu-central-1:111122223333:function:daypass-test",
                    )
                    .header("lambda-runtime-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0")
                    .header("content-type", "application/json")
                    .body(Full::from(invocation.event.clone()));
                self.shared.state.lock().unwrap().running.push(invocation);
                return response.unwrap();
            }
            added.await;
        }
    }

    fn finish(&self, id: &str, outcome: impl Fn(Value) -> Outcome, body: &[u8]) -> Response<Full<Bytes>> {
        let mut state = self.shared.state.lock().unwrap();
        let at = state.running.iter().position(|invocation| invocation.request_id == id).expect("a running invocation");
        let invocation = state.running.remove(at);
        // A test that does not wait for it does not care.
        let _ = invocation.outcome.send(outcome(serde_json::from_slice(body).expect("JSON")));
        Response::builder().status(202).body(Full::from(r#"{"status":"OK"}"#)).unwrap()
    }
}

impl Outcome {
    /// The answer.
    #[track_caller]
    pub(crate) fn answer(self) -> Value {
        match self {
            Self::Answer(answer) => answer,
            Self::Error(error) => panic!("it failed: {error}"),
        }
    }

    /// The error.
    #[track_caller]
    pub(crate) fn error(self) -> Value {
        match self {
            Self::Error(error) => error,
            Self::Answer(answer) => panic!("it answered: {answer}"),
        }
    }
}
