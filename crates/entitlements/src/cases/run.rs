//! Cases asked of rules.

use std::collections::BTreeSet;

use daypass_vending::identity::{Identity, Nature, Workload};
use daypass_vending::ids::{InvalidId, SessionId};
use daypass_vending::ports::{Authorizer, Question, Ruling, Subject};
use daypass_vending::request::{Delivery, PassDuration, SessionRequest};
use daypass_vending::session::{Facts, Obligations, RulingRecord};
use daypass_vending::settings::Project;
use daypass_vending::tier::Tiers;
use jiff::{SignedDuration, Timestamp};

use super::file::{Case, CaseFile, Expected, ProjectCase, RequestCase, SessionCase, Who};
use crate::CedarAuthorizer;

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseResult {
    /// The name it has in the file.
    pub name: String,
    /// Whether the rules allowed it; `None` when it could not be asked.
    pub allowed: Option<bool>,
    /// The policies that decided.
    pub policies: Vec<String>,
    /// How many people would have to approve.
    pub approvals: u32,
    /// What was needed, of a refusal.
    pub needed: Vec<String>,
    /// In which ways it is not as expected; none of a case that passed.
    pub wrong: Vec<String>,
}

/// Ask the rules about every case of the file.
#[must_use]
pub fn run(rules: &CedarAuthorizer, tiers: &Tiers, file: &CaseFile) -> Vec<CaseResult> {
    let at = file.at.unwrap_or(MORNING);
    file.cases.iter().map(|case| Asked { rules, tiers, projects: &file.projects, at }.about(case)).collect()
}

/// Monday, 2 March 2026, 09:30 UTC: within office hours nearly everywhere.
const MORNING: Timestamp = Timestamp::constant(1_772_443_800, 0);

struct Asked<'a> {
    rules: &'a CedarAuthorizer,
    tiers: &'a Tiers,
    projects: &'a [ProjectCase],
    at: Timestamp,
}

impl Asked<'_> {
    fn about(&self, case: &Case) -> CaseResult {
        let answered = self.ask(case);
        let (ruling, needed, wrong) = match answered {
            Ok((ruling, needed)) => {
                let wrong = differences(case, &ruling, &needed);
                (Some(ruling), needed, wrong)
            }
            Err(reason) => (None, vec![], vec![reason]),
        };
        CaseResult {
            name: case.name.clone(),
            allowed: ruling.as_ref().map(|ruling| ruling.allowed),
            approvals: ruling.as_ref().map_or(0, |ruling| ruling.obligations.approvals),
            policies: ruling.map(|ruling| ruling.record.policies).unwrap_or_default(),
            needed,
            wrong,
        }
    }

    fn ask(&self, case: &Case) -> Result<(Ruling, Vec<String>), String> {
        let who = self.identity(&case.who);
        if let Some(wanted) = &case.request {
            if case.action.is_some() || case.session.is_some() {
                return Err("it has a `request`, so it has neither `action` nor `session`".to_owned());
            }
            let limits = &self.tiers.get(&wanted.tier).ok_or(format!("there is no tier `{}`", wanted.tier))?.limits;
            let request = wanted_request(wanted, limits.default)?;
            let project = self.project(wanted);
            let open_reviews = wanted.open_reviews;
            return Ok(self
                .decide(&who, Subject::RequestSession { request: &request, project: &project, limits, open_reviews }));
        }
        let action = case.action.as_deref().ok_or("it has neither a `request` nor an `action`")?;
        let session = case.session.as_ref().map(|session| self.session(session)).transpose()?;
        Ok(self.decide(&who, subject(action, session.as_ref())?))
    }

    fn decide(&self, who: &Identity, subject: Subject<'_>) -> (Ruling, Vec<String>) {
        let question = Question { who, subject, at: self.at };
        let ruling = self.rules.decide(&question);
        let needed = if ruling.allowed { vec![] } else { self.rules.lacking(&question) };
        (ruling, needed)
    }

    fn identity(&self, who: &Who) -> Identity {
        let (nature, issuer) = match &who.workload {
            None => (Nature::Person, "https://id.example.com"),
            Some(job) => (
                Nature::Workload(Workload {
                    repository: job.repository.clone(),
                    reference: job.reference.clone(),
                    environment: job.environment.clone(),
                }),
                "https://token.actions.githubusercontent.com",
            ),
        };
        let issuer = who.issuer.clone().unwrap_or_else(|| issuer.to_owned());
        let address = who.address.unwrap_or(std::net::IpAddr::from([192, 0, 2, 7]));
        let until = self.at.saturating_add(SignedDuration::from_hours(1)).unwrap_or(Timestamp::MAX);
        let ago = |minutes: i64| self.at.checked_sub(SignedDuration::from_mins(minutes)).ok();
        Identity {
            nature,
            method: who.method,
            groups: who.groups.clone(),
            department: who.department.clone(),
            mfa_at: who.second_factor_minutes.and_then(ago),
            ..Identity::bare(who.user.clone(), issuer, address, self.at, until)
        }
    }

    /// The project of a request; one that the file does not have is judged as the server judges one that does not exist.
    fn project(&self, wanted: &RequestCase) -> Project {
        match self.projects.iter().find(|project| project.id == wanted.project) {
            Some(ProjectCase { id, group, accounts }) => {
                let (id, group, accounts) = (id.clone(), group.clone(), accounts.clone());
                Project { id, group, accounts, departments: BTreeSet::new() }
            }
            None => Project::unknown(wanted.project.clone(), wanted.account.clone()),
        }
    }

    fn session(&self, session: &SessionCase) -> Result<Facts, String> {
        let SessionCase { owner, project, account, tier, approvers } = session;
        let owner =
            Identity::bare(owner.clone(), String::new(), std::net::IpAddr::from([192, 0, 2, 7]), self.at, self.at);
        let wanted = RequestCase {
            project: project.clone(),
            account: account.clone(),
            tier: tier.clone(),
            hours: Some(1),
            minutes: None,
            incident: None,
            open_reviews: 0,
            delivery: Delivery::Brokered,
        };
        let max = PassDuration::from_hours(1).map_err(in_words)?;
        Ok(Facts {
            id: SessionId::from_random([7; 16]),
            user: owner.user.clone(),
            request: wanted_request(&wanted, max)?,
            requested_at: self.at,
            evidence: owner.evidence(),
            ruling: RulingRecord { policies: vec![], rules_hash: String::new() },
            obligations: Obligations { approvals: u32::from(approvers.is_some()), approvers: approvers.clone() },
            alerts: vec![],
            review_required: false,
            max,
        })
    }
}

