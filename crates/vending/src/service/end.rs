//! End sessions: the holder gives one back, or somebody with the right to kills one or many.

use futures::{StreamExt, TryStreamExt, stream};

use crate::audit::Outcome;
use crate::identity::Identity;
use crate::ids::{Reason, SessionId};
use crate::ports::{CommitError, PageRequest, SessionFilter, Subject};
use crate::service::gate::{Permit, requester};
use crate::service::{ActError, RACES, Vending};
use crate::session::{Active, Approved, EndCause, PendingApproval, Provisioning, Session, State, Status, Transition};

/// How many ends are ordered at once.
const AT_ONCE: usize = 16;

/// What can be ended: what has access, will have it, or waits for it.
const ENDABLE: [Status; 4] = [Status::PendingApproval, Status::Approved, Status::Provisioning, Status::Active];

impl Vending {
    /// The holder gives the session back, or takes back a request that waits. Ending an ended session changes nothing and is no error.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn release(&self, who: &Identity, id: SessionId) -> Result<Session, ActError> {
        let session = self.load(&id).await?;
        let permit = self.permit_on(who, &session, Subject::ReleaseSession(session.facts())).await?;
        self.order_end(who, &permit, session, EndCause::Released).await
    }

    /// Kill the session. Killing a session that is ending or has ended changes nothing and is no error.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn revoke(&self, who: &Identity, id: SessionId, reason: Reason) -> Result<Session, ActError> {
        let session = self.load(&id).await?;
        let permit = self.permit_on(who, &session, Subject::RevokeSession(session.facts())).await?;
        let cause = EndCause::Revoked { by: who.user.clone(), reason: reason.to_string() };
        self.order_end(who, &permit, session, cause).await
    }

    /// Kill every live session that passes the filter; an empty filter means all. Every kill is ordered when this returns.
    ///
    /// # Errors
    /// See [`ActError`]; some kills may have been ordered already, and repeating the call orders the rest.
    pub async fn revoke_many(
        &self,
        who: &Identity,
        filter: SessionFilter,
        reason: Reason,
    ) -> Result<Vec<Session>, ActError> {
        let permit = self.permit(who, Subject::RevokeMany).await?;
        self.record_decision(who, &Subject::RevokeMany, permit.ruling(), Outcome::Done).await?;
        let filter = SessionFilter { statuses: ENDABLE.to_vec(), ..filter };
        let cause = EndCause::Revoked { by: who.user.clone(), reason: reason.to_string() };
        let live = self.all_sessions(&filter).await?;
        let orders = live.into_iter().map(|session| self.order_end(who, &permit, session, cause.clone()));
        stream::iter(orders).buffered(AT_ONCE).try_collect().await
    }

    /// Every session that passes the filter, page by page.
    pub(crate) async fn all_sessions(&self, filter: &SessionFilter) -> Result<Vec<Session>, ActError> {
        let (mut found, mut cursor) = (Vec::new(), None);
        loop {
            let page = self.deps.store.sessions(filter, &PageRequest { cursor, limit: 200 }).await?;
            found.extend(page.items);
            match page.next {
                Some(next) => cursor = Some(next),
                None => return Ok(found),
            }
        }
    }

    async fn order_end(
        &self,
        who: &Identity,
        permit: &Permit,
        mut session: Session,
        cause: EndCause,
    ) -> Result<Session, ActError> {
        for _ in 0..RACES {
            let id = session.id();
            let Some(transition) = self.end_of(who, session.clone(), &cause)? else { return Ok(session) };
            let transition = permit.stamp(transition);
            match self.deps.store.commit(&transition).await {
                Ok(()) => return Ok(transition.after().clone()),
                Err(CommitError::Conflict) => session = self.load(&id).await?,
                Err(error) => return Err(error.into()),
            }
        }
        Err(ActError::Conflict)
    }

    /// The transition that ends the session; `None` when it is ending or has ended already.
    fn end_of(&self, who: &Identity, session: Session, cause: &EndCause) -> Result<Option<Transition>, ActError> {
        let (status, actor, now) = (session.status(), requester(who).into(), self.now());
        let withdrawn = || match cause {
            EndCause::Revoked { reason, .. } => reason.clone(),
            EndCause::Released | EndCause::Drifted { .. } => "withdrawn by the requester".to_owned(),
        };
        match session.state() {
            State::PendingApproval(_) => Ok(session
                .narrow()
                .ok()
                .map(|session: Session<PendingApproval>| session.withdraw(requester(who), withdrawn(), now))),
            State::Approved(_) => Ok(session
                .narrow()
                .ok()
                .map(|session: Session<Approved>| session.withdraw(requester(who), withdrawn(), now))),
            State::Denied(_) => Ok(None),
            State::Revoking(_) | State::Expiring(_) | State::Revoked(_) | State::Expired(_) | State::Stuck(_) => {
                Ok(None)
            }
            State::Provisioning(_) => Ok(session
                .narrow()
                .ok()
                .map(|session: Session<Provisioning>| session.revoke(cause.clone(), actor, now))),
            State::Active(_) => {
                Ok(session.narrow().ok().map(|session: Session<Active>| session.revoke(cause.clone(), actor, now)))
            }
            _ => Err(ActError::WrongState { status, needed: "there is no access to end" }),
        }
    }
}
