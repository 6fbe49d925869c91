//! What a pass of the reconciler did.

use std::error::Error;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::session::Status;

/// What a pass of the reconciler did, and what it could not do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReconcileReport {
    /// Sessions that expired and whose role is verified gone.
    pub expired: u32,
    /// Ordered ends that were finished.
    pub revoked: u32,
    /// Unfinished sessions that now work.
    pub rolled_forward: u32,
    /// Unfinished sessions that were undone.
    pub undone: u32,
    /// Extensions that were finished.
    pub extended: u32,
    /// Requests that lapsed.
    pub lapsed: u32,
    /// Kills that wait for their consistency window.
    pub waiting: u32,
    /// Sessions that became stuck in this pass. [`super::Backlog`] has those that are.
    pub stuck: u32,
    /// Sessions that somebody else was working on.
    pub left_to_others: u32,
    /// Alerts delivered.
    pub alerts_delivered: u32,
    /// Alerts that could not be delivered yet.
    pub alerts_undelivered: u32,
    /// Life-cycle events published.
    pub events_published: u32,
    /// Life-cycle events that could not be published yet.
    pub events_unpublished: u32,
    /// Roles without a live session that were denied but are too young to delete.
    pub quarantined: u32,
    /// Roles without a live session that were deleted.
    pub orphans_deleted: u32,
    /// Live sessions that were killed because their role was no longer what Daypass made.
    pub drifted: u32,
    /// The checkpoint that was signed.
    pub checkpoint: Option<u64>,
    /// What could not be done, in words; the next pass tries again.
    pub errors: Vec<String>,
    /// Whether the deadline came before the end.
    pub cut_short: bool,
}

/// The report of a pass under way. Each outcome is noted when it is there, so that a pass that is let go has told what it did.
#[derive(Default)]
pub(super) struct Tally(Mutex<ReconcileReport>);

impl Tally {
    pub(super) fn note(&self, change: impl FnOnce(&mut ReconcileReport)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(super) fn noted(&self, what: String) {
        self.note(|report| report.noted(what));
    }

    pub(super) fn failed(&self, what: &str, error: &dyn Error) {
        self.note(|report| report.failed(what, error));
    }

    pub(super) fn into_report(self) -> ReconcileReport {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReconcileReport {
    /// How many sessions came to rest, one way or the other.
    #[must_use]
    pub fn settled_sessions(&self) -> u32 {
        self.expired + self.revoked + self.rolled_forward + self.undone + self.extended + self.lapsed
    }

    fn failed(&mut self, what: &str, error: &dyn Error) {
        let mut text = format!("could not {what}: {error}");
        let mut source = error.source();
        while let Some(cause) = source {
            text.push_str(&format!(": {cause}"));
            source = cause.source();
        }
        self.noted(text);
    }

    pub(super) fn noted(&mut self, text: String) {
        tracing::warn!("{text}");
        self.errors.push(text);
    }

    /// Count where a due session came to rest.
    pub(super) fn settled(&mut self, before: Status, after: Status) {
        let counter = match (before, after) {
            (_, Status::Expired) => &mut self.expired,
            (_, Status::Revoked) => &mut self.revoked,
            (_, Status::Lapsed) => &mut self.lapsed,
            (_, Status::Stuck) => &mut self.stuck,
            (_, Status::Failed) => &mut self.undone,
            (Status::Approved | Status::Provisioning, Status::Active) => &mut self.rolled_forward,
            (Status::Active, Status::Active) => &mut self.extended,
            (_, Status::Revoking | Status::Expiring) => &mut self.waiting,
            _ => return,
        };
        *counter += 1;
    }
}
