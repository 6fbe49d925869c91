//! Cases as people and programs write them: what is read, what is refused with which words, and what is printed.

use daypass_policy::cases::{Compared, Evaluated, EvaluationCase, InclusionCase, display_key};
use daypass_policy::{ContextValue, Decision};
use serde_json::{Value, json};

const ANY: &str = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;

fn any() -> Value {
    serde_json::from_str(ANY).unwrap()
}

/// A case with one identity policy that allows everything, changed at some fields.
fn case(changes: &Value) -> String {
    let mut case = json!({
        "id": "c",
        "request": {
            "principal": "arn:aws:iam::111122223333:user/ana",
            "action": "s3:GetObject",
            "resource": {"arn": "arn:aws:s3:::data/x", "accountId": "111122223333"},
            "context": {},
        },
        "identityPolicies": [any()],
    });
    case.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    case.to_string()
}

fn request(changes: &Value) -> String {
    let mut case: Value = serde_json::from_str(&case(&json!({}))).unwrap();
    case["request"].as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    case.to_string()
}

fn decide(line: &str) -> Result<Decision, String> {
    let case = EvaluationCase::parse(line).map_err(|error| error.to_string())?;
    Ok(case.evaluate().map_err(|error| error.to_string())?.decision)
}

#[test]
fn what_can_be_left_out_or_written_in_several_ways_is_read() {
    let trust = json!({"Statement": {"Effect": "Deny", "Principal": "*", "Action": "*"}});
    for (line, decision) in [
        (case(&json!({})), Decision::Allowed),
        (case(&json!({"id": 7})), Decision::Allowed),
        (case(&json!({"id": null, "tags": 5, "comment": {"by": ["ana"]}})), Decision::Allowed),
        (case(&json!({"identityPolicies": any()})), Decision::Allowed),
        (case(&json!({"identityPolicies": ANY})), Decision::Allowed),
        (case(&json!({"identityPolicies": [ANY, null]})), Decision::Allowed),
        (case(&json!({"identityPolicies": []})), Decision::ImplicitlyDenied),
        (case(&json!({"identityPolicies": null})), Decision::ImplicitlyDenied),
        (case(&json!({"boundary": null, "resourcePolicy": null, "scps": null, "rcps": null})), Decision::Allowed),
        (case(&json!({"sessionPolicies": [], "endpointPolicies": [], "scps": [], "boundary": []})), Decision::Allowed),
        (case(&json!({"scps": any(), "boundary": [any()], "endpointPolicies": any()})), Decision::Allowed),
        (case(&json!({"scps": [any(), [any(), any()]]})), Decision::Allowed),
        (case(&json!({"scps": [[any()], []]})), Decision::ImplicitlyDenied),
        (case(&json!({"resourcePolicy": trust})), Decision::ExplicitlyDenied),
        (case(&json!({"resourcePolicy": [trust]})), Decision::ExplicitlyDenied),
        (request(&json!({"resource": "arn:aws:s3:::data/x", "context": null})), Decision::Allowed),
        (request(&json!({"resource": {"arn": "arn:aws:s3:::data/x", "accountId": null}})), Decision::Allowed),
        (request(&json!({"resource": null})), Decision::Allowed),
        (request(&json!({"principal": "arn:aws:iam::111122223333:role/team/deploy"})), Decision::Allowed),
    ] {
        assert_eq!(decide(&line), Ok(decision), "{line}");
    }
}

#[test]
fn context_values_of_any_type_are_their_text() {
    let context = json!({
        "AWS:SecureTransport": true, "s3:max-keys": 1.50, "aws:TagKeys": ["a", 2, false, null],
        "aws:CalledVia": [], "aws:SourceIp": null, "aws:username": "\u{e9}\n",
    });
    // Through `to_string` the digits of 1.50 would be lost.
    let line = request(&json!({"context": context})).replace("1.5", "1.50");
    let case = EvaluationCase::parse(&line).unwrap();
    let single = |value: &str| ContextValue::Single(value.to_owned());
    for (key, value) in [
        ("aws:securetransport", Some(single("true"))),
        ("s3:max-keys", Some(single("1.50"))),
        ("aws:tagkeys", Some(ContextValue::List(["a", "2", "false"].map(str::to_owned).to_vec()))),
        ("aws:calledvia", Some(ContextValue::List(Vec::new()))),
        ("aws:sourceip", None),
        ("aws:username", Some(single("\u{e9}\n"))),
    ] {
        assert_eq!(case.request.context.get(key), value.as_ref(), "{key}");
    }
}

