//! What refused people are told.

use daypass_vending::identity::Identity;
use daypass_vending::ports::Subject;

use super::people::{
    HOUR, MINUTE, SHIPPED, ask, ask_for, elsewhere, for_incident, limits, person, project, request, session_of,
};
use crate::CedarAuthorizer;

fn member(mfa: Option<i64>) -> Identity {
    person("member", &["acme-web-team"], mfa)
}

fn outsider(mfa: Option<i64>) -> Identity {
    person("outsider", &["other-team"], mfa)
}

fn on_call(mfa: Option<i64>) -> Identity {
    person("on-call", &["on-call"], mfa)
}

#[test]
fn a_second_factor_is_asked_for_with_the_age_the_rules_take() {
    for (tier, told) in [("read-only", "8 hours"), ("developer", "4 hours")] {
        let told = [format!("a second factor not older than {told}")];
        assert_eq!(ask_for(&member(None), &request(tier, 4)).lacking, told);
        assert_eq!(ask_for(&member(Some(9 * HOUR)), &request(tier, 4)).lacking, told);
    }
    let admin = person("admin", &["daypass-admins"], None);
    assert_eq!(ask_for(&admin, &request("admin", 1)).lacking, ["a second factor not older than 60 minutes"]);
    let own = session_of("member");
    for (subject, told) in [
        (Subject::IssueCredentials(&own), "a second factor not older than 12 hours"),
        (Subject::ExtendSession(&own), "a second factor not older than 60 minutes"),
        (Subject::RevokeSession(&own), "a second factor"),
    ] {
        assert_eq!(ask(&SHIPPED, &member(None), subject).lacking, [told]);
    }
}

#[test]
fn all_that_is_missing_is_told_and_nothing_that_is_not() {
    let long = request("break-glass", 2);
    assert_eq!(
        ask_for(&on_call(None), &long).lacking,
        ["a second factor not older than 15 minutes", "an incident id", "at most 60 minutes"]
    );
    assert_eq!(ask_for(&on_call(Some(0)), &for_incident(long)).lacking, ["at most 60 minutes"]);
    assert_eq!(ask_for(&member(Some(0)), &request("developer", 9)).lacking, ["at most 8 hours"]);
    assert_eq!(ask_for(&member(Some(0)), &elsewhere(request("developer", 4))).lacking, ["an account of the project"]);
    assert!(ask_for(&member(Some(5 * MINUTE)), &request("developer", 4)).lacking.is_empty());
}

#[test]
fn groups_are_named_when_nothing_else_helps() {
    let fresh = Some(5 * MINUTE);
    assert_eq!(ask_for(&outsider(fresh), &request("read-only", 4)).lacking, ["membership of the project's group"]);
    assert_eq!(
        ask_for(&member(fresh), &request("admin", 1)).lacking,
        ["membership of group daypass-admins or platform-engineers"]
    );
    assert_eq!(
        ask_for(&member(fresh), &request("break-glass", 1)).lacking,
        ["an incident id", "membership of group on-call"]
    );
    assert_eq!(
        ask(&SHIPPED, &member(None), Subject::RevokeMany).lacking,
        ["a second factor", "membership of group daypass-admins"]
    );
    assert_eq!(
        ask(&SHIPPED, &member(fresh), Subject::ReadAudit).lacking,
        ["membership of group auditors or daypass-admins"]
    );
}

#[test]
fn what_only_holders_may_do_nothing_makes_possible() {
    let others = session_of("somebody-else");
    let admin = person("admin", &["daypass-admins", "on-call", "acme-web-team"], Some(0));
    for subject in
        [Subject::IssueCredentials(&others), Subject::ExtendSession(&others), Subject::ReleaseSession(&others)]
    {
        assert_eq!(ask(&SHIPPED, &admin, subject).lacking, ["a rule that allows it"], "{}", subject.action());
    }
}

#[test]
fn a_stranger_cannot_learn_which_accounts_a_project_has() {
    for mfa in [None, Some(5 * MINUTE), Some(13 * HOUR)] {
        for hours in [4, 9] {
            for tier in ["read-only", "developer", "admin", "break-glass"] {
                let (inside, outside) = (request(tier, hours), elsewhere(request(tier, hours)));
                let (inside, outside) = (ask_for(&outsider(mfa), &inside), ask_for(&outsider(mfa), &outside));
                assert_eq!(inside.lacking, outside.lacking, "{tier}");
            }
        }
    }
}

#[test]
fn groups_in_exceptions_do_not_hide_what_would_help() {
    let rules = CedarAuthorizer::new(
        r#"
        @id("two-groups") permit (principal in Group::"cleared", action == Action::"RequestSession", resource)
        when { principal in Group::"operators" } unless { principal in Group::"suspended" };
        @id("never-suspended") forbid (principal in Group::"suspended", action, resource);
        "#,
    )
    .unwrap();
    let request = request("developer", 4);
    let subject =
        Subject::RequestSession { request: &request, project: &project(), limits: limits(&request), open_reviews: 0 };
    let operator = person("operator", &["operators"], None);
    assert_eq!(ask(&rules, &operator, subject).lacking, ["membership of group cleared"]);
    let suspended = person("operator", &["operators", "cleared", "suspended"], None);
    assert_eq!(ask(&rules, &suspended, subject).lacking, ["a rule that allows it"]);
    let both = ["membership of group cleared", "membership of group operators"];
    assert_eq!(ask(&rules, &outsider(None), subject).lacking, both);
}
