//! What holds of the shipped rules for everybody and everything.

use cedar_policy::Entities;
use daypass_vending::identity::{Identity, Method};
use daypass_vending::ports::{Question, Subject};
use daypass_vending::request::{PassDuration, SessionRequest};
use daypass_vending::session::{Facts, Obligations};
use proptest::prelude::*;

use super::people::{
    HOUR, SHIPPED, allowed, ask, every_subject, lacking, lacking_for, limits, now, person, project, request,
    session_of, workload,
};
use crate::rules::{RuleSet, schema};
use crate::situation::{Situation, Vocabulary};

/// Every group the shipped rules know, and the project's.
const GROUPS: [&str; 7] = [
    "acme-web-team",
    "platform-engineers",
    "platform-leads",
    "on-call",
    "auditors",
    "break-glass-reviewers",
    "daypass-admins",
];

fn anybody() -> impl Strategy<Value = Identity> {
    let groups = proptest::sample::subsequence(GROUPS.as_slice(), 0..=GROUPS.len());
    let user = prop_oneof![Just("holder"), Just("stranger")];
    (user, groups, proptest::option::of(-HOUR..40 * HOUR)).prop_map(|(user, groups, mfa)| person(user, &groups, mfa))
}

fn anything() -> impl Strategy<Value = SessionRequest> {
    let tier = prop_oneof![Just("read-only"), Just("developer"), Just("admin"), Just("break-glass")];
    let account = prop_oneof![Just("111122223333"), Just("444455556666")];
    (tier, account, 900..=36 * HOUR, any::<bool>()).prop_map(|(tier, account, seconds, incident)| SessionRequest {
        account: account.parse().unwrap(),
        duration: PassDuration::from_seconds(seconds).unwrap(),
        incident: incident.then(|| "INC-4711".parse().unwrap()),
        ..request(tier, 1)
    })
}

/// A session that platform-leads have to approve.
fn held() -> Facts {
    let obligations = Obligations { approvals: 1, approvers: Some("platform-leads".parse().unwrap()) };
    Facts { obligations, ..session_of("holder") }
}

fn broken_glass() -> Facts {
    Facts { request: request("break-glass", 1), ..held() }
}

