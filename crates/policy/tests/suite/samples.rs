//! Every sample case is decided as expected. The cases were generated from AWS' documentation; see `samples/README.md`.

use std::collections::BTreeMap;

use daypass_policy::{
    Context, ContextValue, Decision, Layers, PolicyDocument, PreparedPolicy, Principal, Request, evaluate,
};
use serde_json::Value;

const CASES: &str = include_str!("../samples/policy-eval.jsonl");

#[test]
fn every_sample_is_decided_as_expected() {
    let mut failures = Vec::new();
    let mut by_family = BTreeMap::new();
    for line in CASES.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let decided = decide(&case);
        let expected = case["expected"]["decision"].as_str().unwrap();
        if format!("{decided:?}") != expected {
            *by_family.entry(case["tags"][0].to_string()).or_insert(0) += 1;
            failures.push(format!("{}: {decided:?}, expected {expected}", case["id"]));
        }
    }
    assert!(failures.is_empty(), "{} wrong {by_family:?}:\n{}", failures.len(), failures.join("\n"));
    assert_eq!(CASES.lines().count(), 737);
}

fn decide(case: &Value) -> Decision {
    let request = request(&case["request"]);
    let identity = list(&case["identityPolicies"]);
    let session = list(&case["sessionPolicies"]);
    let endpoint = list(&case["endpointPolicies"]);
    let resource = one(&case["resourcePolicy"]);
    let boundary = one(&case["boundary"]);
    let (scps, rcps) = (levels(&case["scps"]), levels(&case["rcps"]));
    let layers = Layers {
        identity: &identity,
        resource: resource.as_ref(),
        resource_kind: None,
        boundary: boundary.as_ref(),
        session: &session,
        scps: &scps,
        rcps: &rcps,
        endpoint: &endpoint,
    };
    evaluate(&request, &layers).decision
}

fn request(value: &Value) -> Request {
    let mut context = Context::new();
    for (key, value) in value["context"].as_object().unwrap() {
        let value = match value {
            Value::String(text) => ContextValue::Single(text.clone()),
            _ => ContextValue::List(
                value.as_array().unwrap().iter().map(|item| item.as_str().unwrap().to_owned()).collect(),
            ),
        };
        context.insert(key, value);
    }
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    Request {
        principal: Principal::parse_in(&text(&value["principal"]), &context).unwrap(),
        action: text(&value["action"]).parse().unwrap(),
        resource: text(&value["resource"]["arn"]),
        resource_account: value["resource"]["accountId"].as_str().map(str::to_owned),
        context,
    }
}

/// Also proves on the way that parsing and printing lose nothing.
fn prepare(value: &Value) -> PreparedPolicy {
    let document = PolicyDocument::parse(&value.to_string()).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&document.to_json()).unwrap(), *value);
    assert_eq!(PolicyDocument::parse(&document.to_json()).unwrap(), document);
    assert_eq!(PolicyDocument::parse(&document.to_string()).unwrap(), document);
    PreparedPolicy::new(&document)
}

fn one(value: &Value) -> Option<PreparedPolicy> {
    (!value.is_null()).then(|| prepare(value))
}

fn list(value: &Value) -> Vec<PreparedPolicy> {
    value.as_array().map(|items| items.iter().map(prepare).collect()).unwrap_or_default()
}

fn levels(value: &Value) -> Vec<Vec<PreparedPolicy>> {
    value.as_array().map(|items| items.iter().map(list).collect()).unwrap_or_default()
}
