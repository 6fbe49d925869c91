//! Comparisons against trying everything there is in a small world: every short text, every short list, and values on
//! and around every boundary.

use daypass_policy::compare::{Inclusion, included};
use daypass_policy::{Context, PolicyDocument, PreparedPolicy, Request};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::inclusion::{alone, object, policy, when};

/// Every text of up to `length` letters.
fn texts(letters: &[&str], length: usize) -> Vec<String> {
    let mut texts = vec![String::new()];
    let mut last = texts.clone();
    for _ in 0..length {
        last = last.iter().flat_map(|text| letters.iter().map(move |letter| format!("{text}{letter}"))).collect();
        texts.extend(last.iter().cloned());
    }
    texts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// The proof against trying everything there is over a small alphabet.
    #[test]
    fn wildcards_agree_with_all_short_texts(
        a in proptest::collection::vec("[ab*?]{1,4}", 1..3), b in proptest::collection::vec("[ab*?]{1,4}", 1..4),
        operator in select(vec!["StringLike", "StringNotLike", "StringEquals", "StringEqualsIgnoreCase"]),
    ) {
        let key = "aws:PrincipalTag/team";
        let (a, b) = (policy(&[when("StringLike", key, &json!(a))]), policy(&[when(operator, key, &json!(b))]));
        let answer = included(&a, &b);
        prop_assert!(!matches!(answer, Inclusion::Unknown(_)));
        let (more, less) = (PreparedPolicy::new(&a), PreparedPolicy::new(&b));
        let mut request = Request::new("arn:aws:iam::111122223333:user/bob".parse().unwrap(), "s3:GetObject".parse().unwrap(), "*");
        for text in texts(&["a", "b", "A", "c"], 5) {
            request.context = Context::new().with(key, text);
            let allows = |policy: &PreparedPolicy| alone(policy, &request);
            prop_assert!(!(answer.is_included() && allows(&more) && !allows(&less)), "{:?}", request.context);
        }
    }

    #[test]
    fn arns_agree_with_all_short_texts(
        a in proptest::collection::vec("arn:[a*?]{1,2}:[a*]{0,2}:[a*?:]{0,7}", 1..3),
        b in proptest::collection::vec("arn:[a*?]{1,2}:[a*]{0,2}:[a*?:]{0,7}", 1..4),
        is_condition: bool,
    ) {
        let of = |patterns: &[String]| match is_condition {
            true => policy(&[when("ArnLike", "aws:SourceArn", &json!(patterns))]),
            false => policy(&[object("Allow", &json!({"Resource": patterns}))]),
        };
        let (a, b) = (of(&a), of(&b));
        let answer = included(&a, &b);
        prop_assert!(!matches!(answer, Inclusion::Unknown(_)));
        let (more, less) = (PreparedPolicy::new(&a), PreparedPolicy::new(&b));
        for text in texts(&["a", ":", "x"], 6) {
            let arn = format!("arn:a:a:{text}");
            if arn.splitn(6, ':').nth(5).is_none_or(str::is_empty) {
                continue;
            }
            let mut request = Request::new("arn:aws:iam::111122223333:user/bob".parse().unwrap(), "s3:GetObject".parse().unwrap(), &*arn);
            request.resource_account = Some("111122223333".to_owned());
            request.context = Context::new().with("aws:SourceArn", arn);
            let allows = |policy: &PreparedPolicy| alone(policy, &request);
            prop_assert!(!(answer.is_included() && allows(&more) && !allows(&less)), "{}", request.resource);
        }
    }
}

/// A key with its family of operators, values for policies, and values around them for requests.
const TYPED: [(&str, &str, &[&str], &[&str]); 4] = [
    (
        "aws:MultiFactorAuthAge",
        "Numeric",
        &["-1", "0", "5", "5.0", "5.25", "7", "x"],
        &["-2", "-1", "-0.5", "0", "0.1", "4.9", "5", "5.0", "05", "5.1", "5.25", "5.251", "6", "7", "7.01", "900"],
    ),
    (
        "aws:CurrentTime",
        "Date",
        &["2030-01-01T00:00:00Z", "2030-01-01T00:00:01Z", "2030-01-01T01:00:00+01:00", "2031-01-01", "x"],
        &[
            "2029-12-31T23:59:59Z",
            "2030-01-01T00:00:00Z",
            "2030-01-01T00:00:00.0Z",
            "2030-01-01T00:00:00.5Z",
            "2030-01-01T01:00:00+01:00",
            "2030-01-01T00:00:01Z",
            "2030-06-01T00:00:00Z",
            "2031-01-01T00:00:00Z",
            "2032-01-01T00:00:00Z",
        ],
    ),
    (
        "aws:SourceIp",
        "Ip",
        &["10.0.0.0/8", "10.0.0.0/9", "10.128.0.0/9", "10.0.0.7", "0.0.0.0/0", "2001:db8::/32", "2001:db8::1", "x"],
        &[
            "9.255.255.255",
            "10.0.0.6",
            "10.0.0.7",
            "10.127.255.255",
            "10.128.0.0",
            "11.0.0.0",
            "2001:db8::1",
            "2001:db8::2",
            "::1",
        ],
    ),
    ("aws:SecureTransport", "Bool", &["true", "false", "TRUE", "x"], &["true", "false"]),
];

