//! The reconciler: what makes AWS match the records. It compares all that is with all that should be, and so it does not
//! matter what woke it, how late it is, or how often it runs. Two at once do no harm: whoever stores first goes on, the
//! other one lets go.

mod alerts;
mod drift;
mod due;
mod events;
mod report;
mod sweep;

use jiff::Timestamp;

pub use report::ReconcileReport;

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

impl Vending {
    /// One pass: finish or end what is due, deliver alerts and events, sweep every account for roles that should not be and for drift
    /// on those that should, and sign a checkpoint of the trail when the last is old. Stops taking up new work at
    /// `deadline` and says so in the report; the next pass goes on.
    pub async fn reconcile(&self, scope: Scope, deadline: Option<Timestamp>) -> ReconcileReport {
        let mut report = ReconcileReport::default();
        self.settle_due(scope, deadline, &mut report).await;
        self.deliver(deadline, &mut report).await;
        self.sweep(deadline, &mut report).await;
        // Drift found by the sweep raises alerts of its own; they should not wait for the next pass.
        self.deliver(deadline, &mut report).await;
        match self.checkpoint_if_due().await {
            Ok(signed) => report.checkpoint = signed.map(|checkpoint| checkpoint.number),
            Err(error) => report.failed("sign a checkpoint", &error),
        }
        report
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
