//! The one way past the rules: a question goes in, and a permit or a recorded refusal comes out.

use crate::audit::{ChainId, EventDraft, Outcome};
use crate::identity::{Evidence, Identity};
use crate::ports::{Question, Ruling, StoreError, Subject};
use crate::service::{ActError, Refusal, Vending};
use crate::session::{Requester, RulingRecord, Session, Transition};

/// Proof that the rules allowed something. Only the gate makes one.
#[derive(Debug)]
pub(crate) struct Permit {
    ruling: RulingRecord,
    evidence: Evidence,
}

impl Permit {
    /// Which rules allowed it.
    pub(crate) fn ruling(&self) -> &RulingRecord {
        &self.ruling
    }

    /// Say in the transition's event who was allowed, by what.
    pub(crate) fn stamp(&self, transition: Transition) -> Transition {
        transition.allowed_by(&self.ruling, &self.evidence)
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
            return Ok(Permit { ruling: ruling.record, evidence: who.evidence() });
        }
        self.record_decision(who, &subject, &ruling.record, Outcome::Refused).await?;
        let lacking = self.lacking(who, subject);
        Err(ActError::Refused(Refusal { action: subject.action(), lacking, session: None }))
    }

    /// What would have turned a refusal.
    pub(crate) fn lacking(&self, who: &Identity, subject: Subject<'_>) -> Vec<String> {
        self.deps.authorizer.lacking(&Question { who, subject, at: self.now() })
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
        let chain = match subject.session() {
            Some(facts) => ChainId::session(&facts.id),
            None => ChainId::person(&who.user),
        };
        let event = self.decision(who, chain, &format!("decide.{}", subject.action()), outcome, ruling);
        self.deps.audit.record(&event).await
    }

    /// The event of a decision: who asked, how that is known, and which rules decided.
    pub(crate) fn decision(
        &self,
        who: &Identity,
        chain: ChainId,
        action: &str,
        outcome: Outcome,
        ruling: &RulingRecord,
    ) -> EventDraft {
        let event = EventDraft::new(chain, self.now(), requester(who).into(), action, outcome);
        event.decided_by(ruling).proved_by(&who.evidence())
    }
}

/// The person as the trail knows them.
pub(crate) fn requester(who: &Identity) -> Requester {
    Requester { user: who.user.clone(), address: who.address, method: who.method }
}