fn subject<'a>(action: &str, session: Option<&'a Facts>) -> Result<Subject<'a>, String> {
    let about = || session.ok_or(format!("`{action}` is about a session: say which in `session`"));
    let subject = match action {
        "ReadSession" => Subject::ReadSession(about()?),
        "IssueCredentials" => Subject::IssueCredentials(about()?),
        "ExtendSession" => Subject::ExtendSession(about()?),
        "ReleaseSession" => Subject::ReleaseSession(about()?),
        "RevokeSession" => Subject::RevokeSession(about()?),
        "ApproveSession" => Subject::ApproveSession(about()?),
        "DenySession" => Subject::DenySession(about()?),
        "ReviewSession" => Subject::ReviewSession(about()?),
        "ListAllSessions" => Subject::ListAllSessions,
        "RevokeMany" => Subject::RevokeMany,
        "ReadAudit" => Subject::ReadAudit,
        "ReadCapacity" => Subject::ReadCapacity,
        _ => return Err(format!("there is no action `{action}`, or it is one that is written as a `request`")),
    };
    if subject.session().is_none() && session.is_some() {
        return Err(format!("`{action}` is not about a session"));
    }
    Ok(subject)
}

fn wanted_request(wanted: &RequestCase, default: PassDuration) -> Result<SessionRequest, String> {
    let duration = match (wanted.hours, wanted.minutes) {
        (None, None) => default,
        (hours, minutes) => {
            let seconds =
                hours.unwrap_or(0).saturating_mul(3600).saturating_add(minutes.unwrap_or(0).saturating_mul(60));
            PassDuration::from_seconds(seconds).map_err(in_words)?
        }
    };
    Ok(SessionRequest {
        project: wanted.project.clone(),
        account: wanted.account.clone(),
        tier: wanted.tier.clone(),
        duration,
        reason: "a case that rules are tested with".parse().map_err(in_words)?,
        incident: wanted.incident.clone(),
        delivery: wanted.delivery,
    })
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn in_words(error: InvalidId) -> String {
    error.to_string()
}

/// Everything that is not as the case says; what it does not mention may be anything.
fn differences(case: &Case, ruling: &Ruling, needed: &[String]) -> Vec<String> {
    let came = if ruling.allowed { Expected::Allowed } else { Expected::Refused };
    let mut wrong = Vec::new();
    let mut expect = |is_right: bool, difference: String| {
        if !is_right {
            wrong.push(difference);
        }
    };
    expect(case.expect == came, format!("it is {}", if ruling.allowed { "allowed" } else { "refused" }));
    if let Some(policy) = &case.policy {
        let decided = &ruling.record.policies;
        let decided_by = if decided.is_empty() { "no policy".to_owned() } else { decided.join(", ") };
        expect(decided.contains(policy), format!("{decided_by} decided, not {policy}"));
    }
    let Obligations { approvals, approvers } = &ruling.obligations;
    if let Some(expected) = case.approvals {
        expect(expected == *approvals, format!("{approvals} have to approve, not {expected}"));
    }
    if let Some(expected) = &case.approvers {
        let of = approvers.as_ref().map_or("no group", |group| group.as_str());
        expect(approvers.as_ref() == Some(expected), format!("approvers are {of}, not {expected}"));
    }
    if let Some(expected) = case.max_hours {
        let max = ruling.max.map(|max| max.seconds() / 3600);
        let told = max.map_or("there is no limit of hours".to_owned(), |max| format!("the limit is {max} hours"));
        expect(max == Some(expected), format!("{told}, not {expected}"));
    }
    if let Some(expected) = &case.needed {
        expect(expected == needed, format!("needed: {}", needed.join(", ")));
    }
    wrong
}
