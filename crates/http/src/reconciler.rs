//! The reconciler of a server that runs alone: the same passes as the scheduled one's, in this process.

use daypass_vending::reconcile::{ReconcileReport, Scope};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use crate::app::App;

/// The shortest pause between passes: whatever is due again at once has to wait as long.
const SHORTEST_PAUSE: SignedDuration = SignedDuration::from_secs(1);

/// How long a pass takes up new work. One account that is slow must not keep sessions waiting that come due meanwhile in
/// others: the next pass looks at all of them again.
const LONGEST_PASS: SignedDuration = SignedDuration::from_mins(1);

/// The first pass, before the server is ready. In a database that nobody else has open, whatever is unfinished was left by
/// the process before; where records are shared it may be another server's, until it is due.
pub(crate) async fn take_over(app: &App) {
    let scope = if app.shared_records { Scope::Due } else { Scope::Abandoned };
    note(app, &app.vending.reconcile(scope, None).await);
}

/// Pass after pass, at the latest every `every`, and as soon as something is due, until told to stop. A pass under way is
/// finished first: it may be killing a role.
pub(crate) async fn run(app: &App, every: SignedDuration, mut stopping: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            // An error means that the server is gone, which is a reason to stop as well.
            _ = stopping.wait_for(|stopping| *stopping) => return,
            () = wait(app, every) => {}
        }
        let deadline = app.clock.now().checked_add(LONGEST_PASS).ok();
        note(app, &app.vending.reconcile(Scope::Due, deadline).await);
        app.limits.forget_the_quiet();
    }
}

async fn wait(app: &App, every: SignedDuration) {
    app.clock.sleep(pause(app, every).await).await;
}

/// Until the next thing is due, and no longer than `every`.
async fn pause(app: &App, every: SignedDuration) -> SignedDuration {
    let now = app.clock.now();
    let horizon = now.checked_add(every).unwrap_or(Timestamp::MAX);
    let next = match app.store.due(horizon, 1).await {
        Ok(due) => due.first().and_then(|session| session.due_at()),
        Err(error) => {
            tracing::warn!(%error, "the next due session is not known");
            None
        }
    };
    next.map_or(every, |due_at| due_at.duration_since(now)).clamp(SHORTEST_PAUSE, every.max(SHORTEST_PAUSE))
}

fn note(app: &App, report: &ReconcileReport) {
    app.metrics.reconciled(report);
    let idle = ReconcileReport { checkpoint: report.checkpoint, ..ReconcileReport::default() };
    if *report != idle {
        let report = serde_json::to_string(report).unwrap_or_default();
        tracing::info!(report, "reconciled");
    }
}