fn typed_condition(
    kind: &'static str,
    values: &'static [&'static str],
) -> impl Strategy<Value = (String, Vec<&'static str>)> {
    let names = match kind {
        "Ip" => vec!["IpAddress", "NotIpAddress", "Null", "StringEquals", "StringNotEqualsIgnoreCase"],
        "List" => {
            vec!["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase", "Null"]
        }
        "Bool" => vec!["Bool", "StringEquals", "StringNotEqualsIgnoreCase", "Null"],
        _ => vec![
            "Equals",
            "NotEquals",
            "LessThan",
            "LessThanEquals",
            "GreaterThan",
            "GreaterThanEquals",
            "StringEquals",
            "StringNotEqualsIgnoreCase",
        ],
    };
    let prefix =
        move |name: &str| if matches!(kind, "Numeric" | "Date") && !name.starts_with("String") { kind } else { "" };
    let quantifier = select(vec!["", "", "ForAllValues:", "ForAnyValue:"]);
    (quantifier, select(names), any::<bool>(), proptest::collection::vec(select(values), 1..3)).prop_map(
        move |(quantifier, name, if_exists, values)| match name {
            "Null" => ("Null".to_owned(), vec![if if_exists { "true" } else { "false" }]),
            _ => (format!("{quantifier}{}{name}{}", prefix(name), if if_exists { "IfExists" } else { "" }), values),
        },
    )
}

/// Up to three statements, each with up to two conditions on the same key.
fn typed_policy(
    key: &'static str,
    kind: &'static str,
    values: &'static [&'static str],
) -> impl Strategy<Value = PolicyDocument> {
    let conditions = proptest::collection::vec(typed_condition(kind, values), 1..3);
    proptest::collection::vec((proptest::bool::weighted(0.75), conditions), 1..4).prop_map(move |statements| {
        let statements: Vec<Value> = statements
            .into_iter()
            .map(|(allows, conditions)| {
                let blocks: serde_json::Map<String, Value> =
                    conditions.into_iter().map(|(name, values)| (name, json!({key: values}))).collect();
                object(if allows { "Allow" } else { "Deny" }, &json!({"Condition": blocks}))
            })
            .collect();
        policy(&statements)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Answers about ordered values against values on, below and above every boundary.
    #[test]
    fn ordered_values_agree_with_values_around_every_boundary(
        (values, a, b) in select(&TYPED[..]).prop_flat_map(|(key, kind, written, values)| {
            (Just((key, values)), typed_policy(key, kind, written), typed_policy(key, kind, written))
        })
    ) {
        let (key, values) = values;
        let answer = included(&a, &b);
        let (more, less) = (PreparedPolicy::new(&a), PreparedPolicy::new(&b));
        let mut request = Request::new("arn:aws:iam::111122223333:user/bob".parse().unwrap(), "s3:GetObject".parse().unwrap(), "*");
        let contexts = values.iter().map(|value| Context::new().with(key, *value)).chain([Context::new()]);
        let mut separates = false;
        for context in contexts {
            request.context = context;
            separates |= alone(&more, &request) && !alone(&less, &request);
        }
        match answer {
            Inclusion::Included => prop_assert!(!separates),
            Inclusion::Witness(request) => prop_assert!(alone(&more, &request) && !alone(&less, &request)),
            Inclusion::Unknown(reason) => prop_assert!(false, "{}", reason),
        }
    }

    /// The same for lists of text values.
    #[test]
    fn lists_agree_with_all_short_lists(
        a in typed_policy("aws:TagKeys", "List", &["a", "b", "ab", "a*", "?", "*"]),
        b in typed_policy("aws:TagKeys", "List", &["a", "b", "ab", "a*", "?", "*"]),
    ) {
        let answer = included(&a, &b);
        let (more, less) = (PreparedPolicy::new(&a), PreparedPolicy::new(&b));
        let mut request = Request::new("arn:aws:iam::111122223333:user/bob".parse().unwrap(), "s3:GetObject".parse().unwrap(), "*");
        let texts = ["a", "b", "ab", "abc", "A", "", "c", "a*"];
        let mut lists: Vec<Vec<&str>> = vec![Vec::new()];
        for one in texts {
            lists.push(vec![one]);
            lists.extend(texts.iter().map(|two| vec![one, two]));
            lists.extend(texts.iter().flat_map(|two| texts.iter().map(move |three| vec![one, two, three])));
        }
        for list in lists {
            request.context = Context::new().with_list("aws:TagKeys", list);
            prop_assert!(!(answer.is_included() && alone(&more, &request) && !alone(&less, &request)), "{:?}", request.context);
        }
        if let Inclusion::Witness(request) = &answer {
            prop_assert!(alone(&more, request) && !alone(&less, request));
        }
        prop_assert!(!matches!(answer, Inclusion::Unknown(_)));
    }
}
