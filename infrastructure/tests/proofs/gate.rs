//! The gate role: it proves a second factor and a name, and is good for nothing else.

use daypass_policy::compare::{Inclusion, included};
use daypass_policy::{Comparison, Operator, PolicyDocument};
use serde_json::json;

use crate::claim::{Claim, MEMBER, add, any, drop_statement, forget, member, statement};

#[test]
fn it_may_say_who_it_is_and_nothing_else() {
    let others = any().not_actions(["sts:GetCallerIdentity"]).resources(["*"]);
    let document = member("gate");
    Claim { says: "anything but `sts:GetCallerIdentity`", document, forbidden: vec![others] }.holds_until(&[
        ("more of STS", |document| {
            drop_statement(document, "NothingElse");
            statement(document, "SayWhoIAm")["Action"] = json!("sts:Get*");
        }),
        ("an exception in the denial", |document| {
            statement(document, "NothingElse")["NotAction"] = json!(["sts:GetCallerIdentity", "s3:*"]);
            add(document, json!({"Effect": "Allow", "Action": "*", "Resource": "*"}));
        }),
    ]);
}

/// Whatever else somebody attaches to it, and whatever a bucket's or a topic's own policy gives to the account's roles.
#[test]
fn its_denial_holds_against_other_policies() {
    let mut attached = member("gate");
    attached.push(any().actions(["*"]).resources(["*"]));
    let others = any().not_actions(["sts:GetCallerIdentity"]).resources(["*"]);
    Claim { says: "rights from elsewhere", document: attached, forbidden: vec![others] }
        .holds_until(&[("without the denial", |document| drop_statement(document, "NothingElse"))]);
}

#[test]
fn its_trust_demands_a_second_factor_and_the_users_own_name() {
    let enter = || any().principal_everyone().actions(["sts:*"]);
    let forbidden = vec![
        enter().condition(Operator::from(Comparison::Bool).if_exists(), "aws:MultiFactorAuthPresent", ["false"]),
        enter().condition(Comparison::NumericGreaterThan, "aws:MultiFactorAuthAge", ["900"]),
        enter().condition(Comparison::Null, "aws:MultiFactorAuthAge", ["true"]),
        enter().condition(Comparison::StringNotEquals, "sts:RoleSessionName", ["${aws:username}"]),
        enter().condition(Comparison::Null, "aws:username", ["true"]),
        any().principal_everyone().not_actions(["sts:AssumeRole"]),
    ];
    Claim { says: "entering without proof", document: member("gate-trust"), forbidden }.holds_until(&[
        ("no second factor", |document| {
            forget(document, "UsersWithSecondFactor", "Bool", "aws:MultiFactorAuthPresent");
        }),
        ("a second factor if somebody says", |document| {
            let conditions = statement(document, "UsersWithSecondFactor")["Condition"].as_object_mut().unwrap();
            let condition = conditions.remove("Bool").unwrap();
            conditions.insert("BoolIfExists".to_owned(), condition);
        }),
        ("an old one", |document| {
            forget(document, "UsersWithSecondFactor", "NumericLessThanEquals", "aws:MultiFactorAuthAge");
        }),
        ("any name", |document| forget(document, "UsersWithSecondFactor", "StringEquals", "sts:RoleSessionName")),
        ("a name that begins like it", |document| {
            forget(document, "UsersWithSecondFactor", "StringEquals", "sts:RoleSessionName");
            statement(document, "UsersWithSecondFactor")["Condition"]["StringLike"] =
                json!({"sts:RoleSessionName": "${aws:username}*"});
        }),
        ("with tags", |document| {
            statement(document, "UsersWithSecondFactor")["Action"] = json!(["sts:AssumeRole", "sts:TagSession"]);
        }),
    ]);
}

#[test]
fn its_trust_is_for_the_accounts_own_users() {
    let own = any().principal_aws([format!("arn:aws:iam::{MEMBER}:root")]).actions(["sts:AssumeRole"]);
    let own = PolicyDocument::from_statements(vec![own]);
    assert_eq!(included(&member("gate-trust"), &own), Inclusion::Included);
    let open = member("gate-trust").to_json().replace(&format!("arn:aws:iam::{MEMBER}:root"), "*");
    assert!(matches!(included(&PolicyDocument::parse(&open).unwrap(), &own), Inclusion::Witness(_)));
}
