//! One invocation: a pass, its metrics, and the answer.

use daypass_vending::ports::StoreError;
use daypass_vending::reconcile::{Backlog, ReconcileReport, Scope};
use daypass_vending::service::Vending;
use lambda_runtime::Diagnostic;
use serde::Serialize;
use serde_json::Value;

use crate::event::{Trigger, UnknownEvent};
use crate::{limits, line};

/// How many errors the answer repeats; the log has them all.
const MOST_ERRORS: usize = 20;

/// What Lambda hands over.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The event.
    pub event: Value,
    /// Lambda's name for the invocation.
    pub request_id: String,
    /// When Lambda ends it, in milliseconds after the epoch.
    pub deadline_ms: u64,
}

/// What a pass did, and what waits now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Lambda's name for the invocation.
    pub request_id: String,
    /// What the pass did; of its errors the first 20.
    #[serde(flatten)]
    pub report: ReconcileReport,
    /// How many errors there were.
    pub failures: usize,
    /// What waits; nothing when it could not be counted.
    pub backlog: Option<Backlog>,
}

/// Why an invocation did nothing.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// It was not meant for this function.
    #[error(transparent)]
    Event(#[from] UnknownEvent),
    /// Without records nothing is known of what should be, and so nothing can be done. Lambda tries again.
    #[error("the records cannot be read: {0}")]
    Records(#[source] StoreError),
}

impl From<Failed> for Diagnostic {
    fn from(failed: Failed) -> Self {
        let error_type = match &failed {
            Failed::Event(_) => "UnknownEvent",
            Failed::Records(_) => "RecordsUnreachable",
        };
        Self { error_type: error_type.to_owned(), error_message: failed.to_string() }
    }
}

/// Run a pass, hand its metrics to `emit` as one line, and say what it came to.
///
/// # Errors
/// See [`Failed`]. A pass in which single things failed is none: it says so in its answer and its metrics.
pub async fn answer(vending: &Vending, invocation: Invocation, emit: impl FnOnce(&str)) -> Result<Answer, Failed> {
    let Invocation { event, request_id, deadline_ms } = invocation;
    let trigger = Trigger::of(&event)?;
    vending.backlog().await.map_err(Failed::Records)?;
    let mut report = vending.reconcile_within(Scope::Due, limits(vending.now(), deadline_ms)).await;
    let backlog = vending.backlog().await;
    let backlog = backlog.inspect_err(|error| tracing::warn!(%error, "what waits could not be counted")).ok();
    let deployment = vending.settings().deployment.as_str();
    emit(&line(deployment, &request_id, vending.now(), &report, backlog.as_ref()));
    let failures = report.errors.len();
    report.errors.truncate(MOST_ERRORS);
    tracing::info!(request.id = request_id, ?trigger, settled = report.settled_sessions(), failures, "reconciled");
    Ok(Answer { request_id, report, failures, backlog })
}
