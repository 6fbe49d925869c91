//! Which rule sets are taken, and what is said about those that are not.

use daypass_vending::ports::Subject;

use super::people::{SHIPPED, ask, lacking, limits, person, project, request};
use crate::CedarAuthorizer;

fn refusal(rules: &str) -> String {
    CedarAuthorizer::new(rules).unwrap_err().to_string()
}

#[test]
fn the_shipped_rules_fit_the_schema() {
    assert!(CedarAuthorizer::with_defaults().is_ok());
}

#[test]
fn broken_rules_are_refused_with_their_place() {
    let good = "@id(\"good\")\npermit (principal, action == Action::\"ReadAudit\", resource);\n";
    let cases = [
        ("permit (principal, action, resource)", "a rule without its semicolon"),
        ("permit (principal, action, resource);", "a rule without a name"),
        (good, "a name that is taken"),
        ("@id(\"a\") @max_hour(\"8\")\npermit (principal, action, resource);", "an annotation nobody reads"),
        ("@id(\"a\")\npermit (principal == ?principal, action, resource);", "a template"),
        ("@id(\"a\")\npermit (principal, action == Action::\"Reed\", resource);", "an action that is none"),
        (
            "@id(\"a\")\npermit (principal, action == Action::\"ReadAudit\", resource)\nwhen { context.incident == \"x\" };",
            "a word of another action",
        ),
        (
            "@id(\"a\")\npermit (principal, action == Action::\"RevokeMany\", resource)\nwhen { context.mfa_age_seconds < 9 };",
            "an optional word taken for granted",
        ),
        (
            "@id(\"a\")\npermit (principal, action == Action::\"ReadSession\", resource)\nwhen { resource.account in Project::\"x\" };",
            "a look too far",
        ),
        (
            "@id(\"a\")\npermit (principal, action == Action::\"ReadAudit\", resource)\nwhen { Project::\"x\".group == Group::\"y\" };",
            "a look at what is not loaded",
        ),
        (
            "@id(\"a\")\npermit (principal, action == Action::\"ReadAudit\", resource is Session);",
            "a rule that never applies",
        ),
    ];
    let told = cases.map(|(rule, what)| format!("{what}:\n    {}\n", refusal(&format!("{good}{rule}"))));
    insta::assert_snapshot!(told.concat());
}

#[test]
fn no_rules_allow_nothing() {
    let rules = CedarAuthorizer::new("").unwrap();
    let admin = person("admin", &["daypass-admins"], Some(0));
    let ruling = ask(&rules, &admin, Subject::ReadAudit);
    assert!(!ruling.allowed);
    assert_eq!(lacking(&rules, &admin, Subject::ReadAudit), ["a rule that allows it"]);
}

#[test]
fn an_error_in_any_rule_refuses_even_what_another_permits() {
    let permit = "@id(\"yes\") permit (principal, action, resource);";
    let overflow = "context.requested_seconds + 9223372036854775807 > 0";
    let forbid = format!(
        "@id(\"oops\") forbid (principal, action == Action::\"RequestSession\", resource) when {{ {overflow} }};"
    );
    let request = request("developer", 4);
    let subject =
        Subject::RequestSession { request: &request, project: &project(), limits: limits(&request), open_reviews: 0 };
    let who = person("member", &[], Some(0));
    let rules = CedarAuthorizer::new(permit).unwrap();
    assert!(ask(&rules, &who, subject).allowed);
    let rules = CedarAuthorizer::new(&format!("{permit}\n{forbid}")).unwrap();
    assert!(!ask(&rules, &who, subject).allowed);
    assert_eq!(lacking(&rules, &who, subject), ["rules that can be evaluated; ask an administrator"]);
    assert!(ask(&rules, &who, Subject::ReadAudit).allowed, "the broken rule is about something else");
}

#[test]
fn every_ruling_names_its_rule_set() {
    let who = person("admin", &["daypass-admins"], None);
    let other = CedarAuthorizer::new("").unwrap();
    let (shipped, other) = (ask(&SHIPPED, &who, Subject::ReadAudit), ask(&other, &who, Subject::ReadAudit));
    assert_eq!(shipped.record.rules_hash, SHIPPED.rules_hash());
    assert_eq!(shipped.record.rules_hash.len(), 64);
    assert_ne!(shipped.record.rules_hash, other.record.rules_hash);
}

#[test]
fn addresses_and_times_can_be_ruled_about_however_they_are_written() {
    let rules = CedarAuthorizer::new(
        r#"
        @id("office-hours") permit (principal, action == Action::"ReadAudit", resource)
        when {
          context.address.isInRange(ip("192.0.2.0/24")) &&
          context.now.toTime() >= duration("9h") && context.now.toTime() < duration("17h")
        };
        "#,
    )
    .unwrap();
    let mut who = person("auditor", &[], None);
    assert!(ask(&rules, &who, Subject::ReadAudit).allowed);
    who.address = "::ffff:192.0.2.7".parse().unwrap();
    assert!(ask(&rules, &who, Subject::ReadAudit).allowed);
    who.address = "198.51.100.1".parse().unwrap();
    assert!(!ask(&rules, &who, Subject::ReadAudit).allowed);
}
