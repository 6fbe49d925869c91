//! Whatever comes in, nothing panics and nothing takes more than linear time.

use std::time::{Duration, Instant};

use daypass_policy::{
    Action, Context, Layers, Operator, PolicyDocument, PolicyKind, PreparedPolicy, Principal, Request, evaluate,
};
use proptest::prelude::*;
use serde_json::json;

use crate::generate;

proptest! {
    #[test]
    fn no_text_makes_the_parsers_panic(text in any::<String>()) {
        let _ = PolicyDocument::parse(&text);
        let _ = PolicyDocument::parse_as(&text, PolicyKind::Trust);
        let _ = text.parse::<Principal>();
        let _ = text.parse::<Action>();
        let _ = text.parse::<Operator>();
    }

    #[test]
    fn no_damaged_document_makes_the_parser_panic(text in generate::document_text(true), at: prop::sample::Index, with in any::<char>()) {
        let mut chars: Vec<char> = text.chars().collect();
        let at = at.index(chars.len());
        chars[at] = with;
        let damaged: String = chars.into_iter().collect();
        if let Err(error) = PolicyDocument::parse(&damaged) {
            prop_assert!(error.line <= damaged.lines().count() + 1 && error.column <= damaged.chars().count() + 1, "{error}");
        }
    }

    #[test]
    fn no_text_in_any_place_makes_the_evaluator_panic(
        pattern in any::<String>(), resource in any::<String>(), value in any::<String>(), request in generate::request(),
        operator in prop::sample::select(daypass_policy::Comparison::ALL),
    ) {
        let document = json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "*", "Resource": [format!("a{pattern}"), format!("arn:{pattern}:${{{pattern}}}")],
            "Condition": {operator.name(): {"k": [value, pattern]}},
        }});
        let identity = [PreparedPolicy::new(&PolicyDocument::parse(&document.to_string()).unwrap())];
        let mut request = request;
        request.resource = resource;
        request.context = Context::new().with("k", value).with(&pattern, pattern.clone());
        let _ = evaluate(&request, &Layers::new(&identity)).to_string();
    }
}

/// Each of these takes hours when anything is tried again from every place.
#[test]
fn hostile_patterns_and_resources_stay_linear() {
    let stars = |unit: &str| unit.repeat(3_000);
    let patterns = [
        format!("arn:aws:s3:::{}b", stars("*a")),
        format!("arn:aws:s3:::{}b*", stars("*a?")),
        format!("arn:{}b", "*:".repeat(3_000)),
        format!("*a*:{}b", stars("*a*:")),
        format!("arn:*:*:*:*:{}b", stars("a*")),
        format!("arn:*:*:*:*:{}b", stars("?a*")),
        format!("arn:*:*:*:*:{}b", stars("?")),
        format!("${{aws:username}}{}b", stars("*a")),
    ];
    let document = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "*", "Resource": patterns,
        "Condition": {"StringLike": {"aws:username": stars("*a")}, "ArnLike": {"aws:username": patterns}},
    }});
    let identity = [PreparedPolicy::new(&PolicyDocument::parse(&document.to_string()).unwrap())];
    let started = Instant::now();
    for resource in [format!("arn:aws:s3:::{}", "a".repeat(100_000)), format!("arn:aws:s3:::{}", "a:".repeat(50_000))] {
        let caller = "arn:aws:iam::111122223333:user/bob".parse().unwrap();
        let mut request = Request::new(caller, "s3:GetObject".parse().unwrap(), resource);
        request.context = Context::new().with("aws:username", "a".repeat(100_000));
        assert!(!evaluate(&request, &Layers::new(&identity)).is_allowed());
    }
    assert!(started.elapsed() < Duration::from_secs(20), "took {:?}", started.elapsed());
}

#[test]
fn large_documents_parse_in_linear_time() {
    let keys: serde_json::Map<String, serde_json::Value> =
        (0..50_000).map(|at| (format!("k{at}"), json!("v"))).collect();
    let statements: Vec<_> = (0..20_000)
        .map(|at| json!({"Sid": format!("s{at}"), "Effect": "Deny", "Action": "*", "Resource": "*"}))
        .collect();
    let started = Instant::now();
    let many_keys =
        json!({"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringEquals": keys}}});
    let unknown = json!({"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": keys}});
    assert!(PolicyDocument::parse(&many_keys.to_string()).is_ok());
    assert!(PolicyDocument::parse(&unknown.to_string()).is_err());
    assert!(PolicyDocument::parse(&json!({"Statement": statements}).to_string()).is_ok());
    assert!(started.elapsed() < Duration::from_secs(10), "took {:?}", started.elapsed());
}

#[test]
fn nesting_of_any_depth_is_an_error_and_no_overflow() {
    for (open, close) in
        [("[", "]"), (r#"{"Statement": "#, "}"), (r#"{"Statement": {"Condition": {"StringEquals": "#, "}}}")]
    {
        let deep = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        assert!(PolicyDocument::parse(&deep).is_err(), "{open}");
        assert!(PolicyDocument::parse(&open.repeat(100_000)).is_err(), "{open}");
    }
}

#[test]
fn long_lists_are_evaluated_in_linear_time() {
    let many = |text: &str| (0..50_000).map(|at| format!("{text}{at}*")).collect::<Vec<_>>();
    let document = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "NotAction": many("s3:X"), "NotResource": many("arn:aws:s3:::b"),
        "Condition": {"ForAllValues:StringNotLike": {"aws:TagKeys": many("tag")}, "ArnNotLike": {"aws:SourceArn": many("arn:aws:sns:*:*:")}},
    }});
    let started = Instant::now();
    let identity = [PreparedPolicy::new(&PolicyDocument::parse(&document.to_string()).unwrap())];
    let caller = "arn:aws:iam::111122223333:user/bob".parse().unwrap();
    let mut request = Request::new(caller, "s3:GetObject".parse().unwrap(), "arn:aws:s3:::alpha/x");
    request.context = Context::new()
        .with_list("aws:TagKeys", ["a", "b", "c"])
        .with("aws:SourceArn", "arn:aws:sns:eu-west-1:111122223333:topic");
    assert!(evaluate(&request, &Layers::new(&identity)).is_allowed());
    assert!(started.elapsed() < Duration::from_secs(10), "took {:?}", started.elapsed());
}
