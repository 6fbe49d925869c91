//! The index leaves out nothing that matters: over random rules, people and questions, asking the rules that it leaves comes to
//! the same as asking all of them, in the answer, in what decided, and in whether there was an error.

use daypass_vending::identity::{Identity, Method};
use daypass_vending::ports::{Question, Subject};
use daypass_vending::request::{PassDuration, SessionRequest};
use daypass_vending::session::{Facts, Obligations};
use daypass_vending::settings::Project;
use proptest::prelude::*;

use super::people::{HOUR, every_subject, limits, now, person, project, request, session_of, workload};
use crate::CedarAuthorizer;
use crate::cedar::{Answer, DEFAULT_POLICIES};
use crate::rules::RuleSet;
use crate::situation::{Situation, Vocabulary};

const GROUPS: [&str; 4] = ["acme-web-team", "leads", "on-call", "staff"];

/// Conditions about requests. The last ones fail whenever Cedar gets to them, or when something else is not so.
const ABOUT_REQUESTS: [&str; 20] = [
    "principal in Group::\"leads\"",
    "principal in [Group::\"staff\", Group::\"on-call\"]",
    "principal in resource.group",
    "principal is User",
    "principal is Workload in Group::\"staff\"",
    "principal == User::\"one\"",
    "User::\"two\" == principal",
    "principal.id == \"one\"",
    "principal is Workload && principal.repository == \"acme/web\"",
    "resource == Project::\"acme-web\"",
    "resource in [Project::\"acme-web\", Project::\"other\"]",
    "context.tier == Tier::\"developer\"",
    "context.tier in [Tier::\"admin\", Tier::\"read-only\"]",
    "context.account in resource",
    "context.account in Project::\"acme-web\"",
    "context.identity == \"emergency-key\"",
    "context has mfa_age_seconds && context.mfa_age_seconds < 3600",
    "(context.tier == Tier::\"admin\" || principal in Group::\"leads\")",
    "context.requested_seconds + 9223372036854775807 > 0",
    "(principal in Group::\"staff\" || context.requested_seconds * 9223372036854775807 > 0)",
];

const ABOUT_SESSIONS: [&str; 12] = [
    "principal in Group::\"leads\"",
    "principal is User",
    "principal.id == resource.owner",
    "resource.owner == \"one\"",
    "resource has approvers && principal in resource.approvers",
    "resource.tier == Tier::\"developer\"",
    "resource.tier in [Tier::\"admin\", Tier::\"break-glass\"]",
    "resource.account == Account::\"111122223333\"",
    "resource in Project::\"acme-web\"",
    "context.identity == \"token\"",
    "context.now.offset(duration(\"1d\")) > datetime(\"2026-01-01\")",
    "if principal in Group::\"staff\" then context.identity == \"token\" else principal is Workload",
];

const PRINCIPALS: [&str; 5] = [
    "principal",
    "principal in Group::\"staff\"",
    "principal == User::\"two\"",
    "principal is User in Group::\"leads\"",
    "principal is Workload",
];

/// Rules whose conditions are joined at random. Some are refused, because they can never apply; those are left out.
fn rules() -> impl Strategy<Value = String> {
    let conditions = |from: &'static [&'static str]| {
        let one = prop_oneof![4 => Just("when"), 1 => Just("unless")];
        let joined = proptest::collection::vec(proptest::sample::select(from), 1..=3);
        let condition = (one, joined, prop_oneof![3 => Just(" && "), 1 => Just(" || ")]);
        proptest::collection::vec(condition, 0..=2)
    };
    let about = prop_oneof![
        (Just("action == Action::\"RequestSession\""), conditions(&ABOUT_REQUESTS)),
        (Just("action in [Action::\"ReadSession\", Action::\"ApproveSession\"]"), conditions(&ABOUT_SESSIONS)),
    ];
    let effect = prop_oneof![3 => Just("permit"), 1 => Just("forbid")];
    let rule =
        (effect, proptest::sample::select(PRINCIPALS.as_slice()), about).prop_map(|(effect, principal, about)| {
            let (action, conditions) = about;
            let conditions =
                conditions.into_iter().map(|(kind, joined, by)| format!(" {kind} {{ {} }}", joined.join(by)));
            format!("{effect} ({principal}, {action}, resource){};\n", conditions.collect::<String>())
        });
    proptest::collection::vec(rule, 1..8).prop_map(|rules| {
        let named = rules.iter().enumerate().map(|(number, rule)| format!("@id(\"{number}\") {rule}"));
        named.filter(|rule| CedarAuthorizer::new(rule).is_ok()).collect()
    })
}

