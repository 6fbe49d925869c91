//! The reconciler: what makes AWS match the records. It compares all that is with all that should be, and so it does not
//! matter what woke it, how late it is, or how often it runs. Two at once do no harm: whoever stores first goes on, the
//! other one lets go.

mod alerts;
mod backlog;
mod drift;
mod due;
mod events;
mod report;
mod sweep;

use futures::future::{Either, join, select};
use jiff::{SignedDuration, Timestamp};

pub use backlog::Backlog;
pub use report::ReconcileReport;
use report::Tally;

use crate::ports::{CloudError, StoreError};
use crate::saga::SagaError;
use crate::service::{ActError, Vending};

/// What a pass takes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Whatever is due.
    Due,
    /// Whatever is unfinished, due or not. Right only where nobody else can be at work: when a sole process starts, every
    /// unfinished saga is an orphan of the process before.
    Abandoned,
}

/// How long a pass may take where somebody else ends it if it does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeLimits {
    /// From then on nothing new is taken up.
    pub last_start: Timestamp,
    /// What is still under way then is let go, as if the process had been killed: its intent is stored, and the next pass
    /// goes on from there.
    pub end: Timestamp,
}

impl Vending {
    /// One pass: finish or end what is due, deliver alerts and events, sweep every account for roles that should not be and for drift
    /// on those that should, and sign a checkpoint of the trail when the last is old. Stops taking up new work at
    /// `deadline` and says so in the report; the next pass goes on.
    pub async fn reconcile(&self, scope: Scope, deadline: Option<Timestamp>) -> ReconcileReport {
        let tally = Tally::default();
        self.pass(scope, deadline, &tally).await;
        tally.into_report()
    }

    /// One pass that comes back in time, whatever is under way. The report has everything that was finished before.
    pub async fn reconcile_within(&self, scope: Scope, limits: TimeLimits) -> ReconcileReport {
        let tally = Tally::default();
        let left = limits.end.duration_since(self.now()).max(SignedDuration::ZERO);
        let pass = Box::pin(self.pass(scope, Some(limits.last_start), &tally));
        if let Either::Right(_) = select(pass, self.deps.clock.sleep(left)).await {
            tally.note(|report| report.cut_short = true);
        }
        tally.into_report()
    }

    async fn pass(&self, scope: Scope, deadline: Option<Timestamp>, tally: &Tally) {
        // People who must be told something do not wait until a throttled account has been worked through.
        join(self.deliver_waiting(deadline, tally), self.work_through(scope, deadline, tally)).await;
        // What was raised meanwhile should not wait for the next pass.
        self.deliver_waiting(deadline, tally).await;
        match self.checkpoint_if_due().await {
            Ok(signed) => tally.note(|report| report.checkpoint = signed.map(|checkpoint| checkpoint.number)),
            Err(error) => tally.failed("sign a checkpoint", &error),
        }
    }

    /// Whether a pass with this deadline has to stop.
    fn out_of_time(&self, deadline: Option<Timestamp>) -> bool {
        deadline.is_some_and(|deadline| self.now() >= deadline)
    }
}

/// Everything that can go wrong with one item of a pass. The pass goes on with the next item.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ItemError {
    #[error(transparent)]
    Saga(#[from] SagaError),
    #[error(transparent)]
    Act(#[from] ActError),
    #[error(transparent)]
    Cloud(#[from] CloudError),
    #[error(transparent)]
    Store(#[from] StoreError),
}
