//! Say yes or no to somebody's request, and carry on what enough people said yes to.
//!
//! The rules say who may approve. Beside them stands a second line that no rule can take away: nobody approves their own
//! request, a vote counts once a person, and it counts for exactly the request that the approver saw (invariant 9).
//!
//! With every vote the rules are asked about the request again, as the requester stood when they asked. What the rules say
//! today counts where it is stricter: they may refuse the request, demand more approvals, or those of another group, in which
//! case the votes of the old group no longer count. What they demanded at the time is never lowered. An approver who left
//! the group since is refused, because groups come from the approver's own fresh proof.

use crate::audit::{Actor, ChainId, Digest256, Outcome};
use crate::identity::{Identity, Nature};
use crate::ids::{Comment, Reason, SessionId};
use crate::ports::{CommitError, Ruling, StoreError, Subject};
use crate::saga::SagaError;
use crate::service::gate::{Permit, requester};
use crate::service::{ActError, RACES, Refusal, Vending};
use crate::session::{
    Approval, Approved, Facts, Obligations, PendingApproval, RulingRecord, Session, State, Status, Transition,
    same_person,
};

const ONLY_WAITING: &str = "only requests that wait can be decided on";

/// What a call changes.
enum Step {
    Nothing(Box<Session>),
    Store(Box<Transition>),
}

/// What the rules say about a waiting request today.
struct Today {
    ruling: Ruling,
    lacking: Vec<String>,
    demanded: Obligations,
}

impl Vending {
    /// Approve exactly the request that `seen` is the hash of. The last approval that is needed grants the session: have it
    /// carried on. Approving again changes nothing and is no error.
    ///
    /// # Errors
    /// See [`ActError`]; [`ActError::Changed`] when the request is not what the approver saw.
    pub async fn approve(
        &self,
        who: &Identity,
        id: SessionId,
        seen: &Digest256,
        comment: Option<Comment>,
    ) -> Result<Session, ActError> {
        for _ in 0..RACES {
            let step = self.vote(who, self.load(&id).await?, seen, comment.as_ref()).await?;
            let session = match step {
                Step::Nothing(session) => *session,
                Step::Store(transition) => match self.deps.store.commit(&transition).await {
                    Ok(()) => transition.after().clone(),
                    Err(CommitError::Conflict) => continue,
                    Err(error) => return Err(error.into()),
                },
            };
            return Ok(self.led_on(session).await);
        }
        Err(ActError::Conflict)
    }