#[test]
fn of_keys_that_differ_in_case_only_the_last_one_counts() {
    let line = request(&json!({"context": {"aws:b": "1", "AWS:A": ["x"], "aws:a": "2", "aws:B": "3", "aws:c": "4"}}));
    let context = EvaluationCase::parse(&line).unwrap().request.context;
    let found: Vec<(&str, &[String])> = context.iter().map(|(key, value)| (key, value.values())).collect();
    let one = |value: &str| vec![value.to_owned()];
    assert_eq!(found, [("aws:a", &*one("2")), ("aws:b", &*one("3")), ("aws:c", &*one("4"))]);
}

#[test]
fn a_role_is_some_session_of_it() {
    let line = request(&json!({"principal": "arn:aws:iam::111122223333:role/team/deploy"}));
    let principal = EvaluationCase::parse(&line).unwrap().request.principal;
    assert_eq!(principal.as_str(), "arn:aws:sts::111122223333:assumed-role/deploy/session");
    assert_eq!(principal.role_arn(), Some("arn:aws:iam::111122223333:role/team/deploy"));
    let line = request(&json!({
        "principal": "arn:aws:sts::111122223333:assumed-role/deploy/ana",
        "context": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/team/deploy"},
    }));
    let principal = EvaluationCase::parse(&line).unwrap().request.principal;
    assert_eq!(principal.role_arn(), Some("arn:aws:iam::111122223333:role/team/deploy"));
}

#[test]
fn what_cannot_be_read_is_told_with_its_id_and_place() {
    let without_effect = json!({"Statement": [{"Action": "*", "Resource": "*"}]});
    for (line, id, reason) in [
        ("{".to_owned(), "null", "not a JSON object: EOF while parsing an object at line 1 column 1"),
        ("7".to_owned(), "null", "not a JSON object: invalid type: integer `7`, expected an object at line 1 column 1"),
        (r#"{"id": "a", "id": "b"}"#.to_owned(), "null", "field `id` is given twice"),
        (case(&json!({"id": 7, "request": null})), "7", "`request` is missing"),
        (case(&json!({"request": []})), "\"c\"", "`request` is not an object"),
        (request(&json!({"action": null})), "\"c\"", "`action` is missing"),
        (
            request(&json!({"action": "GetObject"})),
            "\"c\"",
            "`action`: `GetObject` is not an action such as `s3:GetObject`",
        ),
        (
            request(&json!({"principal": "bob"})),
            "\"c\"",
            "`principal`: `bob` is neither an IAM user, a session, a service, an identity provider nor `anonymous`",
        ),
        (request(&json!({"context": {"k": {}}})), "\"c\"", "`k` is neither text nor a number nor a boolean"),
        (case(&json!({"boundary": [any(), any()]})), "\"c\"", "`boundary` has to be one policy, not 2"),
        (case(&json!({"boundary": 7})), "\"c\"", "boundary: expected an object, not a number"),
        (
            case(&json!({"identityPolicies": [any(), without_effect]})),
            "\"c\"",
            "2nd identity policy: missing field `Effect`, at `/Statement/0`",
        ),
        (
            case(&json!({"scps": [[any()], [without_effect]]})),
            "\"c\"",
            "1st service control policy at the 2nd level: missing field `Effect`, at `/Statement/0`",
        ),
        (case(&json!({"expected": {"allowed": "yes"}})), "\"c\"", "`expected.allowed` is neither `true` nor `false`"),
    ] {
        let error = match EvaluationCase::parse(&line) {
            Ok(case) => case.evaluate().unwrap_err(),
            Err(error) => error,
        };
        assert_eq!((serde_json::to_string(&error.id).unwrap().as_str(), &*error.reason), (id, reason), "{line}");
    }
}

#[test]
fn what_is_expected_is_compared_as_far_as_it_is_said() {
    for (expected, fits) in [
        (json!("Allowed"), true),
        (json!("ImplicitlyDenied"), false),
        (json!("allowed"), false),
        (json!({"decision": "Allowed", "allowed": true}), true),
        (json!({"decision": "Allowed", "allowed": false}), false),
        (json!({"decision": "ExplicitlyDenied"}), false),
        (json!({"allowed": true, "more": 1}), true),
        (json!({}), true),
    ] {
        let line = case(&json!({"expected": expected}));
        let case = EvaluationCase::parse(&line).unwrap();
        assert_eq!(case.expected.as_ref().unwrap().fits(Decision::Allowed), fits, "{expected}");
    }
}

#[test]
fn an_answer_is_printed_with_its_reasons() {
    let print = |line: &str| {
        let case = EvaluationCase::parse(line).unwrap();
        let answer = case.evaluate().unwrap();
        serde_json::to_value(Evaluated::new(&case.id, &answer)).unwrap()
    };
    let conditional = json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}}});
    let deny = json!({"Statement": [{"Sid": "No", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}]});
    for (changes, expected) in [
        (
            json!({"id": 7}),
            json!({"id": 7, "decision": "Allowed", "allowed": true, "reasons": [
                {"reason": "allowed-by", "layer": "identity", "policy": 0, "statement": 0}]}),
        ),
        (
            json!({"scps": [[any()], [deny]]}),
            json!({"id": "c", "decision": "ExplicitlyDenied", "allowed": false, "reasons": [
                {"reason": "denied-by", "layer": "scp", "detail": 1, "policy": 0, "statement": 0, "sid": "No"}]}),
        ),
        (
            json!({"boundary": conditional}),
            json!({"id": "c", "decision": "ImplicitlyDenied", "allowed": false, "reasons": [
                {"reason": "not-allowed-by", "layer": "boundary"}, {"reason": "missing-key", "key": "aws:SourceVpc"}]}),
        ),
    ] {
        assert_eq!(print(&case(&changes)), expected);
    }
}

