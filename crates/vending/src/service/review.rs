//! Reviews of emergencies: which are open, and how one is closed.

use crate::audit::{ChainId, Outcome};
use crate::identity::Identity;
use crate::ids::{Findings, SessionId, UserId};
use crate::ports::{CommitError, Page, PageRequest, SessionFilter, StoreError, Subject};
use crate::service::{ActError, RACES, Vending};
use crate::session::{Facts, Review, RulingRecord, Session, same_person};

/// More open reviews of one person are not counted: one is as bad as any number.
const MOST_COUNTED: usize = 100;

/// Something that may be done about a session.
pub(super) type About = for<'a> fn(&'a Facts) -> Subject<'a>;

impl Vending {
    /// Say what came of a session that waits for a review. Never by its holder. Saying the same again changes nothing and is
    /// no error.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn review(&self, who: &Identity, id: SessionId, findings: Findings) -> Result<Session, ActError> {
        for _ in 0..RACES {
            let session = self.load(&id).await?;
            let subject = Subject::ReviewSession(session.facts());
            let permit = self.permit_on(who, &session, subject).await?;
            self.second_line(who, &session, &subject, &permit).await?;
            if let Some(review) = &session.said().review
                && same_person(&review.by, &who.user)
                && review.findings == findings
            {
                return Ok(session);
            }
            let status = session.status();
            let owed =
                session.owing().map_err(|_| ActError::WrongState { status, needed: "no review of it is open" })?;
            let review =
                Review { by: who.user.clone(), at: self.now(), findings: findings.clone(), evidence: who.evidence() };
            let closed = permit.stamp(owed.close(review, self.now()));
            match self.deps.store.commit(&closed).await {
                Ok(()) => return Ok(closed.after().clone()),
                // Its role may just have been verified gone.
                Err(CommitError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ActError::Conflict)
    }

    /// One page of the sessions that wait for a review and that somebody may know of: their own, and those that they may
    /// review or see. A page may be short and still not be the last.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn open_reviews(&self, who: &Identity, page: &PageRequest) -> Result<Page<Session>, ActError> {
        let filter = SessionFilter { owing_review: true, ..SessionFilter::default() };
        self.seen_by(who, &filter, page, "ListOpenReviews", &[|facts| Subject::ReviewSession(facts)]).await
    }

    /// The sessions of a page that are somebody's own, that they may see, or about which they may do one of these things.
    pub(super) async fn seen_by(
        &self,
        who: &Identity,
        filter: &SessionFilter,
        page: &PageRequest,
        action: &str,
        subjects: &[About],
    ) -> Result<Page<Session>, ActError> {
        let mut page = self.deps.store.sessions(filter, page).await?;
        let mut shown: Vec<String> = Vec::new();
        let mut by: Option<RulingRecord> = None;
        page.items.retain(|session| {
            let facts = session.facts();
            if facts.user == who.user {
                return true;
            }
            let asked = std::iter::once(Subject::ReadSession(facts)).chain(subjects.iter().map(|about| about(facts)));
            let Some(ruling) = asked.map(|subject| self.ask(who, subject)).find(|ruling| ruling.allowed) else {
                return false;
            };
            by.get_or_insert(ruling.record);
            shown.push(facts.id.to_string());
            true
        });
        // A look at what is somebody else's is on record, once for the page.
        if let Some(ruling) = by {
            self.record_look(who, action, &ruling, &shown.join(" ")).await?;
        }
        Ok(page)
    }

    /// This person's sessions that wait for a review, the newest first.
    pub(super) async fn open_reviews_of(&self, user: &UserId) -> Result<Vec<Session>, StoreError> {
        let filter = SessionFilter { user: Some(user.clone()), owing_review: true, ..SessionFilter::default() };
        Ok(self.deps.store.sessions(&filter, &PageRequest { cursor: None, limit: MOST_COUNTED }).await?.items)
    }

    async fn record_look(
        &self,
        who: &Identity,
        action: &str,
        ruling: &RulingRecord,
        sessions: &str,
    ) -> Result<(), StoreError> {
        let chain = ChainId::person(&who.user);
        let event = self.decision(who, chain, &format!("decide.{action}"), Outcome::Done, ruling);
        self.deps.audit.record(&event.with("sessions", sessions)).await
    }
}
