//! The people, sessions and requests that the other tests ask about.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use daypass_vending::identity::{Identity, Method, Nature, Workload};
use daypass_vending::ids::SessionId;
use daypass_vending::ports::{Authorizer, Question, Ruling, Subject};
use daypass_vending::request::{Delivery, PassDuration, SessionRequest};
use daypass_vending::session::{Facts, Obligations, RulingRecord};
use daypass_vending::settings::Project;
use daypass_vending::tier::{Limits, Tiers};
use jiff::{SignedDuration, Timestamp};

use crate::CedarAuthorizer;

pub(super) const MINUTE: i64 = 60;
pub(super) const HOUR: i64 = 60 * MINUTE;

pub(super) static SHIPPED: LazyLock<CedarAuthorizer> = LazyLock::new(|| CedarAuthorizer::with_defaults().unwrap());
static TIERS: LazyLock<Tiers> = LazyLock::new(|| Tiers::shipped().unwrap());

pub(super) fn now() -> Timestamp {
    "2026-03-02T09:30:00Z".parse().unwrap()
}

/// `mfa` is the age of the second factor in seconds.
pub(super) fn person(user: &str, groups: &[&str], mfa: Option<i64>) -> Identity {
    Identity {
        groups: groups.iter().map(|group| group.parse().unwrap()).collect(),
        mfa_at: mfa.map(|age| now() - SignedDuration::from_secs(age)),
        ..Identity::bare(
            user.parse().unwrap(),
            "https://login.example".to_owned(),
            "192.0.2.7".parse().unwrap(),
            now() - SignedDuration::from_secs(24 * HOUR),
            now() + SignedDuration::from_secs(HOUR),
        )
    }
}

pub(super) fn project() -> Project {
    Project {
        id: "acme-web".parse().unwrap(),
        accounts: BTreeSet::from(["111122223333".parse().unwrap()]),
        group: "acme-web-team".parse().unwrap(),
        departments: BTreeSet::new(),
    }
}

pub(super) fn request(tier: &str, hours: i64) -> SessionRequest {
    SessionRequest {
        project: "acme-web".parse().unwrap(),
        account: "111122223333".parse().unwrap(),
        tier: tier.parse().unwrap(),
        duration: PassDuration::from_hours(hours).unwrap(),
        reason: "look into the failing job".parse().unwrap(),
        incident: None,
        delivery: Delivery::Brokered,
    }
}

pub(super) fn for_incident(request: SessionRequest) -> SessionRequest {
    SessionRequest { incident: Some("INC-4711".parse().unwrap()), ..request }
}

pub(super) fn elsewhere(request: SessionRequest) -> SessionRequest {
    SessionRequest { account: "444455556666".parse().unwrap(), ..request }
}

pub(super) fn limits(request: &SessionRequest) -> &'static Limits {
    &TIERS.get(&request.tier).unwrap().limits
}

/// A session that `user` holds.
pub(super) fn session_of(user: &str) -> Facts {
    let holder = person(user, &[], Some(0));
    Facts {
        id: SessionId::from_random([7; 16]),
        user: holder.user.clone(),
        request: request("developer", 4),
        requested_at: now(),
        evidence: holder.evidence(),
        ruling: RulingRecord { policies: vec![], rules_hash: String::new() },
        obligations: Obligations::default(),
        alerts: vec![],
        max: PassDuration::from_hours(8).unwrap(),
        review_required: false,
    }
}

pub(super) fn ask(authorizer: &CedarAuthorizer, who: &Identity, subject: Subject<'_>) -> Ruling {
    authorizer.decide(&Question { who, subject, at: now() })
}

/// What would have been needed.
pub(super) fn lacking(authorizer: &CedarAuthorizer, who: &Identity, subject: Subject<'_>) -> Vec<String> {
    authorizer.lacking(&Question { who, subject, at: now() })
}

/// Whether the shipped rules allow it.
pub(super) fn allowed(who: &Identity, subject: Subject<'_>) -> bool {
    ask(&SHIPPED, who, subject).allowed
}

/// What of the shipped rules would have been needed for a session.
pub(super) fn lacking_for(who: &Identity, request: &SessionRequest) -> Vec<String> {
    let subject = Subject::RequestSession { request, project: &project(), limits: limits(request), open_reviews: 0 };
    lacking(&SHIPPED, who, subject)
}

/// A job of the repository `acme/web`, on this branch and in this environment.
pub(super) fn workload(reference: &str, environment: Option<&str>) -> Identity {
    let nature = Nature::Workload(Workload {
        repository: "acme/web".to_owned(),
        reference: reference.to_owned(),
        environment: environment.map(str::to_owned),
    });
    let issuer = "https://token.actions.githubusercontent.com".to_owned();
    Identity { nature, issuer, ..person("github.acme.web", &[], None) }
}

/// Somebody who proved who they are with a key for emergencies.
pub(super) fn by_emergency_key(user: &str, groups: &[&str]) -> Identity {
    Identity { method: Method::EmergencyKey, issuer: "daypass-emergency".to_owned(), ..person(user, groups, None) }
}

/// Ask the shipped rules for a session.
pub(super) fn ask_for(who: &Identity, request: &SessionRequest) -> Ruling {
    let subject = Subject::RequestSession { request, project: &project(), limits: limits(request), open_reviews: 0 };
    ask(&SHIPPED, who, subject)
}

/// Every kind of subject, about one request and one session.
pub(super) fn every_subject<'a>(
    request: &'a SessionRequest,
    project: &'a Project,
    session: &'a Facts,
) -> [Subject<'a>; 13] {
    [
        Subject::RequestSession { request, project, limits: limits(request), open_reviews: 0 },
        Subject::ReadSession(session),
        Subject::ListAllSessions,
        Subject::IssueCredentials(session),
        Subject::ExtendSession(session),
        Subject::ReleaseSession(session),
        Subject::RevokeSession(session),
        Subject::ApproveSession(session),
        Subject::DenySession(session),
        Subject::ReviewSession(session),
        Subject::RevokeMany,
        Subject::ReadAudit,
        Subject::ReadCapacity,
    ]
}
