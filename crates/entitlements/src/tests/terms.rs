//! What `@approvals`, `@approvers` and `@max_hours` do, and which of them are not taken.

use daypass_vending::ports::{Ruling, Subject};
use daypass_vending::request::PassDuration;

use super::people::{ask, limits, person, project, request};
use crate::CedarAuthorizer;

fn ruling(rules: &str, groups: &[&str], hours: i64) -> Ruling {
    let rules = CedarAuthorizer::new(rules).unwrap();
    let request = request("developer", hours);
    let subject =
        Subject::RequestSession { request: &request, project: &project(), limits: limits(&request), open_reviews: 0 };
    ask(&rules, &person("somebody", groups, None), subject)
}

fn permit(id: &str, annotations: &str, group: &str) -> String {
    format!(
        "@id(\"{id}\") {annotations} permit (principal in Group::\"{group}\", action == Action::\"RequestSession\", resource);\n"
    )
}

#[test]
fn the_permit_that_allows_says_what_has_to_happen_first() {
    let rules = permit("two", r#"@approvals("2") @approvers("leads") @max_hours("3")"#, "a");
    let ruling = ruling(&rules, &["a"], 2);
    assert!(ruling.allowed);
    assert_eq!(ruling.obligations.approvals, 2);
    assert_eq!(ruling.obligations.approvers.unwrap().as_str(), "leads");
    assert_eq!(ruling.max, Some(PassDuration::from_hours(3).unwrap()));
    assert_eq!(ruling.record.policies, ["two"]);
}

#[test]
fn a_permit_does_not_count_beyond_its_hours() {
    let rules = permit("short", r#"@max_hours("2")"#, "a");
    assert!(ruling(&rules, &["a"], 2).allowed);
    let refused = ruling(&rules, &["a"], 3);
    assert!(!refused.allowed);
    assert!(refused.record.policies.is_empty());
}

#[test]
fn terms_of_different_permits_never_mix() {
    let rules = permit("d-strict", r#"@approvals("2") @approvers("leads")"#, "a")
        + &permit("c-other", r#"@approvals("1") @approvers("others") @max_hours("6")"#, "b")
        + &permit("b-one", r#"@approvals("1") @approvers("leads") @max_hours("4")"#, "a")
        + &permit("a-free", r#"@max_hours("1")"#, "a");
    for (groups, hours, policy, approvals, approvers, max) in [
        (&["a"] as &[&str], 1, "a-free", 0, None, Some(1)),
        (&["a"], 2, "b-one", 1, Some("leads"), Some(4)),
        (&["a", "b"], 2, "b-one", 1, Some("leads"), Some(4)),
        (&["a", "b"], 5, "c-other", 1, Some("others"), Some(6)),
        (&["a"], 5, "d-strict", 2, Some("leads"), None),
        (&["b"], 1, "c-other", 1, Some("others"), Some(6)),
    ] {
        let ruling = ruling(&rules, groups, hours);
        let told = ruling.obligations.approvers.as_ref().map(|group| group.as_str());
        let max = max.map(|max| PassDuration::from_hours(max).unwrap());
        assert_eq!(ruling.record.policies, [policy], "{groups:?} for {hours} h");
        assert_eq!((ruling.obligations.approvals, told, ruling.max), (approvals, approvers, max), "{policy}");
    }
}

#[test]
fn terms_that_cannot_be_kept_are_refused_with_their_place() {
    let request = "action == Action::\"RequestSession\"";
    let cases = [
        ("@approvals(\"0\") @approvers(\"leads\")", "permit", request),
        ("@approvals(\"+1\") @approvers(\"leads\")", "permit", request),
        ("@approvals(\"many\") @approvers(\"leads\")", "permit", request),
        ("@approvals(\"1\")", "permit", request),
        ("@approvers(\"leads\")", "permit", request),
        ("@approvals(\"1\") @approvers(\"\")", "permit", request),
        ("@max_hours(\"37\")", "permit", request),
        ("@max_hours(\"1.5\")", "permit", request),
        ("@max_hours(\"8\")", "forbid", request),
        ("@max_hours(\"8\")", "permit", "action"),
        ("@max_hour(\"8\")", "permit", request),
    ];
    let told = cases.map(|(annotations, effect, action)| {
        let rule = format!("\n  @id(\"a\") {annotations}\n{effect} (principal, {action}, resource);");
        format!("{annotations} {effect} {action}:\n    {}\n", CedarAuthorizer::new(&rule).unwrap_err())
    });
    insta::assert_snapshot!(told.concat());
}
