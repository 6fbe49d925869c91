//! Work that outlives the request that started it. axum drops a handler's future when its client hangs up, and a saga must
//! not be dropped half way; so each runs in a task of its own, and shutting down waits for all of them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use daypass_vending::ids::SessionId;
use daypass_vending::saga::SagaError;
use daypass_vending::service::Vending;
use daypass_vending::session::Session;
use jiff::{SignedDuration, Timestamp};
use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::JoinSet;

/// What becomes of sagas when the request that started them has been answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sagas {
    /// They go on.
    GoOn,
    /// They do not: they are finished before the answer, but for what would have to be waited for longer than the caller
    /// does. That is left to the reconciler.
    EndWithRequest,
}

/// Starts work and knows how much of it is under way.
#[derive(Clone)]
pub(crate) struct Work {
    vending: Vending,
    sagas: Sagas,
    tasks: Arc<Mutex<JoinSet<()>>>,
    running: Arc<watch::Sender<usize>>,
    gauge: Gauge,
    /// Rings when something was stored that may have raised an alert.
    pub(crate) news: Arc<Notify>,
}

impl Work {
    pub(crate) fn new(vending: Vending, gauge: Gauge, sagas: Sagas) -> Self {
        let (tasks, running) = (Arc::default(), Arc::new(watch::Sender::new(0)));
        Self { vending, sagas, tasks, running, gauge, news: Arc::new(Notify::new()) }
    }

    /// Have a session carried on until it rests. The work goes on whether or not anybody waits for the answer, as long as the
    /// process does.
    pub(crate) fn carry_on(&self, id: SessionId, patience: Duration) -> oneshot::Receiver<Result<Session, SagaError>> {
        let (answer, answered) = oneshot::channel();
        let (vending, news, running) = (self.vending.clone(), Arc::clone(&self.news), Running::start(self));
        let until = self.last_wait(patience);
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move {
            let outcome = vending.carry_on_until(id, until).await;
            news.notify_one();
            match &outcome {
                Ok(session) => tracing::info!(session.id = %id, status = session.status().as_str(), "carried on"),
                Err(SagaError::Overtaken) => tracing::info!(session.id = %id, "somebody else carries on"),
                Err(error) => {
                    let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
                    tracing::warn!(session.id = %id, %error, cause, "left to the reconciler");
                }
            }
            drop(running);
            // Nobody waits any more: that is fine.
            let _ = answer.send(outcome);
        });
        // The grant itself may have raised alerts: those do not wait for the role.
        self.news.notify_one();
        answered
    }

    /// Until when a saga may wait for something.
    fn last_wait(&self, patience: Duration) -> Timestamp {
        let patience = SignedDuration::try_from(patience).unwrap_or(SignedDuration::MAX);
        match self.sagas {
            Sagas::GoOn => Timestamp::MAX,
            Sagas::EndWithRequest => self.vending.now().checked_add(patience).unwrap_or(Timestamp::MAX),
        }
    }

    /// Stop whatever is under way, as if the process had been killed.
    pub(crate) async fn abandon(&self) {
        let mut tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        tasks.shutdown().await;
    }

    /// Come back when nothing is under way.
    pub(crate) async fn finished(&self) {
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = self.running.subscribe().wait_for(|running| *running == 0).await;
    }

    /// Deliver alerts as soon as they are stored. Runs until it is dropped; what it leaves behind, the reconciler delivers.
    pub(crate) async fn deliver_alerts(self) {
        loop {
            self.news.notified().await;
            self.vending.deliver_alerts().await;
            // Transitions that follow each other closely share one delivery.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Counts one piece of work for as long as it lives, panics included.
struct Running {
    running: Arc<watch::Sender<usize>>,
    gauge: Gauge,
}

impl Running {
    fn start(work: &Work) -> Self {
        work.running.send_modify(|running| *running += 1);
        work.gauge.inc();
        Self { running: Arc::clone(&work.running), gauge: work.gauge.clone() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.running.send_modify(|running| *running -= 1);
        self.gauge.dec();
    }
}