proptest! {
    // Explaining a refusal asks Cedar dozens of times, and without optimisation Cedar is slow.
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn taking_the_second_factor_away_never_allows(who in anybody(), request in anything()) {
        let without = Identity { mfa_at: None, ..who.clone() };
        for subject in every_subject(&request, &project(), &held()) {
            prop_assert!(allowed(&who, subject) || !allowed(&without, subject), "{}", subject.action());
        }
    }

    #[test]
    fn without_a_second_factor_nothing_is_got_and_nothing_ended(who in anybody(), request in anything()) {
        let who = Identity { mfa_at: None, ..who };
        for subject in every_subject(&request, &project(), &held()) {
            let harmless = matches!(
                subject,
                Subject::ReadSession(_)
                    | Subject::ListAllSessions
                    | Subject::ReadAudit
                    | Subject::ReadCapacity
                    | Subject::ReleaseSession(_)
            );
            prop_assert!(harmless || !allowed(&who, subject), "{}", subject.action());
        }
    }

    #[test]
    fn groups_that_no_rule_names_change_nothing(who in anybody(), request in anything(), group in "[a-z]{3,20}-x") {
        let mut more = who.clone();
        more.groups.insert(group.parse().unwrap());
        for subject in every_subject(&request, &project(), &held()) {
            prop_assert_eq!(ask(&SHIPPED, &who, subject), ask(&SHIPPED, &more, subject));
            prop_assert_eq!(lacking(&SHIPPED, &who, subject), lacking(&SHIPPED, &more, subject));
        }
    }

    #[test]
    fn nobody_but_the_holder_gets_credentials_or_prolongs_or_releases(who in anybody()) {
        let session = held();
        for subject in [
            Subject::IssueCredentials(&session),
            Subject::ExtendSession(&session),
            Subject::ReleaseSession(&session),
        ] {
            prop_assert!(who.user == session.user || !allowed(&who, subject), "{}", subject.action());
        }
    }

    #[test]
    fn nobody_says_yes_to_themselves(who in anybody()) {
        for session in [held(), broken_glass()] {
            let is_own = who.user == session.user;
            prop_assert!(!is_own || !allowed(&who, Subject::ApproveSession(&session)));
            prop_assert!(!is_own || !allowed(&who, Subject::ReviewSession(&session)));
        }
    }

    #[test]
    fn a_workload_gets_nothing_that_no_rule_of_its_own_says(who in anybody(), request in anything()) {
        let groups = who.groups;
        let job = Identity { groups, user: "holder-not".parse().unwrap(), ..workload("refs/heads/main", None) };
        for subject in every_subject(&request, &project(), &held()) {
            prop_assert!(!allowed(&job, subject), "{}", subject.action());
        }
    }

    #[test]
    fn an_emergency_key_breaks_the_glass_and_nothing_else(who in anybody(), request in anything()) {
        let who = Identity { method: Method::EmergencyKey, ..who };
        for session in [held(), broken_glass()] {
            for subject in every_subject(&request, &project(), &session) {
                let is_meant = match subject {
                    Subject::RequestSession { request, .. } => request.tier.as_str() == "break-glass",
                    Subject::ReadSession(session) | Subject::IssueCredentials(session) | Subject::ReleaseSession(session) => {
                        session.user == who.user
                    }
                    _ => false,
                };
                prop_assert!(is_meant || !allowed(&who, subject), "{}", subject.action());
            }
        }
    }

    #[test]
    fn asking_for_longer_never_allows(who in anybody(), request in anything(), more in 1..=36 * HOUR) {
        let seconds = (request.duration.seconds() + more).min(36 * HOUR);
        let longer = SessionRequest { duration: PassDuration::from_seconds(seconds).unwrap(), ..request.clone() };
        prop_assert!(allowed_to_request(&who, &request) || !allowed_to_request(&who, &longer));
    }

    /// The schema speaks the truth about what the program tells Cedar, so validated rules cannot meet a surprise.
    #[test]
    fn every_question_fits_the_schema(who in anybody(), request in anything()) {
        let (schema, words) = (schema().unwrap(), Vocabulary::new());
        let rules = RuleSet::parse("").unwrap();
        let department = Identity { department: Some("engineering".to_owned()), ..who.clone() };
        let people = [who, department, workload("refs/heads/main", None), workload("refs/heads/main", Some("production"))];
        let (session, project) = (held(), project());
        let cases = every_subject(&request, &project, &session);
        for (who, subject) in people.iter().flat_map(|who| cases.iter().map(move |subject| (who, *subject))) {
            let action = &rules.about(subject.action()).unwrap().action;
            let question = Question { who, subject, at: now() };
            let posed = Situation::of(&question).pose(&words, action).unwrap();
            prop_assert!(Entities::from_entities(posed.entities.iter().cloned(), Some(&schema)).is_ok());
            let context = posed.request.context().unwrap();
            prop_assert!(context.validate(&schema, action).is_ok(), "{}", subject.action());
        }
    }

    /// Whoever does all they are told is allowed, and whoever does all but one thing is not. What groups would open is told
    /// only in part, so that is tried for accounts of the project alone.
    #[test]
    fn doing_all_that_a_refusal_names_turns_it_and_doing_less_does_not(who in anybody(), request in anything()) {
        prop_assume!(!allowed_to_request(&who, &request));
        let lacking = lacking_for(&who, &request);
        let names_group = lacking.iter().any(|lack| lack.contains("group"));
        prop_assume!(!names_group || project().accounts.contains(&request.account));
        for left_out in 0..=lacking.len() {
            let (mut obedient, mut wiser) = (who.clone(), request.clone());
            for (at, lack) in lacking.iter().enumerate() {
                if at != left_out {
                    obey(lack, &mut obedient, &mut wiser);
                }
            }
            let done_all = left_out == lacking.len();
            prop_assert_eq!(allowed_to_request(&obedient, &wiser), done_all, "{:?} without {}", lacking, left_out);
        }
    }
}

fn allowed_to_request(who: &Identity, request: &SessionRequest) -> bool {
    allowed(who, Subject::RequestSession { request, project: &project(), limits: limits(request), open_reviews: 0 })
}

/// Do as one was told.
fn obey(lack: &str, who: &mut Identity, request: &mut SessionRequest) {
    if lack.starts_with("a second factor") {
        who.mfa_at = Some(now());
    } else if lack == "an incident id" {
        request.incident = Some("INC-1".parse().unwrap());
    } else if lack == "an account of the project" {
        request.account = "111122223333".parse().unwrap();
    } else if lack.starts_with("membership of the project's group") {
        who.groups.insert(project().group);
    } else if let Some(groups) = lack.strip_prefix("membership of group ") {
        who.groups.insert(groups.split(" or ").next().unwrap().parse().unwrap());
    } else {
        let most = match lack.strip_prefix("at most ").unwrap() {
            "60 minutes" => 1,
            hours => hours.strip_suffix(" hours").unwrap().parse().unwrap(),
        };
        request.duration = PassDuration::from_hours(most).unwrap();
    }
}