    /// Say no to somebody's request. Saying it again changes nothing and is no error. Who asked withdraws instead
    /// ([`Vending::release`]).
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn deny(&self, who: &Identity, id: SessionId, reason: Reason) -> Result<Session, ActError> {
        for _ in 0..RACES {
            let session = self.load(&id).await?;
            let judged = self.judged(&session).await?;
            let subject = Subject::DenySession(&judged);
            let permit = self.permit_on(who, &session, subject).await?;
            self.second_line(who, &session, &subject, &permit).await?;
            if matches!(session.state(), State::Denied(denied) if same_person(&denied.by, &who.user)) {
                return Ok(session);
            }
            let denied = waiting(session)?.deny(requester(who), reason.to_string(), self.now());
            let denied = permit.stamp(denied);
            match self.deps.store.commit(&denied).await {
                Ok(()) => return Ok(denied.after().clone()),
                Err(CommitError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ActError::Conflict)
    }

    /// What a vote changes, if it may be cast at all.
    async fn vote(
        &self,
        who: &Identity,
        session: Session,
        seen: &Digest256,
        comment: Option<&Comment>,
    ) -> Result<Step, ActError> {
        let today = self.today(&session).await?;
        let judged = judged(session.facts(), today.as_ref());
        let subject = Subject::ApproveSession(&judged);
        let permit = self.permit_on(who, &session, subject).await?;
        self.second_line(who, &session, &subject, &permit).await?;
        let Some(today) = today else { return self.repeated(who, session, seen) };
        let pending = waiting(session)?;
        if !pending.is_request(seen) {
            self.refused(who, pending.facts(), permit.ruling(), "the request is not the one that was seen").await?;
            return Err(ActError::Changed);
        }
        if pending.state().lapses_at <= self.now() {
            let status = Status::PendingApproval;
            return Err(ActError::WrongState { status, needed: "its time to be approved is up" });
        }
        let Today { ruling, lacking, demanded } = today;
        let group = match &demanded.approvers {
            Some(group) if ruling.allowed => group.clone(),
            _ => {
                let why = format!("today's rules do not allow the request: {}", lacking.join(", "));
                self.refused(who, pending.facts(), &ruling.record, &why).await?;
                return Err(ActError::Refused(Refusal {
                    action: "RequestSession",
                    lacking,
                    session: Some(pending.id()),
                }));
            }
        };
        if pending.has_vote_of(&who.user, &demanded) {
            return Ok(Step::Nothing(Box::new(pending.widen())));
        }
        let vote = Approval {
            by: who.user.clone(),
            at: self.now(),
            group,
            request_hash: *seen,
            evidence: who.evidence(),
            comment: comment.cloned(),
        };
        Ok(Step::Store(Box::new(permit.stamp(pending.approve(vote, demanded, self.now())))))
    }

    /// The second line: whatever the rules say, nobody decides on their own request, and only people decide.
    pub(super) async fn second_line(
        &self,
        who: &Identity,
        session: &Session,
        subject: &Subject<'_>,
        permit: &Permit,
    ) -> Result<(), ActError> {
        let lacking = if same_person(&who.user, &session.facts().user) {
            "somebody else than the person it is about"
        } else if who.nature != Nature::Person {
            "a person; this is a workload"
        } else {
            return Ok(());
        };
        self.record_decision(who, subject, permit.ruling(), Outcome::Refused).await?;
        Err(ActError::Refused(Refusal { action: subject.action(), lacking: vec![lacking.to_owned()], session: None }))
    }

    /// An approval of what no longer waits: no error if it was given before and led on.
    fn repeated(&self, who: &Identity, session: Session, seen: &Digest256) -> Result<Step, ActError> {
        let mut votes = session.said().approvals.iter();
        let is_given = votes.any(|vote| same_person(&vote.by, &who.user) && vote.request_hash == *seen);
        let has_led_on = !matches!(session.state(), State::Denied(_) | State::Lapsed(_));
        if is_given && has_led_on {
            return Ok(Step::Nothing(Box::new(session)));
        }
        Err(ActError::WrongState { status: session.status(), needed: ONLY_WAITING })
    }

    /// What the rules say about a waiting request today; `None` when it does not wait.
    async fn today(&self, session: &Session) -> Result<Option<Today>, ActError> {
        let (facts, State::PendingApproval(pending)) = (session.facts(), session.state()) else { return Ok(None) };
        let (ruling, lacking) = self.ask_again(facts, pending).await?;
        let demanded = stricter(&facts.obligations, &ruling);
        Ok(Some(Today { ruling, lacking, demanded }))
    }

    /// The session's facts with what the rules demand today.
    async fn judged(&self, session: &Session) -> Result<Facts, ActError> {
        Ok(judged(session.facts(), self.today(session).await?.as_ref()))
    }

    async fn refused(&self, who: &Identity, facts: &Facts, ruling: &RulingRecord, why: &str) -> Result<(), StoreError> {
        let chain = ChainId::session(&facts.id);
        let event = self.decision(who, chain, "decide.ApproveSession", Outcome::Refused, ruling);
        self.deps.audit.record(&event.with("why", why)).await
    }

    /// A session that was just approved, granted if that is possible now. The vote is stored either way, and whatever is in
    /// the way of the grant is the reconciler's to overcome.
    async fn led_on(&self, session: Session) -> Session {
        let before = session.clone();
        let Ok(approved) = session.narrow::<Approved>() else { return before };
        match self.grant(approved, Actor::Broker).await {
            Ok(after) => after,
            Err(SagaError::Overtaken) => self.load(&before.id()).await.unwrap_or(before),
            Err(error) => {
                tracing::warn!(session.id = %before.id(), %error, "an approved session is left to the reconciler");
                before
            }
        }
    }
}

/// What is demanded: at least what was demanded when it was asked for, and what today's rules demand beyond it.
fn stricter(then: &Obligations, today: &Ruling) -> Obligations {
    if !today.allowed || today.obligations.approvals == 0 {
        return then.clone();
    }
    let approvers = today.obligations.approvers.clone().or_else(|| then.approvers.clone());
    Obligations { approvals: then.approvals.max(today.obligations.approvals), approvers }
}

fn judged(facts: &Facts, today: Option<&Today>) -> Facts {
    let obligations = today.map_or(&facts.obligations, |today| &today.demanded);
    Facts { obligations: obligations.clone(), ..facts.clone() }
}

fn waiting(session: Session) -> Result<Session<PendingApproval>, ActError> {
    let status = session.status();
    session.narrow().map_err(|_| ActError::WrongState { status, needed: ONLY_WAITING })
}
