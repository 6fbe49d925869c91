//! What holds of the shipped rules for everybody and everything.

use std::collections::BTreeSet;

use cedar_policy::Entities;
use daypass_vending::identity::Identity;
use daypass_vending::ports::{Question, Subject};
use daypass_vending::request::{PassDuration, SessionRequest};
use daypass_vending::session::Facts;
use proptest::prelude::*;

use super::people::{HOUR, SHIPPED, ask, every_subject, now, person, project, request, session_of};
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
    #[test]
    fn taking_the_second_factor_away_never_allows(who in anybody(), request in anything()) {
        let without = Identity { mfa_at: None, ..who.clone() };
        for subject in every_subject(&request, &project(), &held()) {
            let (with, without) = (ask(&SHIPPED, &who, subject), ask(&SHIPPED, &without, subject));
            prop_assert!(with.allowed || !without.allowed, "{}", subject.action());
        }
    }

    #[test]
    fn without_a_second_factor_nothing_is_got_and_nothing_ended(who in anybody(), request in anything()) {
        let who = Identity { mfa_at: None, ..who };
        for subject in every_subject(&request, &project(), &held()) {
            let harmless = matches!(
                subject,
                Subject::ReadSession(_) | Subject::ListAllSessions | Subject::ReadAudit | Subject::ReleaseSession(_)
            );
            prop_assert!(harmless || !ask(&SHIPPED, &who, subject).allowed, "{}", subject.action());
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
            prop_assert!(who.user == session.user || !ask(&SHIPPED, &who, subject).allowed, "{}", subject.action());
        }
    }

    #[test]
    fn asking_for_longer_never_allows(who in anybody(), request in anything(), more in 1..=36 * HOUR) {
        let seconds = (request.duration.seconds() + more).min(36 * HOUR);
        let longer = SessionRequest { duration: PassDuration::from_seconds(seconds).unwrap(), ..request.clone() };
        let project = project();
        let [shorter, ..] = every_subject(&request, &project, &held()).map(|subject| ask(&SHIPPED, &who, subject));
        let [longer, ..] = every_subject(&longer, &project, &held()).map(|subject| ask(&SHIPPED, &who, subject));
        prop_assert!(shorter.allowed || !longer.allowed);
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

    /// Whoever does as told is allowed. Only what groups decide is left out: nobody can join a group by themself.
    #[test]
    fn a_refusal_that_names_no_group_is_turned_by_what_it_names(who in anybody(), request in anything()) {
        let project = project();
        let [subject, ..] = every_subject(&request, &project, &held()).map(|subject| ask(&SHIPPED, &who, subject));
        prop_assume!(!subject.allowed);
        let lacking: BTreeSet<&str> = subject.lacking.iter().map(String::as_str).collect();
        prop_assert!(!lacking.is_empty());
        prop_assume!(lacking.iter().all(|lack| !lack.contains("group") && !lack.contains("no rule")));
        let mut obedient = who.clone();
        let mut wiser = request.clone();
        for lack in lacking {
            if lack.starts_with("a second factor") {
                obedient.mfa_at = Some(now());
            } else if lack == "an incident id" {
                wiser.incident = Some("INC-1".parse().unwrap());
            } else if lack == "an account of the project" {
                wiser.account = "111122223333".parse().unwrap();
            } else {
                let hours = lack.strip_prefix("at most ").unwrap();
                let most = if hours == "60 minutes" { 1 } else { hours.strip_suffix(" hours").unwrap().parse().unwrap() };
                wiser.duration = PassDuration::from_hours(most).unwrap();
            }
        }
        let [turned, ..] = every_subject(&wiser, &project, &held()).map(|subject| ask(&SHIPPED, &obedient, subject));
        prop_assert!(turned.allowed, "{:?} of {:?} for {:?}", turned.lacking, obedient, wiser);
    }
}
