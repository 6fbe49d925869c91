//! Time: the machine's, one that can be moved forward while it runs, and one that stands still.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use daypass_vending::ports::Clock;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the adapter of the `Clock` port that everybody else is to ask"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, duration: SignedDuration) {
        tokio::time::sleep(duration.try_into().unwrap_or(Duration::ZERO)).await;
    }
}

/// The machine's clock plus an offset that can be raised: `daypass dev` and `demo` skip hours without waiting for them.
#[derive(Debug)]
pub struct AdjustableClock {
    offset: watch::Sender<SignedDuration>,
}

impl AdjustableClock {
    /// A clock that agrees with the machine's until it is moved.
    #[must_use]
    pub fn new() -> Self {
        Self { offset: watch::Sender::new(SignedDuration::ZERO) }
    }

    /// Move the time forward. Everybody whose sleep ends before the new time wakes up.
    pub fn advance(&self, by: Duration) {
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        self.offset.send_modify(|offset| *offset = offset.saturating_add(by));
    }

    /// By how much the time was moved in all.
    #[must_use]
    pub fn offset(&self) -> SignedDuration {
        *self.offset.borrow()
    }
}

impl Default for AdjustableClock {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Clock for AdjustableClock {
    fn now(&self) -> Timestamp {
        later(SystemClock.now(), self.offset())
    }

    async fn sleep(&self, duration: SignedDuration) {
        let deadline = later(self.now(), duration);
        let mut moved = self.offset.subscribe();
        loop {
            let left = deadline.duration_since(self.now());
            if !left.is_positive() {
                return;
            }
            tokio::select! {
                () = SystemClock.sleep(left) => {}
                // The sender lives in `self`, so this ends only because the time was moved.
                _ = moved.changed() => {}
            }
        }
    }
}

/// A clock that stands still until it is moved; whoever sleeps moves it, so that no test ever waits.
#[derive(Debug)]
pub struct ManualClock {
    now: Mutex<Timestamp>,
}

impl ManualClock {
    /// A clock that stands at `now`.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self { now: Mutex::new(now) }
    }

    /// Move the time forward.
    pub fn advance(&self, by: Duration) {
        self.move_to(later(self.now(), SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX)));
    }

    fn move_to(&self, time: Timestamp) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        *now = time.max(*now);
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn sleep(&self, duration: SignedDuration) {
        self.move_to(later(self.now(), duration));
        // Others may have been waiting for this time as well.
        tokio::task::yield_now().await;
    }
}

/// `at + wait`, at the end of time when that is beyond it.
fn later(at: Timestamp, wait: SignedDuration) -> Timestamp {
    at.checked_add(wait).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[tokio::test]
    async fn moving_the_time_wakes_those_whose_time_has_come() {
        let clock = Arc::new(AdjustableClock::new());
        let start = clock.now();
        let sleeper = |hours: i64| {
            let clock = Arc::clone(&clock);
            tokio::spawn(async move { clock.sleep(SignedDuration::from_hours(hours)).await })
        };
        let (short, long) = (sleeper(1), sleeper(3));
        tokio::task::yield_now().await;
        clock.advance(HOUR / 2);
        tokio::task::yield_now().await;
        assert!(!short.is_finished());
        clock.advance(HOUR);
        short.await.unwrap();
        assert!(!long.is_finished());
        assert!(clock.now().duration_since(start) >= SignedDuration::from_mins(90));
        clock.advance(2 * HOUR);
        long.await.unwrap();
    }

    #[tokio::test]
    async fn a_clock_that_stands_still_is_moved_by_sleeping() {
        let start = Timestamp::from_second(1_700_000_000).unwrap();
        let clock = ManualClock::new(start);
        assert_eq!(clock.now(), start);
        clock.sleep(SignedDuration::from_hours(2)).await;
        assert_eq!(clock.now().duration_since(start), SignedDuration::from_hours(2));
        clock.sleep(SignedDuration::from_hours(-1)).await;
        assert_eq!(clock.now().duration_since(start), SignedDuration::from_hours(2), "time never goes back");
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), Timestamp::MAX);
    }
}
