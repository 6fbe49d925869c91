//! Pairs about which the comparison was once wrong, or did not know: policy variables, and callers with two names.

use daypass_policy::compare::{Inclusion, included};
use serde_json::{Value, json};

use crate::attempts::Attempts;
use crate::inclusion::{object, policy};

/// `Some(true)` for included, `Some(false)` for a witness, nothing for unknown.
fn check(name: &str, a: &[Value], b: &[Value], expected: Option<bool>) {
    let (a, b) = (policy(a), policy(b));
    let found = match included(&a, &b) {
        Inclusion::Included => Some(true),
        Inclusion::Witness(_) => Some(false),
        Inclusion::Unknown(reason) => {
            assert!(reason.to_string().starts_with("the answer depends on "), "{name}: {reason}");
            None
        }
    };
    assert_eq!(found, expected, "{name}");
    if found == Some(true) {
        assert_eq!(Attempts::new(&a, &b, 7).refutation(20_000), None, "{name}");
    }
}

fn on(resource: &str) -> Value {
    object("Allow", &json!({"Resource": resource}))
}

fn of(source: &str) -> Value {
    object("Allow", &json!({"Condition": {"ArnLike": {"aws:SourceArn": source}}}))
}

fn by(effect: &str, kind: &str, names: &Value) -> Value {
    object(effect, &json!({"Principal": {kind: names}}))
}

#[test]
fn a_session_is_also_whoever_its_role_is() {
    let session = "arn:aws:sts::111122223333:assumed-role/alpha/s1";
    let role = "arn:aws:iam::111122223333:role/path/alpha";
    let everybody = object("Allow", &json!({"Principal": "*"}));
    let allowed = [by("Allow", "AWS", &json!(session))];
    check("the role is refused", &allowed, &[everybody.clone(), by("Deny", "AWS", &json!(role))], Some(false));
    let other = "arn:aws:iam::111122223333:role/path/beta";
    check("another role is refused", &allowed, &[everybody, by("Deny", "AWS", &json!(other))], Some(true));
}

#[test]
fn who_a_canonical_user_is_stays_open() {
    let user = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be";
    let allowed = [by("Allow", "CanonicalUser", &json!(user))];
    check("the same", &allowed, &[by("Allow", "CanonicalUser", &json!(["x", user]))], Some(true));
    check("everybody", &allowed, &[by("Allow", "AWS", &json!("*"))], Some(true));
    check("another", &allowed, &[by("Allow", "CanonicalUser", &json!("x"))], None);
    check("an account", &allowed, &[by("Allow", "AWS", &json!("111122223333"))], None);
}

#[test]
fn a_variable_before_the_last_part_of_an_arn_may_hold_colons() {
    for variable in ["${aws:PrincipalTag/team}", "${aws:PrincipalTag/team, 'x:y'}", "${aws:username}"] {
        let region = format!("arn:aws:logs:{variable}:*:log-group:/x*");
        check("itself", &[of(&region)], &[of("arn:aws:s3:::x"), of(&region)], Some(true));
        check("less", &[of(&region)], &[of("arn:aws:logs:*:*:log-group:/xy*")], Some(false));
        let account = format!("arn:aws:iam::{variable}:role/a*");
        check("longer", &[of(&format!("arn:aws:iam::{variable}:role/ab"))], &[of(&account)], Some(true));
        check("shorter", &[of(&account)], &[of(&format!("arn:aws:iam::{variable}:role/ab"))], Some(false));
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-wheretouse>
#[test]
fn a_variable_before_the_last_part_of_a_resource_is_no_variable() {
    let begins = "arn:aws:s3:${aws:PrincipalTag/team}";
    check("what begins so", &[on(&format!("{begins}::x"))], &[on(begins)], Some(true));
    check("a part of it", &[on("arn:aws:s3:::x")], &[on(begins)], Some(false));
    check("what it might stand for", &[on(&format!("{begins}::x"))], &[on("arn:aws:s3:eu-*:*:x")], Some(false));
}

#[test]
fn a_variable_that_may_stand_in_the_way_is_put_there() {
    let roles = [on("arn:aws:iam::*:role/a*")];
    let others = object("Allow", &json!({"NotResource": "arn:aws:iam::${aws:PrincipalAccount}:role/a*"}));
    check("all roles but those of the caller's account", &roles, &[others], Some(false));
}

/// A Deny about whoever is called like the resource, or like another value, leaves everybody else alone.
#[test]
fn variables_get_the_value_that_makes_texts_meet() {
    let all = object("Allow", &json!({}));
    let deny = |more: &Value| object("Deny", more);
    let own = "arn:aws:s3:::b/${aws:username}";
    let not_own = [all.clone(), deny(&json!({"Resource": own}))];
    check("somebody's folder", &[on("arn:aws:s3:::b/bob")], &not_own, Some(false));
    check("folders of a kind", &[on("arn:aws:s3:::b/team-*/x")], &not_own, Some(false));
    check("another bucket", &[on("arn:aws:s3:::c/bob")], &not_own, Some(true));
    let team = "aws:PrincipalTag/team";
    let red = [object("Allow", &json!({"Condition": {"StringEquals": {team: "Red"}}}))];
    for operator in ["StringEquals", "StringEqualsIgnoreCase", "StringLike"] {
        let same = deny(&json!({"Condition": {operator: {team: "${aws:ResourceTag/team}"}}}));
        check(operator, &red, &[all.clone(), same], Some(false));
    }
    let same = json!({"StringEquals": {team: "${aws:ResourceTag/team}"}, "StringLike": {"aws:ResourceTag/team": "R*"}});
    check("the other's value is bound too", &red, &[all, deny(&json!({"Condition": same}))], Some(false));
}

#[test]
fn a_key_of_several_values_may_have_one_and_stand_for_a_variable() {
    let any_of = json!({"ForAnyValue:StringEquals": {"acme:groups": ["x", "y"]}});
    let own = "arn:aws:s3:::${acme:groups}/*";
    let nothing = [object("Deny", &json!({}))];
    for element in ["Resource", "NotResource"] {
        check(element, &[object("Allow", &json!({element: own, "Condition": any_of}))], &nothing, Some(false));
    }
}
