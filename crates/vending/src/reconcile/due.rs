//! What is due: expired sessions, unfinished kills, sagas whose process died.

use std::collections::BTreeMap;

use futures::stream::{FuturesUnordered, StreamExt};
use jiff::Timestamp;

use super::{ItemError, ReconcileReport, Scope};
use crate::audit::Actor;
use crate::ids::{AccountId, SessionId};
use crate::ports::{CommitError, SessionFilter};
use crate::saga::SagaError;
use crate::service::Vending;
use crate::session::{Active, Expiring, PendingApproval, Provisioning, Revoking, Session, State, Status, Stuck};

/// How many due sessions are fetched at a time. More than ever are due at once, unless something is badly wrong: accounts
/// can only be served side by side if the one with the longest queue does not fill the batch.
const BATCH: usize = 10_000;

/// How many sessions of one account are worked on at once. Accounts do not wait for each other, so that one that is
/// throttled does not starve the others.
const PER_ACCOUNT: usize = 4;

impl Vending {
    pub(super) async fn settle_due(&self, scope: Scope, deadline: Option<Timestamp>, report: &mut ReconcileReport) {
        let mut seen: std::collections::BTreeSet<SessionId> = std::collections::BTreeSet::new();
        loop {
            let batch = match self.batch(scope).await {
                Ok(batch) => batch,
                Err(error) => return report.failed("list what is due", &error),
            };
            // What was tried in this pass is not tried again in it, whatever came of it: the pass ends.
            let fresh: Vec<Session> = batch.into_iter().filter(|session| seen.insert(session.id())).collect();
            if fresh.is_empty() {
                return;
            }
            self.settle_batch(fresh, deadline, report).await;
            if self.out_of_time(deadline) {
                report.cut_short = true;
                return;
            }
        }
    }

    async fn batch(&self, scope: Scope) -> Result<Vec<Session>, ItemError> {
        let due = self.deps.store.due(self.now(), BATCH).await?;
        if scope == Scope::Due {
            return Ok(due);
        }
        let statuses = vec![Status::Provisioning, Status::Active, Status::Revoking, Status::Expiring];
        let unfinished = self.all_sessions(&SessionFilter { statuses, ..SessionFilter::default() }).await?;
        let unfinished = unfinished.into_iter().filter(|session| match session.state() {
            State::Active(active) => active.extension.is_some(),
            _ => true,
        });
        Ok(due.into_iter().chain(unfinished).collect())
    }

    async fn settle_batch(&self, batch: Vec<Session>, deadline: Option<Timestamp>, report: &mut ReconcileReport) {
        let mut by_account: BTreeMap<AccountId, Vec<Session>> = BTreeMap::new();
        for session in batch {
            by_account.entry(session.facts().request.account.clone()).or_default().push(session);
        }
        let mut accounts: FuturesUnordered<_> =
            by_account.into_values().map(|sessions| self.settle_account(sessions, deadline)).collect();
        while let Some(outcomes) = accounts.next().await {
            for (id, before, outcome) in outcomes {
                match outcome {
                    Ok(after) => report.settled(before, after),
                    Err(ItemError::Saga(SagaError::Overtaken)) => report.left_to_others += 1,
                    Err(error) => report.failed(&format!("settle session {id}"), &error),
                }
            }
        }
    }

    async fn settle_account(
        &self,
        sessions: Vec<Session>,
        deadline: Option<Timestamp>,
    ) -> Vec<(SessionId, Status, Result<Status, ItemError>)> {
        let work = sessions.into_iter().map(|session| async move {
            let (id, before) = (session.id(), session.status());
            (!self.out_of_time(deadline)).then_some(())?;
            Some((id, before, self.settle(session).await.map(|after| after.status())))
        });
        futures::stream::iter(work)
            .buffer_unordered(PER_ACCOUNT)
            .filter_map(|outcome| async { outcome })
            .collect()
            .await
    }

    /// Take up one session: claim it, so that others let go, and do what its state asks for.
    async fn settle(&self, session: Session) -> Result<Session, ItemError> {
        let (actor, now) = (Actor::Reconciler, self.now());
        let store = &self.deps.store;
        match session.status() {
            Status::PendingApproval => match session.narrow::<PendingApproval>() {
                Ok(pending) => self.moved(pending.lapse(now)).await,
                Err(session) => Ok(session),
            },
            Status::Provisioning => match session.narrow::<Provisioning>() {
                Ok(unfinished) => Ok(self.take_over(unfinished, actor).await?),
                Err(session) => Ok(session),
            },
            Status::Active => match session.narrow::<Active>() {
                Ok(active) if !active.is_usable(now) => {
                    let expiring = self.moved(active.expire(now)).await?;
                    Ok(self.step(expiring, actor).await?)
                }
                Ok(active) => match active.state().extension.clone() {
                    Some(extension) => {
                        let claimed = active.claim_extension(&extension, now);
                        store.keep(&claimed).await.map_err(SagaError::from)?;
                        Ok(self.step(claimed.after().clone(), actor).await?)
                    }
                    None => Ok(active.widen()),
                },
                Err(session) => Ok(session),
            },
            Status::Revoking | Status::Expiring | Status::Stuck => {
                let claim = claim_teardown(session, now);
                match claim {
                    Ok(claimed) => {
                        store.keep(&claimed).await.map_err(SagaError::from)?;
                        Ok(self.step(claimed.after().clone(), actor).await?)
                    }
                    Err(session) => Ok(session),
                }
            }
            _ => Ok(session),
        }
    }

    async fn moved(&self, transition: crate::session::Transition) -> Result<Session, ItemError> {
        match self.deps.store.commit(&transition).await {
            Ok(()) => Ok(transition.after().clone()),
            Err(CommitError::Store(error)) => Err(error.into()),
            Err(error) => Err(SagaError::from(error).into()),
        }
    }
}

#[expect(clippy::result_large_err, reason = "the error is the session itself, given back")]
fn claim_teardown(session: Session, now: Timestamp) -> Result<crate::session::Bookkeeping, Session> {
    fn claim<S: crate::session::Ending>(ending: Session<S>, now: Timestamp) -> crate::session::Bookkeeping {
        let report = ending.state().teardown().report.clone();
        ending.progress(report, now)
    }
    session
        .narrow::<Revoking>()
        .map(|ending| claim(ending, now))
        .or_else(|session| session.narrow::<Expiring>().map(|ending| claim(ending, now)))
        .or_else(|session| session.narrow::<Stuck>().map(|ending| claim(ending, now)))
}
