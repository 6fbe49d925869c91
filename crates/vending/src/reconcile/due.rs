//! What is due: expired sessions, unfinished kills, sagas whose process died.

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{FuturesUnordered, StreamExt};
use jiff::Timestamp;

use super::report::Tally;
use super::{ItemError, Scope};
use crate::audit::Actor;
use crate::ids::{AccountId, SessionId};
use crate::ports::{CommitError, DueSession, SessionFilter};
use crate::saga::SagaError;
use crate::service::Vending;
use crate::session::{Active, Expiring, PendingApproval, Provisioning, Revoking, Session, State, Status, Stuck};

/// How many due sessions are listed at a time. More than ever are due at once, unless something is badly wrong: accounts can
/// only be served side by side if the one with the longest queue does not fill the list. It has ids only; a session is read
/// when it is its turn.
const LIST: usize = 10_000;

/// How many sessions of one account are worked on at once. Accounts do not wait for each other, so that one that is
/// throttled does not starve the others.
const PER_ACCOUNT: usize = 4;

impl Vending {
    /// Settle what is due and sweep every account. Each account is swept as soon as what is due in it has been tried,
    /// however long that takes in another.
    pub(super) async fn work_through(&self, scope: Scope, deadline: Option<Timestamp>, tally: &Tally) {
        let mut seen: BTreeSet<SessionId> = BTreeSet::new();
        let mut to_sweep = self.deps.settings.projects.accounts();
        loop {
            let due = self.list(scope).await.unwrap_or_else(|error| {
                tally.failed("list what is due", &error);
                vec![]
            });
            // What was tried in this pass is not tried again in it, whatever came of it: the pass ends.
            let mut queues: BTreeMap<AccountId, Vec<SessionId>> = BTreeMap::new();
            for DueSession { id, account } in due.into_iter().filter(|due| seen.insert(due.id)) {
                queues.entry(account).or_default().push(id);
            }
            if queues.is_empty() && to_sweep.is_empty() {
                return;
            }
            let sweeps = std::mem::take(&mut to_sweep);
            for account in &sweeps {
                queues.entry(account.clone()).or_default();
            }
            let accounts = queues.into_iter().map(|(account, queue)| {
                let is_swept = sweeps.contains(&account);
                async move {
                    self.settle_account(scope, queue, deadline, tally).await;
                    if is_swept {
                        self.sweep(&account, deadline, tally).await;
                    }
                }
            });
            accounts.collect::<FuturesUnordered<_>>().collect::<()>().await;
            if self.out_of_time(deadline) {
                return tally.note(|report| report.cut_short = true);
            }
        }
    }

    async fn list(&self, scope: Scope) -> Result<Vec<DueSession>, ItemError> {
        let mut due = self.deps.store.due_list(self.now(), LIST).await?;
        if scope == Scope::Abandoned {
            let statuses =
                vec![Status::Approved, Status::Provisioning, Status::Active, Status::Revoking, Status::Expiring];
            let unfinished = self.all_sessions(&SessionFilter { statuses, ..SessionFilter::default() }).await?;
            due.extend(unfinished.iter().filter(|session| is_unfinished(session)).map(DueSession::of));
        }
        Ok(due)
    }

    async fn settle_account(&self, scope: Scope, queue: Vec<SessionId>, deadline: Option<Timestamp>, tally: &Tally) {
        let work = queue.into_iter().map(|id| async move {
            if self.out_of_time(deadline) {
                return tally.note(|report| report.cut_short = true);
            }
            match self.take_up(scope, id).await {
                Ok(Some((before, after))) => tally.note(|report| report.settled(before, after)),
                // Somebody else settled it since it was listed.
                Ok(None) => {}
                Err(ItemError::Saga(SagaError::Overtaken)) => tally.note(|report| report.left_to_others += 1),
                Err(error) => tally.failed(&format!("settle session {id}"), &error),
            }
        });
        futures::stream::iter(work).buffer_unordered(PER_ACCOUNT).collect::<()>().await;
    }

    /// Settle a session if it still is to be settled, and say from where to where it came.
    async fn take_up(&self, scope: Scope, id: SessionId) -> Result<Option<(Status, Status)>, ItemError> {
        let Some(session) = self.deps.store.session(&id).await? else { return Ok(None) };
        let is_due = session.due_at().is_some_and(|due_at| due_at <= self.now());
        let is_abandoned = scope == Scope::Abandoned && is_unfinished(&session);
        if !(is_due || is_abandoned) {
            return Ok(None);
        }
        let before = session.status();
        Ok(Some((before, self.settle(session).await?.status())))
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
            Status::Approved => Ok(self.step(session, actor).await?),
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

/// Whether somebody was, or should be, at work on the session.
fn is_unfinished(session: &Session) -> bool {
    match session.state() {
        State::Active(active) => active.extension.is_some(),
        State::Approved(_) | State::Provisioning(_) | State::Revoking(_) | State::Expiring(_) => true,
        _ => false,
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
