//! The cleanup function.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::function::Function;
use crate::installation::{Installation, dynamodb, schedule};
use crate::proxy::Proxy;

const PROGRAM: &str = "daypass-cleanup";
const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_schedule_ends_what_is_due_and_is_told_what_was_done() {
    let at = Installation::new("schedule").await;
    let sessions = at.over(5).await;
    let config = at.config(&at.hub.ministack.url(), &dynamodb());
    let function = Function::start(PROGRAM, &config, at.key()).await;
    let (id, outcome) = function.api.invoke(&schedule(), MINUTE).await;
    let answer = outcome.answer();
    assert_eq!(
        (&answer["request_id"], &answer["expired"], &answer["cut_short"]),
        (&json!(id), &json!(5), &json!(false)),
        "{answer}"
    );
    assert_eq!((&answer["failures"], &answer["backlog"]["oldest_due_seconds"]), (&json!(0), &json!(0)), "{answer}");
    at.assert_ended(&sessions).await;
    let metrics = function.metrics(&id).await;
    for (name, value) in
        [("Settled", 5), ("Reconciled", 1), ("CutShort", 0), ("StuckSessions", 0), ("OldestDueSeconds", 0)]
    {
        assert_eq!(metrics[name], value, "{name} in {metrics}");
    }
    let (_, idle) = function.api.invoke(&json!({}), MINUTE).await;
    assert_eq!(idle.answer()["expired"], 0, "by hand, and nothing is left to do");
}

#[tokio::test]
async fn an_event_for_another_function_is_an_error_and_the_next_one_is_served() {
    let at = Installation::new("events").await;
    let config = at.config(&at.hub.ministack.url(), &dynamodb());
    let function = Function::start(PROGRAM, &config, at.key()).await;
    let (_, refused) = function.api.invoke(&json!({"Records": [{"eventSource": "aws:s3"}]}), MINUTE).await;
    let refused = refused.error();
    assert_eq!(refused["errorType"], "UnknownEvent", "{refused}");
    function.api.invoke(&schedule(), MINUTE).await.1.answer();
}

/// Killed before the first call of its accounts, between any two, and again in the pass after that.
#[tokio::test]
async fn a_function_killed_between_two_calls_leaves_nothing_that_one_more_pass_does_not_finish() {
    let at = Installation::new("killed").await;
    let proxy = Proxy::to(&at.hub.ministack.url()).await;
    let config = at.config(&proxy.url, &dynamodb());
    for calls in [0, 2, 5, 9, 14, 20] {
        let sessions = at.over(3).await;
        proxy.hold_after(calls);
        let function = Function::start(PROGRAM, &config, at.key()).await;
        let (_, outcome) = function.api.begin(&schedule(), MINUTE);
        proxy.held().await;
        function.kill().await;
        drop(outcome);
        proxy.let_through();
        at.let_claims_run_out(&sessions).await;
        let function = Function::start(PROGRAM, &config, at.key()).await;
        function.api.invoke(&schedule(), MINUTE).await.1.answer();
        at.assert_ended(&sessions).await;
    }
}

#[tokio::test]
async fn at_its_deadline_a_pass_is_cut_short_in_time_and_the_next_one_goes_on() {
    let at = Installation::new("deadline").await;
    let sessions = at.over(6).await;
    let proxy = Proxy::to(&at.hub.ministack.url()).await;
    let function = Function::start(PROGRAM, &at.config(&proxy.url, &dynamodb()), at.key()).await;
    // Enough calls for some of the sessions; whatever comes then hangs, and the pass is let go.
    proxy.hold_after(80);
    let (time, started) = (Duration::from_secs(6), Instant::now());
    let (id, outcome) = function.api.invoke(&schedule(), time).await;
    assert!(started.elapsed() < time, "it answered before it would have been ended: {:?}", started.elapsed());
    let answer = outcome.answer();
    assert_eq!(answer["cut_short"], true, "{answer}");
    let (told, ended) = (answer["expired"].as_u64().unwrap(), at.ended(&sessions).await);
    assert!(
        told > 0 && told < 6 && told <= ended,
        "what was finished before is stored and told: {answer}, {ended} ended"
    );
    assert_eq!(function.metrics(&id).await["CutShort"], 1);
    proxy.let_through();
    at.let_claims_run_out(&sessions).await;
    function.api.invoke(&schedule(), MINUTE).await.1.answer();
    at.assert_ended(&sessions).await;
}

#[tokio::test]
async fn a_configuration_in_s3_is_read_with_the_files_it_names() {
    let at = Installation::new("in-s3").await;
    let sessions = at.over(1).await;
    let config = at.config_in_s3(&at.hub.ministack.url(), &dynamodb()).await;
    let function = Function::start(PROGRAM, &config, at.key()).await;
    function.api.invoke(&schedule(), MINUTE).await.1.answer();
    at.assert_ended(&sessions).await;
}

#[tokio::test]
async fn two_functions_at_once_end_everything_once() {
    let at = Installation::new("two").await;
    let sessions = at.over(8).await;
    let config = at.config(&at.hub.ministack.url(), &dynamodb());
    let one = Function::start(PROGRAM, &config, at.key()).await;
    let other = Function::start(PROGRAM, &config, at.key()).await;
    let event = schedule();
    let ((_, first), (_, second)) = tokio::join!(one.api.invoke(&event, MINUTE), other.api.invoke(&event, MINUTE));
    let (first, second) = (first.answer(), second.answer());
    assert_eq!(first["expired"].as_u64().unwrap() + second["expired"].as_u64().unwrap(), 8, "{first} {second}");
    at.assert_ended(&sessions).await;
}

#[tokio::test]
async fn without_records_the_invocation_fails() {
    let at = Installation::new("unreachable").await;
    // A port of this machine that nobody listens on.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = at.config(&at.hub.ministack.url(), &format!("http://{closed}"));
    let function = Function::start(PROGRAM, &config, at.key()).await;
    let (_, failed) = function.api.invoke(&schedule(), MINUTE).await;
    let failed = failed.error();
    assert_eq!(failed["errorType"], "RecordsUnreachable", "{failed}");
}