fn anybody() -> impl Strategy<Value = Identity> {
    let groups = proptest::sample::subsequence(GROUPS.as_slice(), 0..=GROUPS.len());
    let user = prop_oneof![Just("one"), Just("two"), Just("job")];
    let method = prop_oneof![Just(Method::Token), Just(Method::EmergencyKey)];
    (user, groups, method, proptest::option::of(0..2 * HOUR)).prop_map(|(user, groups, method, mfa)| {
        let somebody = person(user, &groups, mfa);
        let somebody = if user == "job" {
            Identity { groups: somebody.groups, ..workload("refs/heads/main", None) }
        } else {
            somebody
        };
        Identity { method, ..somebody }
    })
}

fn session() -> impl Strategy<Value = Facts> {
    let tier = prop_oneof![Just("developer"), Just("admin"), Just("break-glass")];
    let approvers = proptest::option::of(prop_oneof![Just("leads"), Just("staff")]);
    (prop_oneof![Just("one"), Just("two")], tier, approvers).prop_map(|(owner, tier, approvers)| {
        let approvers = approvers.map(|group| group.parse().unwrap());
        let obligations = Obligations { approvals: u32::from(approvers.is_some()), approvers };
        Facts { obligations, request: request(tier, 1), ..session_of(owner) }
    })
}

/// The answer in a form that can be compared; an error is an answer, too.
fn told(rules: &CedarAuthorizer, question: &Question<'_>) -> Option<(bool, Vec<String>)> {
    match rules.judge(&Situation::of(question)).ok()? {
        Answer::Allowed { by } => Some((true, vec![by.id().to_owned()])),
        Answer::Refused { by } => Some((false, by)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_index_and_all_rules_answer_alike(
        rules in rules(),
        people in proptest::collection::vec(anybody(), 4),
        session in session(),
        tier in prop_oneof![Just("developer"), Just("admin"), Just("break-glass")],
        inside in any::<bool>(),
    ) {
        let (indexed, all) = (CedarAuthorizer::new(&rules).unwrap(), CedarAuthorizer::new(&rules).unwrap().asking_all());
        let account = if inside { "111122223333" } else { "444455556666" };
        let request = SessionRequest { account: account.parse().unwrap(), ..request(tier, 1) };
        for who in &people {
            for subject in every_subject(&request, &project(), &session) {
                let question = Question { who, subject, at: now() };
                prop_assert_eq!(told(&indexed, &question), told(&all, &question), "{}\n{}", subject.action(), rules);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_index_of_the_shipped_rules_leaves_out_nothing(
        who in anybody(),
        session in session(),
        tier in prop_oneof![Just("developer"), Just("admin"), Just("break-glass")],
        hours in 1..=8_i64,
    ) {
        let (indexed, all) = (CedarAuthorizer::new(DEFAULT_POLICIES).unwrap(), CedarAuthorizer::with_defaults().unwrap().asking_all());
        let request = SessionRequest {
            duration: PassDuration::from_hours(hours).unwrap(),
            ..request(tier, 1)
        };
        for subject in every_subject(&request, &project(), &session) {
            let question = Question { who: &who, subject, at: now() };
            prop_assert_eq!(told(&indexed, &question), told(&all, &question), "{}", subject.action());
        }
    }
}

/// The law above would hold of an index that leaves out nothing at all.
#[test]
fn the_index_does_leave_out_what_cannot_apply() {
    let rule = |number: usize| {
        format!(
            "@id(\"{number}\") permit (principal in Group::\"team-{number}\", action == Action::\"RequestSession\", resource)\
             when {{ resource == Project::\"project-{number}\" && context.tier == Tier::\"developer\" }};\n"
        )
    };
    let text: String = (0..50).map(rule).collect();
    let rules = RuleSet::parse(&text).unwrap();
    let about = rules.about("RequestSession").unwrap();
    assert!(about.rules.iter().all(|rule| rule.clauses.len() == 3));
    let (who, request) = (person("one", &["team-7", "team-8"], None), request("developer", 1));
    for (id, left) in [("project-7", 1), ("project-9", 0)] {
        let project = Project { id: id.parse().unwrap(), ..project() };
        let subject =
            Subject::RequestSession { request: &request, project: &project, limits: limits(&request), open_reviews: 0 };
        let question = Question { who: &who, subject, at: now() };
        let truth = about.index.truth(Situation::of(&question).facts(&Vocabulary::new()).into_iter());
        assert_eq!(about.index.possible(&truth).count(), left, "{id}");
    }
}
