//! The one way past the rules: a question goes in, and a permit or a recorded refusal comes out.

use crate::audit::{Actor, ChainId, EventDraft, Outcome};
use crate::identity::Identity;
use crate::ports::{Question, Ruling, StoreError, Subject};
use crate::service::{ActError, Refusal, Vending};
use crate::session::{Requester, RulingRecord, Session};

/// Proof that the rules allowed something. Only the gate makes one.
#[derive(Debug)]
pub(crate) struct Permit {
    ruling: RulingRecord,
}

impl Permit {
    /// Which rules allowed it.
    pub(crate) fn ruling(&self) -> &RulingRecord {
        &self.ruling
    }
}

impl Vending {
    /// Ask the rules without recording the answer; the caller records it with what follows from it.
    pub(crate) fn ask(&self, who: &Identity, subject: Subject<'_>) -> Ruling {
        self.deps.authorizer.decide(&Question { who, subject, at: self.now() })
    }

    /// Ask the rules. A refusal is on the record before the caller learns of it (invariant 10).
    pub(crate) async fn permit(&self, who: &Identity, subject: Subject<'_>) -> Result<Permit, ActError> {
        let ruling = self.ask(who, subject);
        if ruling.allowed {
            return Ok(Permit { ruling: ruling.record });
        }
        self.record_decision(who, &subject, &ruling.record, Outcome::Refused).await?;
        Err(ActError::Refused(Refusal { action: subject.action(), lacking: ruling.lacking, session: None }))
    }

    /// Like [`Vending::permit`], for things of one session: who may not even see it learns nothing of it.
    pub(crate) async fn permit_on(
        &self,
        who: &Identity,
        session: &Session,
        subject: Subject<'_>,
    ) -> Result<Permit, ActError> {
        match self.permit(who, subject).await {
            Err(ActError::Refused(_)) if !self.may_see(who, session) => Err(ActError::NotFound),
            permit => permit,
        }
    }

    /// Whether somebody may know that a session exists.
    pub(crate) fn may_see(&self, who: &Identity, session: &Session) -> bool {
        self.ask(who, Subject::ReadSession(session.facts())).allowed
    }

    /// Put a decision that leads to no transition on record: in the session's chain when there is one, else the person's.
    pub(crate) async fn record_decision(
        &self,
        who: &Identity,
        subject: &Subject<'_>,
        ruling: &RulingRecord,
        outcome: Outcome,
    ) -> Result<(), StoreError> {
        let chain = match subject {
            Subject::ReadSession(facts)
            | Subject::IssueCredentials(facts)
            | Subject::ExtendSession(facts)
            | Subject::ReleaseSession(facts)
            | Subject::RevokeSession(facts) => ChainId::session(&facts.id),
            Subject::RequestSession { .. }
            | Subject::ListAllSessions
            | Subject::RevokeMany
            | Subject::ReadAudit
            | Subject::ReadCapacity => ChainId::person(&who.user),
        };
        let actor: Actor = requester(who).into();
        let event = EventDraft::new(chain, self.now(), actor, &format!("decide.{}", subject.action()), outcome)
            .with("policies", ruling.policies.join(" "))
            .with("rules_hash", &ruling.rules_hash);
        self.deps.audit.record(&event).await
    }
}

/// The person as the trail knows them.
pub(crate) fn requester(who: &Identity) -> Requester {
    Requester { user: who.user.clone(), address: who.address }
}
