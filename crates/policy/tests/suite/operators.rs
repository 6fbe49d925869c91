//! Condition operators, as AWS' pages describe them.

use daypass_policy::{Context, Decision, Layers, Operator, PolicyDocument, PreparedPolicy, Request, evaluate};
use serde_json::{Value, json};

/// Whether a statement with this condition applies.
fn holds(operator: &str, values: &Value, context: &Context) -> bool {
    let document = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {operator: {"key": values}},
    }});
    let identity = [PreparedPolicy::new(&PolicyDocument::parse(&document.to_string()).unwrap())];
    let caller = "arn:aws:iam::111122223333:user/bob".parse().unwrap();
    let mut request = Request::new(caller, "s3:GetObject".parse().unwrap(), "*");
    request.context = context.clone();
    evaluate(&request, &Layers::new(&identity)).decision == Decision::Allowed
}

/// A table of operator, policy values, the request's value, and whether the condition holds.
fn check(rows: &[(&str, Value, &str, bool)]) {
    for (operator, values, value, expected) in rows {
        let context = Context::new()
            .with("KEY", *value)
            .with("aws:username", "bob")
            .with("aws:SourceArn", "arn:aws:iam::111122223333:role/team/app");
        assert_eq!(holds(operator, values, &context), *expected, "{operator} {values} on {value:?}");
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_String>
#[test]
fn string_operators() {
    check(&[
        ("StringEquals", json!("Bob"), "Bob", true),
        ("StringEquals", json!("Bob"), "bob", false),
        ("StringEquals", json!(["a", "bob"]), "bob", true),
        ("StringEquals", json!("b*"), "bob", false),
        ("StringEquals", json!("b*"), "b*", true),
        ("StringEquals", json!(""), "", true),
        ("StringEquals", json!("${aws:username}-x"), "bob-x", true),
        ("StringEquals", json!("${*}"), "*", true),
        ("StringEquals", json!("${$}{aws:username}"), "${aws:username}", true),
        ("StringNotEquals", json!(["a", "b"]), "b", false),
        ("StringNotEquals", json!(["a", "b"]), "c", true),
        ("StringEqualsIgnoreCase", json!("BOB"), "bob", true),
        ("StringEqualsIgnoreCase", json!("ÄRGER"), "ärger", true),
        ("StringNotEqualsIgnoreCase", json!("BOB"), "bob", false),
        ("StringLike", json!("b?b*"), "bobby", true),
        ("StringLike", json!("B*"), "bob", false),
        ("StringLike", json!("home/${aws:username}/*"), "home/bob/x", true),
        ("StringLike", json!("${aws:PrincipalTag/none, 'b*'}"), "bob", false),
        ("StringLike", json!("${aws:PrincipalTag/none, 'b*'}"), "b*", true),
        ("StringNotLike", json!(["x*", "b*"]), "bob", false),
        ("StringNotLike", json!("x*"), "bob", true),
    ]);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Numeric>
#[test]
fn numeric_operators() {
    check(&[
        ("NumericEquals", json!("10"), "10.0", true),
        ("NumericEquals", json!("0.5"), ".5", true),
        ("NumericEquals", json!(10), "010", true),
        ("NumericEquals", json!("10"), "ten", false),
        ("NumericNotEquals", json!(["10", "11"]), "11", false),
        ("NumericNotEquals", json!(["10", "11"]), "12", true),
        ("NumericLessThan", json!("10"), "9.99", true),
        ("NumericLessThan", json!("10"), "10", false),
        ("NumericLessThan", json!(["1", "10"]), "9", true),
        ("NumericLessThanEquals", json!("10"), "10", true),
        ("NumericGreaterThan", json!("-5"), "-4", true),
        ("NumericGreaterThan", json!("9007199254740992"), "9007199254740993", true),
        ("NumericGreaterThanEquals", json!("10"), "9", false),
    ]);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Date>
#[test]
fn date_operators() {
    let noon = "2030-01-01T12:00:00Z";
    check(&[
        ("DateEquals", json!(noon), "2030-01-01T13:00:00+01:00", true),
        ("DateEquals", json!(noon), "1893499200", true),
        ("DateEquals", json!(1_893_499_200), noon, true),
        ("DateEquals", json!("2030-01-01"), "2030-01-01T00:00:00Z", true),
        ("DateEquals", json!("2030-01"), "2030-01-01T00:00:00Z", true),
        ("DateEquals", json!("2030"), "2030-01-01T00:00:00Z", true),
        ("DateNotEquals", json!(noon), noon, false),
        ("DateLessThan", json!(noon), "2030-01-01T11:59:59.999Z", true),
        ("DateLessThan", json!(noon), noon, false),
        ("DateLessThanEquals", json!(noon), noon, true),
        ("DateGreaterThan", json!(noon), "2030-01-01T12:00:01Z", true),
        ("DateGreaterThanEquals", json!(noon), noon, true),
        ("DateGreaterThan", json!(noon), "soon", false),
    ]);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Boolean>
/// and the sections on binary values that follow.
#[test]
fn bool_and_binary_operators() {
    check(&[
        ("Bool", json!("true"), "true", true),
        ("Bool", json!(true), "True", true),
        ("Bool", json!("${aws:PrincipalTag/none, 'true'}"), "true", true),
        ("Bool", json!("true"), "false", false),
        ("Bool", json!(["true", "false"]), "false", true),
        ("BinaryEquals", json!("QmluYXJ5VmFsdWU="), "QmluYXJ5VmFsdWU=", true),
        ("BinaryEquals", json!("QmluYXJ5VmFsdWU="), "qMLUYXJ5VmFsdWU=", false),
    ]);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_IPAddress>
#[test]
fn address_operators() {
    check(&[
        ("IpAddress", json!("203.0.113.0/24"), "203.0.113.255", true),
        ("IpAddress", json!("203.0.113.0/24"), "203.0.114.0", false),
        ("IpAddress", json!("203.0.113.7"), "203.0.113.7", true),
        ("IpAddress", json!("203.0.113.7"), "203.0.113.8", false),
        ("IpAddress", json!("203.0.113.9/24"), "203.0.113.1", true),
        ("IpAddress", json!("0.0.0.0/0"), "2001:db8::1", false),
        ("IpAddress", json!("2001:DB8:1234:5678::/64"), "2001:db8:1234:5678::1", true),
        ("IpAddress", json!("2001:db8::/32"), "2001:db9::1", false),
        ("IpAddress", json!(["10.0.0.0/8", "::/0"]), "2001:db9::1", true),
        ("IpAddress", json!("300.0.0.0/8"), "10.0.0.1", false),
        ("NotIpAddress", json!(["10.0.0.0/8", "203.0.113.0/24"]), "203.0.113.1", false),
        ("NotIpAddress", json!("10.0.0.0/8"), "203.0.113.1", true),
    ]);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN>
#[test]
fn arn_operators_compare_six_parts() {
    let role = "arn:aws:iam::111122223333:role/team/app";
    for operator in ["ArnEquals", "ArnLike"] {
        check(&[
            (operator, json!(role), role, true),
            (operator, json!("arn:aws:iam::*:role/*"), role, true),
            (operator, json!("arn:aws:iam::1111*:role/team/a??"), role, true),
            (operator, json!("arn:aws:iam:*:role/team/app"), role, false),
            (operator, json!("arn:*"), role, false),
            (operator, json!("*"), role, false),
            (operator, json!("*:*:*:*:*:*"), role, true),
            (operator, json!("arn:aws:iam::111122223333:role/TEAM/app"), role, false),
            (
                operator,
                json!("arn:aws:iam::111122223333:user/${aws:username}"),
                "arn:aws:iam::111122223333:user/bob",
                true,
            ),
            (operator, json!("arn:aws:sns:*:*:a:b"), "arn:aws:sns:eu-west-1:111122223333:a:b", true),
            (operator, json!("*"), "no-arn", false),
            (operator, json!("${aws:SourceArn}"), role, true),
            (operator, json!("${aws:PrincipalArn}"), role, false),
        ]);
    }
    for operator in ["ArnNotEquals", "ArnNotLike"] {
        check(&[
            (operator, json!("arn:aws:iam::*:role/*"), role, false),
            (operator, json!("arn:aws:iam::*:user/*"), role, true),
        ]);
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Null>
#[test]
fn null_asks_whether_the_key_is_absent() {
    let (present, absent) = (Context::new().with("key", "x"), Context::new());
    let empty = Context::new().with_list("key", Vec::<String>::new());
    for (value, context, expected) in [
        (json!("true"), &absent, true),
        (json!("true"), &present, false),
        (json!(false), &present, true),
        (json!("false"), &absent, false),
        (json!("true"), &empty, true),
        (json!(["true", "false"]), &present, true),
    ] {
        assert_eq!(holds("Null", &value, context), expected, "{value} on {context:?}");
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_IfExists>
#[test]
fn without_the_key_only_negated_and_if_exists_operators_hold() {
    for comparison in daypass_policy::Comparison::ALL.iter().filter(|comparison| comparison.name() != "Null") {
        let name = comparison.name();
        let any = json!(["x", "1", "10.0.0.0/8", "2030-01-01"]);
        assert_eq!(holds(name, &any, &Context::new()), name.contains("Not"), "{name}");
        assert!(holds(&format!("{name}IfExists"), &any, &Context::new()), "{name}IfExists");
        assert!(holds(&format!("ForAllValues:{name}"), &any, &Context::new()), "ForAllValues:{name}");
        assert!(!holds(&format!("ForAnyValue:{name}"), &any, &Context::new()), "ForAnyValue:{name}");
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>
#[test]
fn set_operators_ask_for_all_or_any_value_of_the_request() {
    for (operator, policy, request, expected) in [
        ("ForAllValues:StringEquals", json!(["a", "b"]), &["a"][..], true),
        ("ForAllValues:StringEquals", json!(["a", "b"]), &["a", "b", "a"], true),
        ("ForAllValues:StringEquals", json!(["a", "b"]), &["a", "c"], false),
        ("ForAllValues:StringEquals", json!(["a", "b"]), &[], true),
        ("ForAnyValue:StringEquals", json!(["a", "b"]), &["c", "b"], true),
        ("ForAnyValue:StringEquals", json!(["a", "b"]), &["c"], false),
        ("ForAnyValue:StringEquals", json!(["a", "b"]), &[], false),
        ("ForAnyValue:StringNotEquals", json!(["a", "b"]), &["a", "c"], true),
        ("ForAnyValue:StringNotEquals", json!(["a", "b"]), &["a", "b"], false),
        ("ForAllValues:StringNotEquals", json!(["a", "b"]), &["c", "d"], true),
        ("ForAllValues:StringNotEquals", json!(["a", "b"]), &["a", "d"], false),
        ("ForAllValues:StringLike", json!("a*"), &["a", "ab"], true),
        ("ForAnyValue:StringLike", json!(["*/b", "x"]), &["a", "a/b"], true),
    ] {
        let context = Context::new().with_list("key", request.iter().copied());
        assert_eq!(holds(operator, &policy, &context), expected, "{operator} {policy} on {request:?}");
    }
}

/// "Inverted condition operators like `StringNotEquals` or `StringNotLike` do match against a null value":
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value>
#[test]
fn variables_without_a_value_match_nothing() {
    let context = Context::new().with("key", "home/").with_list("aws:TagKeys", ["home/"]);
    for (operator, value, expected) in [
        ("StringLike", "home/${aws:username}*", false),
        ("StringEquals", "home/${aws:username, ''}", true),
        ("StringEquals", "${aws:TagKeys}", false),
        ("StringNotEquals", "${aws:username}", true),
        ("StringNotEquals", "${aws:username, 'bob'}", true),
        ("StringNotEquals", "${aws:TagKeys, 'bob'}", true),
        ("StringNotLike", "${aws:username}*", true),
        ("ArnNotLike", "arn:aws:iam::111122223333:user/${aws:username}", true),
        ("ForAnyValue:StringNotEquals", "${aws:username}", true),
        ("ForAllValues:StringNotEquals", "${aws:username}", true),
        ("StringLike", "${aws:username", false),
        ("StringLike", "${}*", false),
    ] {
        assert_eq!(holds(operator, &json!(value), &context), expected, "{operator} {value}");
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html>
#[test]
fn in_the_old_version_variables_are_plain_text() {
    for (version, value, expected) in [
        (json!("2008-10-17"), "${aws:username}", true),
        (json!(null), "${aws:username}", true),
        (json!("2012-10-17"), "${aws:username}", false),
        (json!("2008-10-17"), "bob", false),
        (json!("2012-10-17"), "bob", true),
    ] {
        let mut document = json!({"Version": version, "Statement": {
            "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"key": "${aws:username}"}},
        }});
        if version.is_null() {
            document.as_object_mut().unwrap().remove("Version");
        }
        let identity = [PreparedPolicy::new(&PolicyDocument::parse(&document.to_string()).unwrap())];
        let caller = "arn:aws:iam::111122223333:user/bob".parse().unwrap();
        let mut request = Request::new(caller, "s3:GetObject".parse().unwrap(), "*");
        request.context = Context::new().with("key", value).with("aws:username", "bob");
        assert_eq!(evaluate(&request, &Layers::new(&identity)).is_allowed(), expected, "{version} {value}");
    }
}

#[test]
fn operators_print_as_they_are_parsed() {
    for comparison in daypass_policy::Comparison::ALL {
        for prefix in ["", "ForAllValues:", "ForAnyValue:"] {
            let name = format!("{prefix}{}", comparison.name());
            assert_eq!(name.parse::<Operator>().unwrap().to_string(), name);
            let if_exists = format!("{name}IfExists");
            match if_exists.parse::<Operator>() {
                Ok(operator) => assert_eq!(operator.to_string(), if_exists),
                Err(_) => assert_eq!(comparison.name(), "Null"),
            }
        }
    }
    for unknown in [
        "",
        "stringequals",
        "StringEqual",
        "ForAllValues:",
        "IfExists",
        "ForAnyValue:ForAllValues:Bool",
        "NullIfExists",
    ] {
        assert!(unknown.parse::<Operator>().is_err(), "{unknown}");
    }
    let built = Operator::from(daypass_policy::Comparison::StringLike).for_any_value().if_exists();
    assert_eq!(built.to_string(), "ForAnyValue:StringLikeIfExists");
    assert_eq!(Operator::from(daypass_policy::Comparison::Bool).for_all_values().to_string(), "ForAllValues:Bool");
}
