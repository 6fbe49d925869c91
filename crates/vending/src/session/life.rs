//! From request to working role, and what may happen while it works. See [`super`] for the picture.

use std::collections::BTreeMap;
use std::net::IpAddr;

use jiff::Timestamp;

use super::{
    Active, Approved, Attempts, Bookkeeping, EndCause, Expiring, Extension, Facts, Failed, KillReport, Provisioning,
    Refused, Requested, Revoking, Said, Session, Teardown, Transition, Usage, Version,
};
use crate::alert::{Alert, Occasion};
use crate::audit::{Actor, ChainId, EventDraft, Outcome};
use crate::identity::{Evidence, Method};
use crate::ids::UserId;
use crate::life_event::Milestone;
use crate::plan::Plan;
use crate::request::Delivery;

/// The person behind a change, for the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requester {
    /// Who.
    pub user: UserId,
    /// From where.
    pub address: IpAddr,
    /// How it was proved who it is.
    pub method: Method,
}

impl Requester {
    /// Somebody as they were known when they asked.
    #[must_use]
    pub fn known_by(user: &UserId, evidence: &Evidence) -> Self {
        Self { user: user.clone(), address: evidence.address, method: evidence.method }
    }
}

impl From<Requester> for Actor {
    fn from(requester: Requester) -> Self {
        let Requester { user, address, method: _ } = requester;
        Self::Person { user, address }
    }
}

/// What a holder is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issued<'a> {
    /// Credentials of the role.
    Credentials {
        /// Their access key id: a name, not a secret.
        access_key_id: &'a str,
        /// When they stop working by themselves.
        until: Timestamp,
    },
    /// What AWS asks for besides their second factor, who then gets credentials from AWS alone.
    Entry,
}

impl Session<Requested> {
    /// A new request.
    #[must_use]
    pub fn request(facts: Facts) -> Self {
        Self { facts, version: Version::NEW, said: Said::default(), state: Requested {} }
    }

    /// The rules say no.
    #[must_use]
    pub fn refuse(self, why: String, now: Timestamp) -> Transition {
        let event = self.asked("session.refuse", Outcome::Refused, now).with("why", &why);
        Transition::new(&self, Milestone::Refused, Refused { why }, event, vec![])
    }

    /// The rules allow it as it is.
    #[must_use]
    pub fn approve(self, now: Timestamp) -> Session<Approved> {
        Session { facts: self.facts, version: self.version, said: self.said, state: Approved { at: now } }
    }
}

impl Session<Provisioning> {
    /// The role works: the session's clock starts.
    #[must_use]
    pub fn activate(self, actor: Actor, now: Timestamp) -> Transition {
        let plan = self.state.plan.clone();
        let event = self.event("session.activate", Outcome::Done, actor, now).with("role", &plan.role);
        let active = Active { plan, activated_at: now, credentials_issued: 0, extension: None };
        Transition::new(&self, Milestone::Activated, active, event, vec![])
    }

    /// The role cannot be made, and nothing of it is left.
    #[must_use]
    pub fn fail(self, why: String, actor: Actor, now: Timestamp) -> Transition {
        self.failed(why, actor, now)
    }

    /// Somebody works on it; others keep away for a while.
    #[must_use]
    pub fn claim(self, now: Timestamp) -> Bookkeeping {
        let attempts = self.state.attempts.claimed(now);
        Bookkeeping::new(&self, Provisioning { attempts, ..self.state.clone() })
    }

    /// An attempt did not succeed and left things unknown.
    #[must_use]
    pub fn failed_attempt(self, error: &str, jitter: u64, now: Timestamp) -> Bookkeeping {
        let attempts = self.state.attempts.failed(now, error, jitter);
        Bookkeeping::new(&self, Provisioning { attempts, ..self.state.clone() })
    }

    /// Whoever was to make the role did not finish: start over with a plan whose clock starts now.
    #[must_use]
    pub fn replan(self, plan: Plan, now: Timestamp) -> Bookkeeping {
        let attempts = self.state.attempts.claimed(now);
        Bookkeeping::new(&self, Provisioning { plan, attempts, ..self.state.clone() })
    }

    /// Somebody ends it before it works. The role may exist, so it is killed like any other.
    #[must_use]
    pub fn revoke(self, cause: EndCause, actor: Actor, now: Timestamp) -> Transition {
        let teardown = Teardown::start(self.state.plan.clone(), Usage::default(), now);
        self.start_revoking(teardown, cause, actor, now)
    }
}

