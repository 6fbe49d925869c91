//! Carrying out what was decided. A saga starts from a stored intent, makes its changes one by one, and stores the outcome.
//! It may be killed anywhere and run again by anybody: every change meets its own earlier work, and every store is
//! conditional on the version it started from.

mod apply;
mod extension;
mod grant;
mod provision;
mod teardown;

use jiff::{SignedDuration, Timestamp};

pub(crate) use apply::Apply;

use crate::audit::Actor;
use crate::ids::SessionId;
use crate::ports::{CloudError, CommitError, KeyError, StoreError};
use crate::service::Vending;
use crate::session::{Active, Approved, Expiring, Provisioning, Revoking, Session, State, Stuck};

/// Why a saga stopped before its session came to rest. The reconciler takes over from what is stored.
#[derive(Debug, thiserror::Error)]
pub enum SagaError {
    /// There is no such session.
    #[error("there is no such session")]
    NotFound,
    /// Somebody else is working on the session.
    #[error("somebody else is working on the session")]
    Overtaken,
    /// AWS did not do its part; the attempt is on record.
    #[error("AWS did not do its part")]
    Cloud(#[from] CloudError),
    /// The keys cannot be used.
    #[error("the external id cannot be opened")]
    Key(#[from] KeyError),
    /// A plan cannot be made.
    #[error("no plan can be made")]
    Plan(#[from] crate::plan::PlanError),
    /// The store cannot be used.
    #[error("the records cannot be used")]
    Store(#[from] StoreError),
}

impl From<CommitError> for SagaError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict | CommitError::Replayed(_) | CommitError::KeyReused => Self::Overtaken,
            CommitError::Store(error) => Self::Store(error),
        }
    }
}

impl Vending {
    /// Do whatever the session's state asks for until it rests: make its role, write its new end, or kill its role. Waits
    /// out the consistency window where one has to be waited for. Safe to call at any time, for any session.
    ///
    /// # Errors
    /// See [`SagaError`]. The session is then left for the reconciler.
    pub async fn carry_on(&self, id: SessionId) -> Result<Session, SagaError> {
        self.carry_on_until(id, Timestamp::MAX).await
    }

    /// The same without waiting for anything beyond `until`: a session that has to wait longer is left as it is, denied and
    /// due when its window is over.
    ///
    /// # Errors
    /// As [`Vending::carry_on`].
    pub async fn carry_on_until(&self, id: SessionId, until: Timestamp) -> Result<Session, SagaError> {
        loop {
            let session = self.deps.store.session(&id).await?.ok_or(SagaError::NotFound)?;
            let after = self.step(session, Actor::Broker).await?;
            match self.pause_of(&after) {
                Some(pause) if self.now().checked_add(pause).is_ok_and(|end| end <= until) => {
                    self.deps.clock.sleep(pause).await;
                }
                _ => return Ok(after),
            }
        }
    }

    /// One step of whatever the session's state asks for.
    pub(crate) async fn step(&self, session: Session, actor: Actor) -> Result<Session, SagaError> {
        let kept = session.clone();
        match session.state() {
            State::Approved(_) => {
                let actor_next = actor.clone();
                let granted = narrow::<Approved, _>(session, |s| self.grant(s, actor)).await?;
                narrow::<Provisioning, _>(granted, |s| self.provision(s, actor_next)).await
            }
            State::Provisioning(_) => narrow::<Provisioning, _>(session, |s| self.provision(s, actor)).await,
            State::Active(active) if active.extension.is_some() => {
                narrow::<Active, _>(session, |s| self.write_extension(s, actor)).await
            }
            State::Revoking(_) => narrow::<Revoking, _>(session, |s| self.tear_down(s, actor)).await,
            State::Expiring(_) => narrow::<Expiring, _>(session, |s| self.tear_down(s, actor)).await,
            State::Stuck(_) => narrow::<Stuck, _>(session, |s| self.tear_down(s, actor)).await,
            _ => Ok(kept),
        }
    }

    /// How long to wait before the next step; `None` when the session rests. Only a denial that is younger than the
    /// consistency window is waited for: failures are left to the reconciler.
    fn pause_of(&self, session: &Session) -> Option<SignedDuration> {
        let (State::Revoking(Revoking { teardown, .. }) | State::Expiring(Expiring { teardown })) = session.state()
        else {
            return None;
        };
        let pause = teardown.attempts.next_at.duration_since(self.now());
        let is_waiting = teardown.report.denied_at.is_some() && teardown.attempts.failed == 0;
        (is_waiting && pause <= self.deps.settings.consistency_window).then_some(pause.max(SignedDuration::ZERO))
    }
}

/// Run `work` on the session in state `S`; a session in another state stays as it is.
async fn narrow<S, F>(session: Session, work: impl FnOnce(Session<S>) -> F) -> Result<Session, SagaError>
where
    S: crate::session::Stage,
    F: Future<Output = Result<Session, SagaError>>,
{
    match session.narrow::<S>() {
        Ok(narrowed) => work(narrowed).await,
        Err(session) => Ok(session),
    }
}
