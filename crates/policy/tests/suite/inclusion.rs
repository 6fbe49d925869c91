//! Comparisons: every sample pair, the cases other tools are known to get wrong, and laws on random policies.

use daypass_policy::cases::InclusionCase;
use daypass_policy::compare::{Emptiness, Equivalence, Inclusion, disjoint, empty, equivalent, included};
use daypass_policy::{
    Context, ContextValue, Effect, Layers, PolicyDocument, PreparedPolicy, Request, ResourceKind, evaluate,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::generate;

const PAIRS: &str = include_str!("../samples/policy-inclusion.jsonl");

pub(crate) fn allows(policy: &PolicyDocument, request: &Request) -> bool {
    alone(&PreparedPolicy::new(policy), request)
}

/// Within one account an identity policy decides alone, unless the resource is one of those that have to agree.
pub(crate) fn alone(policy: &PreparedPolicy, request: &Request) -> bool {
    let mut request = request.clone();
    request.resource_account = request.principal.account().map(str::to_owned);
    let layers = Layers { resource_kind: Some(ResourceKind::Other), ..Layers::new(std::slice::from_ref(policy)) };
    evaluate(&request, &layers).is_allowed()
}

#[test]
fn every_sample_pair_is_answered_as_expected() {
    let mut wrong = Vec::new();
    for line in PAIRS.lines() {
        let case = InclusionCase::parse(line).unwrap();
        let answer = case.compare();
        if let Inclusion::Witness(request) = &answer {
            assert!(allows(&case.a, request) && !allows(&case.b, request), "{}: {request:?}", case.id);
        }
        if case.expected.as_deref() != Some(answer.name()) {
            wrong.push(format!("{}: {answer:?}", case.id));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(PAIRS.lines().count(), 237);
}

/// The statement about `s3:GetObject` with one more element.
pub(crate) fn object(effect: &str, more: &Value) -> Value {
    let mut statement = json!({"Effect": effect, "Action": "s3:GetObject"});
    let fields = statement.as_object_mut().unwrap();
    fields.extend(more.as_object().unwrap().clone());
    if !fields.contains_key("Resource") && !fields.contains_key("NotResource") {
        fields.insert("Resource".to_owned(), json!("*"));
    }
    statement
}

pub(crate) fn policy(statements: &[Value]) -> PolicyDocument {
    PolicyDocument::parse(&json!({"Version": "2012-10-17", "Statement": statements}).to_string()).unwrap()
}

fn resource(pattern: &str) -> Value {
    object("Allow", &json!({"Resource": format!("arn:aws:s3:::{pattern}")}))
}

pub(crate) fn when(operator: &str, key: &str, values: &Value) -> Value {
    object("Allow", &json!({"Condition": {operator: {key: values}}}))
}

/// Pairs that a well-known policy algebra answers wrongly, as reported when it was run on them.
#[test]
fn what_other_tools_get_wrong_is_right_here() {
    let not_resource = |pattern: &str| object("Allow", &json!({"NotResource": format!("arn:aws:s3:::{pattern}")}));
    let deny = |pattern: &str| object("Deny", &json!({"Resource": format!("arn:aws:s3:::{pattern}")}));
    let secret = |element: &str, name: &str| {
        object("Allow", &json!({element: format!("arn:aws:secretsmanager:eu-west-1:111122223333:secret:{name}")}))
    };
    let both = |resource: &str, value: &str| {
        let condition = json!({"StringEquals": {"aws:SourceVpce": value}});
        object("Allow", &json!({"Resource": format!("arn:aws:s3:::{resource}"), "Condition": condition}))
    };
    let (tag, age, address) = ("aws:PrincipalTag/team", "aws:MultiFactorAuthAge", "aws:SourceIp");
    for (name, a, b, expected) in [
        ("a part of the exception", vec![secret("Resource", "x*")], vec![secret("NotResource", "x")], false),
        ("all but one is not within the bucket", vec![not_resource("b/a")], vec![resource("b/*")], false),
        ("Deny that overlaps", vec![resource("b/a*")], vec![resource("b/a*"), deny("b/*z")], false),
        ("Deny kept on the left", vec![resource("b/a*"), deny("b/*z")], vec![resource("b/a*")], true),
        ("exclusion kept", vec![resource("b/*")], vec![resource("b/*"), deny("b/secret")], false),
        ("Deny with a question mark", vec![resource("b/x")], vec![resource("b/*"), deny("b/?")], false),
        ("Deny with a question mark, out of reach", vec![resource("b/xy")], vec![resource("b/*"), deny("b/?")], true),
        ("no mixing of resource and condition", vec![both("a", "y")], vec![both("a", "x"), both("b", "y")], false),
        (
            "all values of a number",
            vec![when("NumericLessThan", age, &json!("7"))],
            vec![when("NumericLessThan", age, &json!(["5", "9"]))],
            true,
        ),
        (
            "NotIpAddress, the wider exception",
            vec![when("NotIpAddress", address, &json!("10.0.0.0/8"))],
            vec![when("NotIpAddress", address, &json!("10.0.0.0/16"))],
            true,
        ),
        (
            "NotIpAddress, the narrower exception",
            vec![when("NotIpAddress", address, &json!("10.0.0.0/16"))],
            vec![when("NotIpAddress", address, &json!("10.0.0.0/8"))],
            false,
        ),
        ("globs that overlap", vec![resource("b/a*z")], vec![resource("b/*z")], true),
        ("question marks", vec![resource("b/??")], vec![resource("b/?*")], true),
        (
            "equals within like",
            vec![when("StringEquals", tag, &json!("team-a"))],
            vec![when("StringLike", tag, &json!("team-*"))],
            true,
        ),
        (
            "a smaller range",
            vec![when("IpAddress", address, &json!("10.7.0.0/16"))],
            vec![when("IpAddress", address, &json!("10.0.0.0/8"))],
            true,
        ),
        (
            "plain within IfExists",
            vec![when("StringEquals", tag, &json!("a"))],
            vec![when("StringEqualsIfExists", tag, &json!("a"))],
            true,
        ),
        (
            "IfExists not within plain",
            vec![when("StringEqualsIfExists", tag, &json!("a"))],
            vec![when("StringEquals", tag, &json!("a"))],
            false,
        ),
    ] {
        let answer = included(&policy(&a), &policy(&b));
        assert_eq!(answer.is_included(), expected, "{name}: {answer:?}");
        assert!(!matches!(answer, Inclusion::Unknown(_)), "{name}: {answer:?}");
    }
    assert_eq!(disjoint(&policy(&[resource("b/a*")]), &policy(&[resource("b/b*")])), Emptiness::Empty);
    assert!(matches!(disjoint(&policy(&[resource("b/a*")]), &policy(&[resource("b/*z")])), Emptiness::Witness(_)));
}

#[test]
fn conditions_that_contradict_each_other_allow_nothing() {
    let conditions = json!({"NumericLessThan": {"aws:MultiFactorAuthAge": "5"}, "NumericGreaterThan": {"aws:MultiFactorAuthAge": "5"}});
    assert_eq!(empty(&policy(&[object("Allow", &json!({"Condition": conditions}))])), Emptiness::Empty);
    assert_eq!(empty(&policy(&[object("Deny", &json!({}))])), Emptiness::Empty);
    assert!(matches!(empty(&policy(&[resource("b/*")])), Emptiness::Witness(_)));
}

#[test]
fn equivalence_says_which_side_allows_more() {
    let (wide, narrow) = (policy(&[resource("b/*")]), policy(&[resource("b/a*")]));
    assert_eq!(equivalent(&wide, &policy(&[resource("b/**")])), Equivalence::Equivalent);
    assert!(matches!(equivalent(&wide, &narrow), Equivalence::OnlyFirst(_)));
    assert!(matches!(equivalent(&narrow, &wide), Equivalence::OnlySecond(_)));
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
#[test]
fn variables_are_followed_when_both_sides_have_them() {
    let own = "b/${aws:username}/*";
    for (a, b, expected) in [
        (own, own, Some(true)),
        (own, "b/*", Some(true)),
        (own, "b/${aws:username}*", Some(true)),
        ("b/${aws:username}/x", own, Some(true)),
        ("b/*", own, Some(false)),
        (own, "b/${aws:userid}/*", Some(false)),
        (own, "b/alice/*", Some(false)),
        ("b/${aws:PrincipalTag/team, 'none'}/*", "b/${aws:PrincipalTag/team}/*", Some(false)),
        ("b/${aws:PrincipalTag/team}/*", "b/${aws:PrincipalTag/team, 'none'}/*", Some(true)),
        ("b/${*}", "b/*", Some(true)),
        ("b/*", "b/${*}", Some(false)),
    ] {
        let answer = included(&policy(&[resource(a)]), &policy(&[resource(b)]));
        let found = match answer {
            Inclusion::Included => Some(true),
            Inclusion::Witness(_) => Some(false),
            Inclusion::Unknown(_) => None,
        };
        assert_eq!(found, expected, "{a} and {b}");
    }
}

/// A pattern with a variable that has no value matches nothing, and leaves the others of the list alone.
#[test]
fn a_variable_that_cannot_have_a_value_hides_no_other_pattern() {
    let patterns = json!(["arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::b/shared*"]);
    let without_user = json!({"Resource": patterns, "Condition": {"Null": {"aws:username": "true"}}});
    let (a, nothing) = (policy(&[object("Allow", &without_user)]), policy(&[object("Deny", &json!({}))]));
    assert!(matches!(included(&a, &nothing), Inclusion::Witness(_)));
    assert_eq!(included(&a, &policy(&[resource("b/shared*")])), Inclusion::Included);
}

/// As many values as the conditions ask for, and no more than the key may have.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>
#[test]
fn several_values_are_used_only_where_the_key_has_several() {
    let two = |key: &str| {
        let conditions = json!({"ForAnyValue:StringEquals": {key: "x"}, "ForAnyValue:StringLike": {key: "y*"}});
        empty(&policy(&[object("Allow", &json!({"Condition": conditions}))]))
    };
    assert_eq!(two("aws:SourceVpce"), Emptiness::Empty);
    let Emptiness::Witness(request) = two("aws:TagKeys") else { panic!("two tag keys are possible") };
    assert_eq!(request.context.get("aws:TagKeys").map(|value| value.values().len()), Some(2));
}

/// A context as AWS would make it: single-valued keys have one value, and values are of the type of their key.
pub(crate) fn documented(request: &Request) -> Request {
    let mut documented = Context::new();
    for (key, value) in request.context.iter() {
        let Some(first) = value.values().first() else { continue };
        let is_typed = match key {
            "aws:sourceip" => first.parse::<std::net::IpAddr>().is_ok(),
            "aws:currenttime" => first.parse::<jiff::Timestamp>().is_ok(),
            "aws:username" => !first.is_empty() && !first.contains(':'),
            _ => true,
        };
        if key == "aws:tagkeys" {
            documented.insert(key, ContextValue::List(value.values().to_vec()));
        } else if is_typed {
            documented.insert(key, ContextValue::Single(first.clone()));
        }
    }
    Request { context: documented, ..request.clone() }
}

fn one_of(document: &PolicyDocument, effect: Effect) -> Option<daypass_policy::Statement> {
    document.statements().iter().find(|statement| statement.effect() == effect).cloned()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn every_policy_includes_itself(a in generate::document(true)) {
        prop_assert_eq!(included(&a, &a), Inclusion::Included);
    }

    #[test]
    fn inclusion_is_transitive(a in generate::document(false), b in generate::document(false), c in generate::document(false)) {
        if included(&a, &b).is_included() && included(&b, &c).is_included() {
            let answer = included(&a, &c);
            prop_assert!(!matches!(answer, Inclusion::Witness(_)), "{:?}", answer);
        }
    }

    #[test]
    fn statements_added_widen_or_narrow(a in generate::document(true), b in generate::document(true)) {
        let mut more = a.clone();
        if let Some(allow) = one_of(&b, Effect::Allow) {
            more.push(allow);
        }
        prop_assert_eq!(included(&a, &more), Inclusion::Included);
        let mut less = a.clone();
        if let Some(deny) = one_of(&b, Effect::Deny) {
            less.push(deny);
        }
        prop_assert_eq!(included(&less, &a), Inclusion::Included);
    }

    #[test]
    fn every_witness_holds(a in generate::document(false), b in generate::document(false)) {
        if let Inclusion::Witness(request) = included(&a, &b) {
            prop_assert!(allows(&a, &request), "{:?}", request);
            prop_assert!(!allows(&b, &request), "{:?}", request);
        }
    }

    #[test]
    fn no_request_contradicts_an_inclusion(
        a in generate::document(false), b in generate::document(false), requests in proptest::collection::vec(generate::request(), 40),
    ) {
        let (more, less) = (PreparedPolicy::new(&a), PreparedPolicy::new(&b));
        let mut separating = requests.iter().map(documented).filter(|request| {
            let caller = "arn:aws:iam::111122223333:user/bob".parse().unwrap();
            let request = Request { principal: caller, resource_account: Some("111122223333".to_owned()), ..request.clone() };
            let allows = |policy: &PreparedPolicy| alone(policy, &request);
            allows(&more) && !allows(&less)
        });
        if let Some(request) = separating.next() {
            prop_assert!(!included(&a, &b).is_included(), "{:?}", request);
        }
        if let Some(request) = separating.next() {
            prop_assert!(empty(&a) != Emptiness::Empty, "{:?}", request);
        }
    }
}

/// An address that is compared as text is still an address: what no address is, no request has.
#[test]
fn keys_of_an_ordered_type_hold_nothing_else_even_when_they_are_compared_as_text() {
    let on = |operator: &str, value: &str| {
        let text = format!(
            r#"{{"Statement": {{"Effect": "Allow", "Action": "*", "Resource": "*",
                "Condition": {{"{operator}": {{"aws:SourceIp": "{value}"}}}}}}}}"#
        );
        PolicyDocument::parse(&text).unwrap()
    };
    for (a, b, expected) in [
        (on("StringEquals", "bob"), on("StringEquals", "10.0.0.1"), true),
        (on("StringEquals", "10.0.0.0/8"), on("IpAddress", "192.0.2.0/24"), true),
        (on("StringEquals", "10.0.0.1"), on("IpAddress", "10.0.0.0/8"), true),
        (on("StringEquals", "10.0.0.1"), on("StringLike", "10.*"), true),
        (on("StringEquals", "bob"), on("StringLike", "10.*"), true),
        (on("StringEquals", "10.0.0.1"), on("StringEquals", "10.0.0.2"), false),
        (on("StringNotEquals", "bob"), on("IpAddress", "10.0.0.0/8"), false),
    ] {
        let answer = included(&a, &b);
        assert_eq!(answer.is_included(), expected, "{a} in {b}: {answer:?}");
        assert!(!matches!(answer, Inclusion::Unknown(_)), "{a} in {b}: {answer:?}");
    }
}