impl Session<Active> {
    /// Whether credentials may be issued at this moment.
    #[must_use]
    pub fn is_usable(&self, now: Timestamp) -> bool {
        now < self.state.plan.expires_at
    }

    /// Credentials were made and are about to be handed out, or what the holder gets them from AWS with. Storing this proves
    /// that the session still lives.
    #[must_use]
    pub fn issue(self, issued: Issued<'_>, requester: Requester, now: Timestamp) -> Transition {
        let is_emergency = [requester.method, self.facts.evidence.method].contains(&Method::EmergencyKey);
        let event = self.event("credentials.issue", Outcome::Done, requester.into(), now);
        let event = match issued {
            Issued::Credentials { access_key_id, until } => {
                event.with("access_key_id", access_key_id).with("credentials_expire_at", until)
            }
            Issued::Entry => event.with("delivery", Delivery::Direct.as_str()),
        };
        let first = self.state.credentials_issued == 0;
        let alerts = if first { self.alerts_by(is_emergency, Occasion::FirstCredentials, now, []) } else { vec![] };
        let credentials_issued = self.state.credentials_issued.saturating_add(1);
        Transition::new(
            &self,
            Milestone::CredentialsIssued,
            Active { credentials_issued, ..self.state.clone() },
            event,
            alerts,
        )
    }

    /// Intend to move the end to that of `plan`.
    #[must_use]
    pub fn extend(self, plan: Plan, requester: Requester, now: Timestamp) -> Transition {
        let event = self
            .event("session.extend", Outcome::Done, requester.into(), now)
            .with("from", self.state.plan.expires_at)
            .with("to", plan.expires_at);
        let alerts = self.alerts(Occasion::Extend, now, [("expires_at", plan.expires_at.to_string())]);
        let extension = Some(Extension { plan, attempts: Attempts::fresh(now) });
        Transition::new(&self, Milestone::ExtensionGranted, Active { extension, ..self.state.clone() }, event, alerts)
    }

    /// The new end stands in AWS.
    #[must_use]
    pub fn extended(self, extension: Extension, actor: Actor, now: Timestamp) -> Transition {
        let event =
            self.event("session.extended", Outcome::Done, actor, now).with("expires_at", extension.plan.expires_at);
        Transition::new(
            &self,
            Milestone::Extended,
            Active { plan: extension.plan, extension: None, ..self.state.clone() },
            event,
            vec![],
        )
    }

    /// An attempt to write the new end did not succeed and left things unknown.
    #[must_use]
    pub fn failed_extension(self, extension: &Extension, error: &str, jitter: u64, now: Timestamp) -> Bookkeeping {
        let attempts = extension.attempts.failed(now, error, jitter);
        let extension = Some(Extension { attempts, ..extension.clone() });
        Bookkeeping::new(&self, Active { extension, ..self.state.clone() })
    }

    /// The new end could not be written: the old one stays.
    #[must_use]
    pub fn extension_abandoned(self, why: &str, actor: Actor, now: Timestamp) -> Transition {
        let event = self
            .event("session.extend-failed", Outcome::Failed, actor, now)
            .with("expires_at", self.state.plan.expires_at)
            .with("why", why);
        Transition::new(
            &self,
            Milestone::ExtensionFailed,
            Active { extension: None, ..self.state.clone() },
            event,
            vec![],
        )
    }

    /// Somebody works on the extension; others keep away for a while.
    #[must_use]
    pub fn claim_extension(self, extension: &Extension, now: Timestamp) -> Bookkeeping {
        let extension = Some(Extension { attempts: extension.attempts.claimed(now), ..extension.clone() });
        Bookkeeping::new(&self, Active { extension, ..self.state.clone() })
    }

    /// Somebody ends it.
    #[must_use]
    pub fn revoke(self, cause: EndCause, actor: Actor, now: Timestamp) -> Transition {
        let teardown = Teardown::start(self.state.plan.clone(), self.state.usage(), now);
        self.start_revoking(teardown, cause, actor, now)
    }

    /// Its time is up.
    #[must_use]
    pub fn expire(self, now: Timestamp) -> Transition {
        let event = self.event("session.expire", Outcome::Done, Actor::Reconciler, now);
        let teardown = Teardown::start(self.state.plan.clone(), self.state.usage(), now);
        Transition::new(&self, Milestone::Expiring, Expiring { teardown }, event, vec![])
    }
}

impl<S> Session<S> {
    pub(super) fn failed(&self, why: String, actor: Actor, now: Timestamp) -> Transition {
        let event = self.event("session.fail", Outcome::Failed, actor, now).with("why", &why);
        let alerts = self.alerts(Occasion::End, now, [("ended", format!("could not be provisioned: {why}"))]);
        Transition::new(self, Milestone::Failed, Failed { at: now, why }, event, alerts)
    }

