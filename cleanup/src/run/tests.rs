//! Every call of a teardown fails once in every way, every step is repeated, and the process dies at every call: a second
//! run over what is left always finishes, what is not ours is never touched, and nothing that sessions may need goes before
//! they have ended.

use super::*;
use crate::fake::{FakeEstate, Fault, Still};
use crate::plan::{Audit, Found, plan};
use crate::samples::{deployment, resource};
use daypass_aws::deployment::What;

async fn tear_down(estate: &FakeEstate, audit: Audit) -> Outcome {
    let found = Found { resources: estate.ours(), ..Found::default() };
    let watch = Watch { tell: &|_| {}, is_interrupted: &|| false };
    run(&plan(&found, audit), estate, &Still::default(), &watch).await
}

#[tokio::test]
async fn everything_goes_and_what_is_not_ours_stays() {
    let estate = FakeEstate::of(deployment());
    let strangers = estate.strangers();
    let outcome = tear_down(&estate, Audit::Delete).await;
    assert_eq!(outcome.stayed, []);
    assert_eq!(outcome.removed.len(), deployment().len());
    assert_eq!((estate.ours(), estate.strangers()), (vec![], strangers));
    assert_eq!(outcome.sessions.map(|ended| ended.sessions), Some(3));
}

#[tokio::test]
async fn failing_at_each_call_in_each_way_leaves_what_a_second_run_finishes() {
    let calls = {
        let estate = FakeEstate::of(deployment());
        tear_down(&estate, Audit::Delete).await;
        estate.calls()
    };
    assert!(calls > 60, "{calls} calls");
    for at in 0..calls {
        for fault in [Fault::Refused, Fault::Throttled, Fault::UnknownDone, Fault::UnknownNotDone, Fault::Dies] {
            let estate = FakeEstate::of(deployment()).failing(at, fault);
            let strangers = estate.strangers();
            let first = tear_down(&estate, Audit::Delete).await;
            let passes = matches!(fault, Fault::Throttled | Fault::UnknownDone | Fault::UnknownNotDone);
            if passes && !estate.failed_in_sessions() {
                assert_eq!(first.stayed, [], "{fault:?} at call {at} passes");
            }
            let left: Vec<_> = first.stayed.iter().filter_map(|stayed| stayed.resource.clone()).collect();
            let mut still_there = estate.ours();
            still_there.retain(|resource| !left.contains(resource));
            assert_eq!(still_there, [], "{fault:?} at call {at}: whatever is left is told");
            estate.heal();
            let second = tear_down(&estate, Audit::Delete).await;
            assert_eq!(second.stayed, [], "{fault:?} at call {at}");
            assert_eq!((estate.ours(), estate.strangers()), (vec![], strangers.clone()), "{fault:?} at call {at}");
        }
    }
}

#[tokio::test]
async fn repeating_each_step_changes_nothing() {
    let estate = FakeEstate::of(deployment());
    let mut plan = plan(&Found { resources: estate.ours(), ..Found::default() }, Audit::Delete);
    plan.steps = plan.steps.into_iter().flat_map(|step| [step.clone(), step]).collect();
    let watch = Watch { tell: &|_| {}, is_interrupted: &|| false };
    let outcome = run(&plan, &estate, &Still::default(), &watch).await;
    assert_eq!((outcome.stayed, estate.ours()), (vec![], vec![]));
    let again = run(&plan, &estate, &Still::default(), &watch).await;
    assert_eq!(again.stayed, [], "what is gone already is success");
    assert_eq!(again.removed.len(), deployment().len());
}

#[tokio::test]
async fn nothing_but_stopping_happens_while_sessions_may_live() {
    let estate = FakeEstate::of(deployment()).with_session_that_cannot_be_ended();
    let outcome = tear_down(&estate, Audit::Delete).await;
    assert_eq!(estate.ours().len(), deployment().len());
    assert_eq!(outcome.removed, []);
    let (sessions, rest): (Vec<_>, Vec<_>) = outcome.stayed.iter().partition(|stayed| stayed.resource.is_none());
    assert_eq!((sessions.len(), rest.len()), (1, deployment().len()));
    assert_eq!(estate.stopped(), 4, "but nothing new begins");
}

#[tokio::test]
async fn td26_what_loses_the_tag_between_plan_and_deed_is_left_alone() {
    let estate = FakeEstate::of(deployment());
    let plan = plan(&Found { resources: estate.ours(), ..Found::default() }, Audit::Delete);
    let topic = resource("sns", "daypass-x-alerts");
    estate.give_away(&topic);
    let watch = Watch { tell: &|_| {}, is_interrupted: &|| false };
    let outcome = run(&plan, &estate, &Still::default(), &watch).await;
    assert_eq!(outcome.not_ours, std::slice::from_ref(&topic));
    assert!(estate.strangers().contains(&topic));
    assert_eq!(outcome.stayed, []);
}

#[tokio::test]
async fn t33_the_trail_and_its_keys_are_there_after_a_teardown_that_keeps_them() {
    let estate = FakeEstate::of(deployment());
    let outcome = tear_down(&estate, Audit::Keep).await;
    assert_eq!(outcome.stayed, []);
    let mut left: Vec<_> = estate.ours().iter().map(ToString::to_string).collect();
    left.sort();
    assert_eq!(left, ["key data", "key signing", "table daypass-x-audit", "table daypass-x-records"]);
    assert!(estate.is_protected("daypass-x-audit"));
    assert_eq!(tear_down(&estate, Audit::Keep).await.removed, []);
    tear_down(&estate, Audit::Delete).await;
    assert_eq!(estate.ours(), []);
}

#[tokio::test]
async fn an_interruption_stops_between_two_calls_and_tells_what_is_left() {
    for after in 0..40 {
        let estate = FakeEstate::of(deployment());
        let found = Found { resources: estate.ours(), ..Found::default() };
        let is_interrupted = || estate.calls() >= after;
        let watch = Watch { tell: &|_| {}, is_interrupted: &is_interrupted };
        let outcome = run(&plan(&found, Audit::Delete), &estate, &Still::default(), &watch).await;
        assert!(outcome.interrupted);
        let mut told: Vec<_> = outcome.stayed.into_iter().filter_map(|stayed| stayed.resource).collect();
        let mut left = estate.ours();
        told.sort();
        left.sort();
        assert_eq!(told, left, "after {after} calls");
        assert_eq!(tear_down(&estate, Audit::Delete).await.stayed, []);
    }
}

#[tokio::test]
async fn what_cannot_be_removed_keeps_nothing_else_from_going_and_unknown_kinds_are_told() {
    let mut resources = deployment();
    resources.push(resource("sqs", "dead-letters"));
    let bucket = resource("s3", "daypass-x-111122223333-templates");
    let estate = FakeEstate::of(resources).refusing(&bucket);
    let outcome = tear_down(&estate, Audit::Delete).await;
    let stayed: Vec<_> = outcome.stayed.iter().filter_map(|stayed| stayed.resource.clone()).collect();
    assert_eq!(stayed, [bucket.clone(), resource("sqs", "dead-letters")]);
    let mut left = estate.ours();
    left.sort();
    assert_eq!(left.len(), 2);
    assert!(left.contains(&bucket) && left.iter().any(|resource| resource.what == What::Unknown));
}
