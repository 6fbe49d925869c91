//! What holds of the shipped rules for everybody and everything.

use cedar_policy::Entities;
use daypass_vending::identity::Identity;
use daypass_vending::ports::{Question, Subject};
use daypass_vending::request::{PassDuration, SessionRequest};
use daypass_vending::session::Facts;
use proptest::prelude::*;

use super::people::{
    HOUR, SHIPPED, allowed, ask, ask_for, every_subject, limits, now, person, project, request, session_of,
};
use crate::rules::{RuleSet, schema};
use crate::situation::{Situation, Vocabulary};

/// Every group the shipped rules know, and the project's.
const GROUPS: [&str; 5] = ["acme-web-team", "platform-engineers", "on-call", "auditors", "daypass-admins"];

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

fn held() -> Facts {
    session_of("holder")
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
        for subject in every_subject(&request, &project(), &held()) {
            let action = &rules.about(subject.action()).unwrap().action;
            let question = Question { who: &who, subject, at: now() };
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
        let refusal = ask_for(&who, &request);
        prop_assume!(!refusal.allowed);
        let names_group = refusal.lacking.iter().any(|lack| lack.contains("group"));
        prop_assume!(!names_group || project().accounts.contains(&request.account));
        for left_out in 0..=refusal.lacking.len() {
            let (mut obedient, mut wiser) = (who.clone(), request.clone());
            for (at, lack) in refusal.lacking.iter().enumerate() {
                if at != left_out {
                    obey(lack, &mut obedient, &mut wiser);
                }
            }
            let done_all = left_out == refusal.lacking.len();
            prop_assert_eq!(allowed_to_request(&obedient, &wiser), done_all, "{:?} without {}", refusal.lacking, left_out);
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
