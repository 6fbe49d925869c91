//! Killing a role, step by step, with everything known kept.

use jiff::Timestamp;

use super::{Attempts, Bookkeeping, EndCause, Ended, Expired, Expiring, KillReport, Revoked, Revoking, Session, Stage};
use super::{Stuck, Teardown, Transition};
use crate::alert::Occasion;
use crate::audit::{Actor, Outcome};
use crate::life_event::Milestone;

/// A state in which a role is being killed.
pub trait Ending: Stage + Clone {
    /// How far it is.
    fn teardown(&self) -> &Teardown;
    /// The same state, with the teardown further on.
    #[must_use]
    fn with(self, teardown: Teardown) -> Self;
    /// Why it ends; `None` when its time is up.
    fn cause(&self) -> Option<EndCause>;
}

impl Ending for Revoking {
    fn teardown(&self) -> &Teardown {
        &self.teardown
    }

    fn with(self, teardown: Teardown) -> Self {
        Self { teardown, ..self }
    }

    fn cause(&self) -> Option<EndCause> {
        Some(self.cause.clone())
    }
}

impl Ending for Expiring {
    fn teardown(&self) -> &Teardown {
        &self.teardown
    }

    fn with(self, teardown: Teardown) -> Self {
        Self { teardown }
    }

    fn cause(&self) -> Option<EndCause> {
        None
    }
}

impl Ending for Stuck {
    fn teardown(&self) -> &Teardown {
        &self.teardown
    }

    fn with(self, teardown: Teardown) -> Self {
        Self { teardown, ..self }
    }

    fn cause(&self) -> Option<EndCause> {
        self.cause.clone()
    }
}

impl<S: Ending> Session<S> {
    /// Keep what is known to be done so far, and keep others away while work goes on.
    #[must_use]
    pub fn progress(self, report: KillReport, now: Timestamp) -> Bookkeeping {
        let teardown = self.state.teardown();
        let teardown = Teardown { report, attempts: teardown.attempts.claimed(now), ..teardown.clone() };
        Bookkeeping::new(&self, self.state.clone().with(teardown))
    }

    /// Nothing to do until `at`: a denial has to grow older than the consistency window.
    #[must_use]
    pub fn wait_until(self, at: Timestamp, report: KillReport) -> Bookkeeping {
        let teardown = self.state.teardown();
        let attempts = Attempts { next_at: at, ..teardown.attempts.clone() };
        let teardown = Teardown { report, attempts, ..teardown.clone() };
        Bookkeeping::new(&self, self.state.clone().with(teardown))
    }

    /// An attempt did not succeed. After the sixth the session is stuck: still retried, and people are alarmed once.
    #[must_use]
    pub fn failed_teardown(self, report: KillReport, error: &str, jitter: u64, now: Timestamp) -> TeardownFailure {
        let teardown = self.state.teardown();
        let mut attempts = teardown.attempts.failed(now, error, jitter);
        let is_stuck = self.state.clone().into().status() == super::Status::Stuck;
        if is_stuck {
            attempts.next_at = now.checked_add(Stuck::RETRY).unwrap_or(Timestamp::MAX);
        }
        let teardown = Teardown { report, attempts, ..teardown.clone() };
        if is_stuck || teardown.attempts.failed < Attempts::LIMIT {
            return TeardownFailure::Retry(Box::new(Bookkeeping::new(&self, self.state.clone().with(teardown))));
        }
        let event = self
            .event("session.stuck", Outcome::Failed, Actor::Reconciler, now)
            .with("attempts", teardown.attempts.failed)
            .with("error", error);
        let alerts = self.alerts(Occasion::Stuck, now, [("error", error.to_owned())]);
        let stuck = Stuck { cause: self.state.cause(), teardown, since: now };
        TeardownFailure::Stuck(Box::new(Transition::new(&self, Milestone::Stuck, stuck, event, alerts)))
    }

    /// The role is verified gone.
    #[must_use]
    pub fn gone(self, report: KillReport, actor: Actor, now: Timestamp) -> Transition {
        let Teardown { plan, usage, started_at, .. } = self.state.teardown().clone();
        let cause = self.state.cause();
        let action = if cause.is_some() { "session.revoked" } else { "session.expired" };
        let mut event = self.event(action, Outcome::Done, actor, now).with("role", &plan.role);
        let steps = [
            ("denied_at", report.denied_at),
            ("trust_closed_at", report.trust_closed_at),
            ("refusal_seen_at", report.refusal_seen_at),
            ("role_gone_at", report.role_gone_at),
        ];
        for (step, at) in steps {
            if let Some(at) = at {
                event = event.with(step, at);
            }
        }
        let why = cause.as_ref().map_or("expired", EndCause::as_str);
        let alerts = self.alerts(Occasion::End, now, [("ended", why.to_owned())]);
        let ended = Ended { plan, usage, started_at, at: now, report };
        match cause {
            Some(cause) => Transition::new(&self, Milestone::Revoked, Revoked { cause, ended }, event, alerts),
            None => Transition::new(&self, Milestone::Expired, Expired { ended }, event, alerts),
        }
    }
}

/// What a failed attempt at killing a role leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TeardownFailure {
    /// Try again later.
    Retry(Box<Bookkeeping>),
    /// It failed too often.
    Stuck(Box<Transition>),
}

impl Stuck {
    /// How long a stuck session waits for its next attempt.
    pub const RETRY: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);
}
