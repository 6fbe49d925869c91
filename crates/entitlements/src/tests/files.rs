//! Rules as files: cases they are tested with, permits that can never count, and sets that are exchanged while they are used.

use daypass_vending::ports::{Authorizer, Question, Subject};
use daypass_vending::tier::Tiers;

use super::people::{SHIPPED, now, person};
use crate::cases::{CaseFile, CaseResult, run};
use crate::{CedarAuthorizer, LiveRules};

const SHIPPED_CASES: &str = include_str!("../../examples/rules/default.cases.toml");

fn results(rules: &CedarAuthorizer, cases: &str) -> Vec<CaseResult> {
    run(rules, &Tiers::shipped().unwrap(), &CaseFile::parse(cases).unwrap())
}

#[test]
fn the_shipped_rules_pass_the_shipped_cases() {
    let results = results(&SHIPPED, SHIPPED_CASES);
    assert!(results.len() > 10);
    for result in results {
        assert!(result.wrong.is_empty(), "{}: {:?}", result.name, result.wrong);
    }
}

#[test]
fn rules_that_allow_nothing_fail_every_case_that_expects_something() {
    let results = results(&CedarAuthorizer::new("").unwrap(), SHIPPED_CASES);
    let failed = results.iter().filter(|result| !result.wrong.is_empty()).count();
    let allowing = SHIPPED_CASES.matches("expect = \"allowed\"").count();
    assert!(failed >= allowing, "{failed} of {allowing}");
}

#[test]
fn whatever_differs_from_a_case_is_named() {
    let rules = CedarAuthorizer::new(
        r#"
        @id("slow") @approvals("2") @approvers("leads") @max_hours("3")
        permit (principal, action == Action::"RequestSession", resource);
        "#,
    )
    .unwrap();
    let request = r#"request = { project = "acme-web", account = "111122223333", tier = "developer", hours = 2 }"#;
    let case = |expected: &str| {
        let case = format!("[[case]]\nname = \"x\"\nwho = {{ user = \"one\" }}\n{request}\n{expected}\n");
        results(&rules, &case).remove(0).wrong
    };
    let all =
        "expect = \"allowed\"\npolicy = \"slow\"\napprovals = 2\napprovers = \"leads\"\nmax_hours = 3\nneeded = []";
    assert_eq!(case(all), Vec::<String>::new());
    assert_eq!(case("expect = \"refused\""), ["it is allowed"]);
    assert_eq!(case("expect = \"allowed\"\npolicy = \"fast\""), ["slow decided, not fast"]);
    assert_eq!(case("expect = \"allowed\"\napprovals = 1"), ["2 have to approve, not 1"]);
    assert_eq!(case("expect = \"allowed\"\napprovers = \"others\""), ["approvers are leads, not others"]);
    assert_eq!(case("expect = \"allowed\"\nmax_hours = 8"), ["the limit is 3 hours, not 8"]);
    assert_eq!(case("expect = \"allowed\"\nneeded = [\"luck\"]"), ["needed: "]);
    assert_eq!(
        case("action = \"ReadAudit\"\nexpect = \"allowed\""),
        ["it has a `request`, so it has neither `action` nor `session`"]
    );
}

#[test]
fn a_case_file_with_a_word_that_means_nothing_is_refused_with_its_place() {
    let error = CaseFile::parse("[[case]]\nname = \"x\"\nwhom = { user = \"one\" }\n").unwrap_err().to_string();
    assert!(error.contains("line 3") && error.contains("whom"), "{error}");
}

#[test]
fn permits_that_a_forbid_covers_are_found_and_no_others() {
    let rules = CedarAuthorizer::new(
        r#"
        @id("no-job-reads") forbid (principal is Workload, action == Action::"ReadAudit", resource);
        @id("job") permit (principal is Workload in Group::"ci", action == Action::"ReadAudit", resource);
        @id("anybody") permit (principal in Group::"auditors", action == Action::"ReadAudit", resource);
        @id("two-things") permit (principal is Workload, action in [Action::"ReadAudit", Action::"ReadCapacity"], resource);
        @id("sometimes") forbid (principal, action == Action::"ReadCapacity", resource) when { context.identity == "token" };
        "#,
    )
    .unwrap();
    assert_eq!(rules.unreachable(), [("job".to_owned(), "no-job-reads".to_owned())]);
    assert_eq!(SHIPPED.unreachable(), []);
}

#[test]
fn a_set_that_is_replaced_decides_no_more_and_one_in_use_stays_whole() {
    let live = LiveRules::new(CedarAuthorizer::with_defaults().unwrap());
    let who = person("audrey", &["auditors"], None);
    let question = Question { who: &who, subject: Subject::ReadAudit, at: now() };
    let in_use = live.current();
    assert!(live.decide(&question).allowed);
    live.replace(CedarAuthorizer::new("").unwrap());
    assert!(!live.decide(&question).allowed);
    assert!(in_use.decide(&question).allowed);
    assert_ne!(live.decide(&question).record.rules_hash, in_use.rules_hash());
}
