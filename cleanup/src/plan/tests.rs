use super::*;
use crate::samples::{DATA_KEY, SIGNING_KEY, arn, deployment, resource, with_key};

fn shown(plan: &Plan) -> Vec<String> {
    plan.steps
        .iter()
        .map(|step| match step {
            Step::Change(action, resource) => format!("{action:?} {resource}").to_lowercase(),
            Step::EndSessions => "end sessions".to_owned(),
            Step::LookAgain => "look again".to_owned(),
        })
        .collect()
}

fn goes(plan: &Plan) -> Vec<String> {
    plan.goes().map(ToString::to_string).collect()
}

#[test]
fn t33_everything_stops_first_then_sessions_end_then_all_goes_in_the_order_of_dependency() {
    let plan = plan(&Found { resources: deployment(), ..Found::default() }, Audit::Delete);
    assert_eq!(
        shown(&plan),
        [
            "stop function daypass-x-api",
            "stop function daypass-x-cleanup",
            "stop api a1b2c3",
            "stop rule daypass-x-cleanup",
            "end sessions",
            "delete function daypass-x-api",
            "delete function daypass-x-cleanup",
            "delete api a1b2c3",
            "delete alarm daypass-x-stuck",
            "delete dashboard daypass-x",
            "clear rule daypass-x-cleanup",
            "delete rule daypass-x-cleanup",
            "delete event-bus daypass-x",
            "delete topic daypass-x-alerts",
            "delete log-group /aws/lambda/daypass-x-api",
            "clear bucket daypass-x-111122223333-templates",
            "delete bucket daypass-x-111122223333-templates",
            "clear table daypass-x-audit",
            "delete table daypass-x-audit",
            "clear table daypass-x-records",
            "delete table daypass-x-records",
            "clear table daypass-x-sessions",
            "delete table daypass-x-sessions",
            "look again",
            "clear role daypass-x-broker",
            "delete role daypass-x-broker",
            "clear policy admin",
            "delete policy admin",
            "clear key data",
            "delete key data",
            "clear key signing",
            "delete key signing",
        ]
    );
    assert_eq!((plan.kept, plan.unknown), (vec![], vec![]));
}

#[test]
fn t33_the_trail_is_kept_with_all_that_reading_and_verifying_it_takes() {
    let plan = plan(&Found { resources: deployment(), ..Found::default() }, Audit::Keep);
    let kept: Vec<_> = plan.kept.iter().map(|kept| kept.resource.to_string()).collect();
    assert_eq!(kept, ["table daypass-x-audit", "table daypass-x-records", "key data", "key signing"]);
    let goes = goes(&plan);
    assert!(goes.contains(&"table daypass-x-sessions".to_owned()), "{goes:?}");
    assert!(!goes.iter().any(|gone| kept.contains(gone)), "{goes:?}");
    let untouched = |step: &Step| !matches!(step, Step::Change(_, resource) if kept.contains(&resource.to_string()));
    assert!(plan.steps.iter().all(untouched), "not even its protection is taken off");
}

#[test]
fn a_key_that_encrypts_nothing_that_is_kept_goes_even_when_the_trail_stays() {
    let mut resources = deployment();
    for resource in &mut resources {
        if let What::Table { key_arn } = &mut resource.what {
            *key_arn = None;
        }
    }
    let plan = plan(&Found { resources, ..Found::default() }, Audit::Keep);
    let goes = goes(&plan);
    assert!(goes.contains(&"key data".to_owned()) && !goes.contains(&"key signing".to_owned()), "{goes:?}");
}

#[test]
fn a_table_whose_name_says_nothing_is_kept_with_the_trail_and_its_key() {
    let resources = vec![with_key("dynamodb", "table/daypass-x-more", DATA_KEY), resource("kms", "key/data")];
    let plan = plan(&Found { resources, ..Found::default() }, Audit::Keep);
    assert_eq!(plan.kept.len(), 2);
    assert_eq!(shown(&plan), [""; 0]);
}

#[test]
fn what_is_of_an_unknown_kind_is_told_and_not_touched() {
    let resources = vec![resource("sqs", "dead-letters")];
    for audit in [Audit::Keep, Audit::Delete] {
        let plan = plan(&Found { resources: resources.clone(), ..Found::default() }, audit);
        assert_eq!(plan.unknown, resources);
        assert_eq!(plan.steps, []);
        assert!(!plan.is_empty());
    }
}

#[test]
fn the_order_does_not_depend_on_the_order_of_finding_and_nothing_is_done_twice() {
    let once = plan(&Found { resources: deployment(), ..Found::default() }, Audit::Delete);
    let mut resources = deployment();
    resources.reverse();
    resources.extend(deployment());
    assert_eq!(plan(&Found { resources, ..Found::default() }, Audit::Delete), once);
}

#[test]
fn sessions_are_looked_after_whenever_there_may_be_one() {
    let account = |roles: Option<usize>| Account { id: "111122223333".to_owned(), roles, trouble: None };
    let of = |resources: Vec<Resource>, sessions: Sessions| {
        plan(&Found { resources, sessions }, Audit::Keep).steps.contains(&Step::EndSessions)
    };
    let at = |roles| Sessions { on_record: None, accounts: vec![account(Some(0)), account(roles)] };
    assert!(of(vec![resource("lambda", "function:daypass-x-api")], Sessions::default()), "a program may begin one");
    assert!(of(vec![resource("dynamodb", "table/daypass-x-sessions")], Sessions::default()), "records may have one");
    assert!(of(vec![], at(Some(1))), "an account has a role");
    assert!(of(vec![], at(None)), "an account cannot be looked into");
    assert!(of(vec![], Sessions { on_record: Some(1), accounts: vec![] }), "the records have one");
    assert!(!of(vec![resource("kms", "key/data")], at(Some(0))), "only a key is left of an earlier run");
    assert!(plan(&Found { resources: vec![], sessions: at(Some(0)) }, Audit::Keep).is_empty());
}

#[test]
fn a_second_plan_over_what_is_left_goes_on_where_the_first_stopped() {
    let whole = plan(&Found { resources: deployment(), ..Found::default() }, Audit::Delete);
    let order: Vec<Resource> = whole.goes().cloned().collect();
    for done in 0..order.len() {
        let left = order[done..].to_vec();
        let rest = plan(&Found { resources: left.clone(), ..Found::default() }, Audit::Delete);
        assert_eq!(rest.goes().cloned().collect::<Vec<_>>(), left);
    }
}

#[test]
fn the_samples_are_what_their_arns_say() {
    assert!(deployment().iter().all(|resource| Resource::of_arn(&resource.arn).is_some()));
    assert_eq!(arn("kms", "key/signing"), SIGNING_KEY);
}
