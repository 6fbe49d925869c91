//! What refused people are told.

use daypass_vending::identity::Identity;
use daypass_vending::ports::Subject;

use super::people::{
    HOUR, MINUTE, SHIPPED, by_emergency_key, elsewhere, for_incident, lacking, lacking_for, limits, person, project,
    request, session_of, workload,
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
        assert_eq!(lacking_for(&member(None), &request(tier, 4)), told);
        assert_eq!(lacking_for(&member(Some(9 * HOUR)), &request(tier, 4)), told);
    }
    let admin = person("admin", &["daypass-admins"], None);
    assert_eq!(lacking_for(&admin, &request("admin", 1)), ["a second factor not older than 60 minutes"]);
    let own = session_of("member");
    for (subject, told) in [
        (Subject::IssueCredentials(&own), "a second factor not older than 12 hours"),
        (Subject::ExtendSession(&own), "a second factor not older than 60 minutes"),
        (Subject::RevokeSession(&own), "a second factor"),
    ] {
        assert_eq!(lacking(&SHIPPED, &member(None), subject), [told]);
    }
}

#[test]
fn all_that_is_missing_is_told_and_nothing_that_is_not() {
    let long = request("break-glass", 2);
    assert_eq!(
        lacking_for(&on_call(None), &long),
        ["a second factor not older than 15 minutes", "an incident id", "at most 60 minutes"]
    );
    assert_eq!(lacking_for(&on_call(Some(0)), &for_incident(long)), ["at most 60 minutes"]);
    assert_eq!(lacking_for(&member(Some(0)), &request("developer", 9)), ["at most 8 hours"]);
    assert_eq!(lacking_for(&member(Some(0)), &elsewhere(request("developer", 4))), ["an account of the project"]);
}

#[test]
fn groups_are_named_when_nothing_else_helps() {
    let fresh = Some(5 * MINUTE);
    assert_eq!(lacking_for(&outsider(fresh), &request("read-only", 4)), ["membership of the project's group"]);
    assert_eq!(
        lacking_for(&member(fresh), &request("admin", 1)),
        ["membership of group daypass-admins or platform-engineers"]
    );
    assert_eq!(
        lacking_for(&member(fresh), &request("break-glass", 1)),
        ["an incident id", "membership of group on-call"]
    );
    assert_eq!(
        lacking(&SHIPPED, &member(None), Subject::RevokeMany),
        ["a second factor", "membership of group daypass-admins"]
    );
    assert_eq!(
        lacking(&SHIPPED, &member(fresh), Subject::ReadAudit),
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
        assert_eq!(lacking(&SHIPPED, &admin, subject), ["a rule that allows it"], "{}", subject.action());
    }
}

#[test]
fn a_stranger_cannot_learn_which_accounts_a_project_has() {
    for mfa in [None, Some(5 * MINUTE), Some(13 * HOUR)] {
        for hours in [4, 9] {
            for tier in ["read-only", "developer", "admin", "break-glass"] {
                let (inside, outside) = (request(tier, hours), elsewhere(request(tier, hours)));
                let (inside, outside) = (lacking_for(&outsider(mfa), &inside), lacking_for(&outsider(mfa), &outside));
                assert_eq!(inside, outside, "{tier}");
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
    assert_eq!(lacking(&rules, &operator, subject), ["membership of group cleared"]);
    let suspended = person("operator", &["operators", "cleared", "suspended"], None);
    assert_eq!(lacking(&rules, &suspended, subject), ["a rule that allows it"]);
    let both = ["membership of group cleared", "membership of group operators"];
    assert_eq!(lacking(&rules, &outsider(None), subject), both);
}

#[test]
fn an_emergency_key_is_told_what_it_is_not_for() {
    let key = by_emergency_key("on-call", &["on-call", "acme-web-team"]);
    assert_eq!(lacking_for(&key, &request("break-glass", 1)), ["an incident id"]);
    let ordinary = ["a second factor not older than 4 hours", "a login without the emergency key"];
    assert_eq!(lacking_for(&key, &request("developer", 4)), ordinary);
    let own = session_of("on-call");
    let told = lacking(&SHIPPED, &key, Subject::ExtendSession(&own));
    assert_eq!(told, ["a second factor not older than 60 minutes", "a login without the emergency key"]);
}

#[test]
fn an_open_review_is_named_before_the_next_emergency() {
    let request = for_incident(request("break-glass", 1));
    let subject =
        Subject::RequestSession { request: &request, project: &project(), limits: limits(&request), open_reviews: 2 };
    assert_eq!(lacking(&SHIPPED, &on_call(Some(0)), subject), ["a review of your last emergency"]);
}

#[test]
fn workloads_are_not_sent_for_a_second_factor() {
    assert_eq!(lacking_for(&workload("refs/heads/main", None), &request("developer", 1)), ["a rule that allows it"]);
}

#[test]
fn a_limit_that_a_permit_sets_is_told() {
    let rules = CedarAuthorizer::new(
        r#"
        @id("two-hours") @max_hours("2")
        permit (principal in Group::"cleared", action == Action::"RequestSession", resource);
        "#,
    )
    .unwrap();
    let request = request("developer", 4);
    let subject =
        Subject::RequestSession { request: &request, project: &project(), limits: limits(&request), open_reviews: 0 };
    assert_eq!(lacking(&rules, &person("one", &["cleared"], None), subject), ["at most 2 hours"]);
    let told = lacking(&rules, &person("one", &[], None), subject);
    assert_eq!(told, ["at most 2 hours", "membership of group cleared"]);
}

/// However many rules differ in their group alone, a few are told and the rest costs nothing.
#[test]
fn many_groups_do_not_make_an_explanation_long() {
    let rule = |number: usize| {
        format!(
            "@id(\"{number}\") permit (principal in Group::\"team-{number:04}\", action == Action::\"ReadAudit\", resource);\n"
        )
    };
    let rules = CedarAuthorizer::new(&(0..300).map(rule).collect::<String>()).unwrap();
    let told = lacking(&rules, &person("one", &[], None), Subject::ReadAudit);
    let sixteen = (0..16).map(|number| format!("team-{number:04}")).collect::<Vec<_>>().join(" or ");
    assert_eq!(told, [format!("membership of group {sixteen}")]);
}
