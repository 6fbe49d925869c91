//! All that one policy grants and another does not: nothing that is said is wrong, and nothing is left out in silence.

use daypass_policy::cases::InclusionCase;
use daypass_policy::compare::{Differences, Rest, differences, included};
use daypass_policy::{PolicyDocument, Request, Statement};
use serde_json::json;

use crate::inclusion::{allows, policy};

const PAIRS: &str = include_str!("../samples/policy-inclusion.jsonl");

fn on(actions: &[&str], resource: &str) -> PolicyDocument {
    policy(&[json!({"Effect": "Allow", "Action": actions, "Resource": resource})])
}

fn names(differences: &Differences) -> Vec<Vec<&str>> {
    differences.found.iter().map(|group| group.actions.iter().map(|action| action.name()).collect()).collect()
}

#[test]
fn actions_that_differ_alike_are_one_group_and_each_is_found_once() {
    let old = on(&["sqs:GetQueueUrl"], "arn:aws:sqs:eu-west-1:111122223333:orders");
    let new = policy(&[
        json!({"Effect": "Allow", "Action": ["sqs:GetQueueUrl", "sqs:SendMessage"], "Resource": "*"}),
        json!({"Effect": "Allow", "Action": "sns:Publish", "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalTag/team": "a"}}}),
    ]);
    let added = differences(&new, &old, 10);
    assert_eq!(
        (names(&added), &added.rest),
        (vec![vec!["sqs:GetQueueUrl", "sqs:SendMessage"], vec!["sns:Publish"]], &Rest::Nothing)
    );
    assert!(added.future.is_none());
    assert_eq!(added.found[1].witness.context.get("aws:PrincipalTag/team").unwrap().values(), ["a"]);
    let removed = differences(&old, &new, 10);
    assert_eq!((names(&removed), &removed.rest), (Vec::<Vec<&str>>::new(), &Rest::Nothing));
}

#[test]
fn wildcards_also_grant_what_does_not_exist_yet_and_that_is_said_apart() {
    let (old, new) = (on(&["sqs:Get*", "sqs:Purge*"], "*"), on(&["sqs:G*", "sqs:PurgeQueue"], "*"));
    let added = differences(&new, &old, 10);
    assert_eq!((names(&added), &added.rest), (Vec::<Vec<&str>>::new(), &Rest::Nothing), "AWS has no such action");
    assert!(added.future.unwrap().action.as_str().to_lowercase().starts_with("sqs:g"));
    let removed = differences(&old, &new, 10);
    assert!(removed.found.is_empty() && removed.future.is_some() && removed.rest == Rest::Nothing);

    let all = differences(&on(&["sqs:*"], "*"), &old, 10);
    let listed = all.found.iter().flat_map(|group| &group.actions).count();
    assert_eq!((listed, &all.rest), (20 - 3, &Rest::Nothing), "{:?}", names(&all));
    assert!(all.future.is_some());
    let everything = differences(&on(&["*"], "*"), &policy(&[]), 10);
    assert_eq!((everything.found.len(), &everything.rest), (1, &Rest::Nothing), "all that AWS has is one group");
}

#[test]
fn more_than_was_asked_for_and_what_is_undecided_are_not_kept_silent() {
    let statement = |action: &str, bucket: &str| json!({"Effect": "Allow", "Action": action, "Resource": bucket});
    let new = policy(&[
        statement("s3:GetObject", "arn:aws:s3:::a/*"),
        statement("s3:PutObject", "arn:aws:s3:::b/*"),
        statement("s3:DeleteObject", "arn:aws:s3:::c/*"),
    ]);
    let old = on(&["sqs:SendMessage"], "*");
    for (limit, found, rest) in [(0, 0, Rest::Limit), (2, 2, Rest::Limit), (3, 3, Rest::Nothing)] {
        let added = differences(&new, &old, limit);
        assert_eq!((added.found.len(), added.rest), (found, rest));
    }
    // A number that is also compared as text is beyond the comparison.
    let condition = |operator: &str| {
        let condition = json!({operator: {"s3:max-keys": "7"}});
        policy(&[json!({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*", "Condition": condition})])
    };
    let (text, number) = (condition("StringLike"), condition("NumericEquals"));
    let added = differences(&text, &number, 10);
    let whole = included(&text, &number);
    assert_eq!(matches!(added.rest, Rest::Unknown(_)), matches!(whole, daypass_policy::compare::Inclusion::Unknown(_)));
}

/// On the sample pairs: every action of every group differs, no action is in two groups, and nothing is found exactly
/// where the policy is included.
#[test]
fn every_difference_holds_for_each_of_its_actions() {
    // Every action of AWS is tried in every witness, which takes its time; the pairs are of the same few kinds.
    for line in PAIRS.lines().step_by(5) {
        let case = InclusionCase::parse(line).unwrap();
        let answer = differences(&case.a, &case.b, 3);
        let found_nothing = answer.found.is_empty() && answer.future.is_none();
        let is_included = case.expected.as_deref() == Some("included");
        assert_eq!(found_nothing && answer.rest == Rest::Nothing, is_included, "{}", case.id);
        let mut seen = Vec::new();
        for group in &answer.found {
            for action in &group.actions {
                let request = Request { action: action.name().parse().unwrap(), ..(*group.witness).clone() };
                assert!(allows(&case.a, &request) && !allows(&case.b, &request), "{}: {request:?}", case.id);
                seen.push(action.index());
            }
        }
        let found = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), found, "{}", case.id);
        if answer.rest == Rest::Nothing && answer.future.is_none() && !is_included {
            let mut rest = case.a.clone();
            let names = answer.found.iter().flat_map(|group| &group.actions).map(|action| action.name());
            rest.push(Statement::deny().actions(names).resources(["*"]));
            assert!(included(&rest, &case.b).is_included(), "{}", case.id);
        }
    }
}