    fn start_revoking(self, teardown: Teardown, cause: EndCause, actor: Actor, now: Timestamp) -> Transition {
        let mut event = self.event("session.revoke", Outcome::Done, actor, now).with("cause", cause.as_str());
        let mut alerts = vec![];
        match &cause {
            EndCause::Released => {}
            EndCause::Revoked { reason, .. } => event = event.with("reason", reason),
            EndCause::Drifted { findings } => {
                let findings = findings.join("; ");
                alerts = self.alerts(Occasion::Drift, now, [("findings", findings.clone())]);
                event = event.with("findings", findings);
            }
        }
        Transition::new(&self, Milestone::Revoking, Revoking { cause, teardown }, event, alerts)
    }

    /// An event of this session.
    pub(super) fn event(&self, action: &str, outcome: Outcome, actor: Actor, now: Timestamp) -> EventDraft {
        EventDraft::new(ChainId::session(&self.facts.id), now, actor, action, outcome)
    }

    /// The event of the decision on the request itself: who asked for what, why, and which rules decided.
    pub(super) fn asked(&self, action: &str, outcome: Outcome, now: Timestamp) -> EventDraft {
        let Facts { user, request, evidence, ruling, .. } = &self.facts;
        let requester = Requester::known_by(user, evidence);
        let mut event = self
            .event(action, outcome, requester.into(), now)
            .with("project", &request.project)
            .with("account", &request.account)
            .with("tier", &request.tier)
            .with("duration_seconds", request.duration.seconds())
            .with("reason", &request.reason)
            .decided_by(ruling)
            .proved_by(evidence);
        if let Some(incident) = &request.incident {
            event = event.with("incident", incident);
        }
        if request.delivery != Delivery::default() {
            event = event.with("delivery", request.delivery.as_str());
        }
        event
    }

    /// The alerts for an occasion: one if the session's tier wants it, and a louder one where an emergency key was used.
    pub(super) fn alerts<const N: usize>(
        &self,
        occasion: Occasion,
        now: Timestamp,
        more: [(&str, String); N],
    ) -> Vec<Alert> {
        let is_emergency = self.facts.evidence.method == Method::EmergencyKey;
        self.alerts_by(is_emergency, occasion, now, more)
    }

    /// The same, where it is the caller's proof that counts.
    fn alerts_by<const N: usize>(
        &self,
        is_emergency: bool,
        occasion: Occasion,
        now: Timestamp,
        more: [(&str, String); N],
    ) -> Vec<Alert> {
        let Facts { user, request, alerts, .. } = &self.facts;
        let is_louder = is_emergency && matches!(occasion, Occasion::Grant | Occasion::FirstCredentials);
        let mut told = vec![];
        if is_louder {
            let subject = format!("Daypass EMERGENCY KEY {} {}: {user}", request.tier, occasion.as_str());
            let mut louder = self.alert(Occasion::EmergencyKey, subject, now, &more);
            louder.facts.insert("event".to_owned(), occasion.as_str().to_owned());
            told.push(louder);
        }
        if alerts.contains(&occasion) || occasion.always_alerts() {
            let subject = format!("Daypass {} {}: {user}", request.tier, occasion.as_str());
            told.push(self.alert(occasion, subject, now, &more));
        }
        told
    }

    fn alert(&self, occasion: Occasion, subject: String, now: Timestamp, more: &[(&str, String)]) -> Alert {
        let Facts { id, user, request, evidence, .. } = &self.facts;
        let mut facts: BTreeMap<String, String> = [
            ("user", user.to_string()),
            ("project", request.project.to_string()),
            ("account", request.account.to_string()),
            ("tier", request.tier.to_string()),
            ("reason", request.reason.to_string()),
            ("address", evidence.address.to_string()),
        ]
        .into_iter()
        .chain(more.iter().cloned())
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
        if let Some(incident) = &request.incident {
            facts.insert("incident".to_owned(), incident.to_string());
        }
        Alert { session: *id, occasion, at: now, subject: subject.chars().take(99).collect(), facts }
    }
}

impl EndCause {
    /// The cause in a word.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Released => "released",
            Self::Revoked { .. } => "revoked",
            Self::Drifted { .. } => "drifted",
        }
    }
}

impl Teardown {
    pub(super) fn start(plan: Plan, usage: Usage, now: Timestamp) -> Self {
        Self { plan, usage, started_at: now, report: KillReport::default(), attempts: Attempts::fresh(now) }
    }
}