#[test]
fn a_comparison_is_printed_with_a_witness_that_can_be_asked_again() {
    let on = |resource: &str, condition: Value| {
        json!({"Version": "2012-10-17", "Statement": [
            {"Sid": "Same", "Effect": "Allow", "Action": "s3:GetObject", "Resource": resource, "Condition": condition},
            {"Sid": "Same", "Effect": "Deny", "Action": "sqs:*", "Resource": "*"},
        ]})
    };
    let tagged = json!({"StringEquals": {"aws:PrincipalTag/Team": "a", "aws:sourcevpc": "vpc-1"}});
    let (a, b) = (on("arn:aws:s3:::data/*", tagged), on("arn:aws:s3:::data/x*", json!({})));
    let line = json!({"id": 1, "a": a, "b": [b.to_string()], "witness": "ignored"}).to_string();
    let case = InclusionCase::parse(&line).unwrap();
    let inclusion = case.compare();
    let printed = serde_json::to_value(Compared::new(&case.id, &inclusion)).unwrap();
    assert_eq!(
        printed,
        json!({"id": 1, "result": "not-included", "witness": {
            "principal": "arn:aws:iam::111122223333:user/alice",
            "action": "s3:GetObject",
            "resource": {"arn": "arn:aws:s3:::data/", "accountId": "111122223333"},
            "context": {"aws:PrincipalTag/team": "a", "aws:SourceVpc": "vpc-1"},
        }})
    );
    let asked =
        |policy: &Value| decide(&json!({"request": printed["witness"], "identityPolicies": policy}).to_string());
    assert_eq!((asked(&a), asked(&b)), (Ok(Decision::Allowed), Ok(Decision::ImplicitlyDenied)));

    let line = json!({"id": "i", "a": a, "b": a, "expected": "included"}).to_string();
    let case = InclusionCase::parse(&line).unwrap();
    assert_eq!(case.expected.as_deref(), Some("included"));
    let printed = serde_json::to_string(&Compared::new(&case.id, &case.compare())).unwrap();
    assert_eq!(printed, r#"{"id":"i","result":"included"}"#);
    for (changes, reason) in [
        (json!({"b": null}), "`b` is missing"),
        (json!({"b": []}), "`b` has to be one policy, not 0"),
        (json!({"b": {}}), "policy `b`: missing field `Statement`"),
    ] {
        let mut case: Value = serde_json::from_str(&line).unwrap();
        case.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        assert_eq!(InclusionCase::parse(&case.to_string()).unwrap_err().reason, reason);
    }
}

#[test]
fn keys_are_shown_as_aws_writes_them() {
    for (key, shown) in [
        ("aws:sourceip", "aws:SourceIp"),
        ("aws:principaltag/team", "aws:PrincipalTag/team"),
        ("kms:encryptioncontext:app", "kms:EncryptionContext:app"),
        ("acme:unheardof", "acme:unheardof"),
        ("", ""),
    ] {
        assert_eq!(display_key(key), shown);
    }
}
