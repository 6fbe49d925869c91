//! Look at sessions.

use crate::audit::Outcome;
use crate::identity::Identity;
use crate::ids::SessionId;
use crate::ports::{OutboxEntry, Page, PageRequest, SessionFilter, Subject};
use crate::service::review::About;
use crate::service::{ActError, Vending};
use crate::session::{Session, Status};

impl Vending {
    /// One session. One that somebody may not see is not found.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn session(&self, who: &Identity, id: SessionId) -> Result<Session, ActError> {
        let session = self.load(&id).await?;
        let subject = Subject::ReadSession(session.facts());
        let permit = self.permit_on(who, &session, subject).await?;
        // A holder looking at their own session is no news; anybody else looking is.
        if session.facts().user != who.user {
            self.record_decision(who, &subject, permit.ruling(), Outcome::Done).await?;
        }
        Ok(session)
    }

    /// One page of sessions, newest first: all of them for those who may see all, else one's own. Of requests that wait,
    /// also those that somebody may decide on; such a page may be short and still not be the last.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn sessions(
        &self,
        who: &Identity,
        filter: SessionFilter,
        page: &PageRequest,
    ) -> Result<Page<Session>, ActError> {
        let own = SessionFilter { user: Some(who.user.clone()), ..filter.clone() };
        if filter == own {
            return Ok(self.deps.store.sessions(&own, page).await?);
        }
        let ruling = self.ask(who, Subject::ListAllSessions);
        if ruling.allowed {
            self.record_decision(who, &Subject::ListAllSessions, &ruling.record, Outcome::Done).await?;
            return Ok(self.deps.store.sessions(&filter, page).await?);
        }
        if filter.user.is_none() && filter.statuses == [Status::PendingApproval] {
            let decide: &[About] = &[|facts| Subject::ApproveSession(facts), |facts| Subject::DenySession(facts)];
            return self.seen_by(who, &filter, page, "ListPendingSessions", decide).await;
        }
        if filter.user.is_some() {
            // Asking for somebody else's sessions and being shown one's own would be a wrong answer.
            return Ok(Page::empty());
        }
        Ok(self.deps.store.sessions(&own, page).await?)
    }

    /// The alerts about one session, oldest first.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn alerts_of(&self, who: &Identity, id: SessionId) -> Result<Vec<OutboxEntry>, ActError> {
        let session = self.load(&id).await?;
        self.permit_on(who, &session, Subject::ReadSession(session.facts())).await?;
        Ok(self.deps.outbox.alerts_of(&id).await?)
    }

    /// The session as stored, for whoever has yet to be asked whether they may see it.
    pub(crate) async fn load(&self, id: &SessionId) -> Result<Session, ActError> {
        self.deps.store.session(id).await?.ok_or(ActError::NotFound)
    }
}
