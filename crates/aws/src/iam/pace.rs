//! How fast one account's IAM is written to. AWS does not publish its rates, and they are shared with everybody who works
//! in the account: a bucket of turns keeps us below them, the most urgent write takes the next turn, and when AWS throttles
//! all the same the bucket fills more slowly for a while.

use std::collections::BinaryHeap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

/// How many writes an account takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Writes in a second, in the long run.
    pub writes_per_second: NonZeroU32,
    /// Writes that may be made at once after a quiet time.
    pub burst: NonZeroU32,
}

impl Default for Pace {
    /// Ten a second and thirty at once: five vends a second in one account, below everything that users report of IAM.
    fn default() -> Self {
        Self { writes_per_second: NonZeroU32::MIN.saturating_add(9), burst: NonZeroU32::MIN.saturating_add(29) }
    }
}

/// Who goes first. Later variants overtake earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Urgency {
    /// Deletions: what is deleted has been denied before.
    CleanUp,
    /// A new role.
    NewRole,
    /// What makes a role that exists already whole: its policy, a new end.
    Finish,
    /// A new role for an incident.
    Incident,
    /// A denial: it is what stops live credentials.
    Kill,
}

/// One account's bucket of turns.
pub(super) struct Pacer {
    pace: Pace,
    state: Arc<Mutex<State>>,
}

impl Pacer {
    pub(super) fn new(pace: Pace) -> Self {
        let state = State {
            turns: f64::from(pace.burst.get()),
            counted_at: Instant::now(),
            slowness: 1.0,
            waiting: BinaryHeap::new(),
            arrivals: 0,
            is_served: false,
        };
        Self { pace, state: Arc::new(Mutex::new(state)) }
    }

    /// Come back when it is this write's turn.
    pub(super) async fn turn(&self, urgency: Urgency) {
        let called = {
            let mut state = lock(&self.state);
            state.refill(self.pace);
            if state.waiting.is_empty() && state.turns >= 1.0 {
                state.turns -= 1.0;
                return;
            }
            let (call, called) = oneshot::channel();
            state.arrivals += 1;
            let ticket = u64::MAX - state.arrivals;
            state.waiting.push(Waiting { urgency, ticket, call });
            if !state.is_served {
                state.is_served = true;
                tokio::spawn(serve(self.pace, Arc::clone(&self.state)));
            }
            called
        };
        // The sender goes away uncalled only with the whole runtime.
        let _ = called.await;
    }

    /// AWS throttled a write: no turns for now, and half as many from now on, which comes back to the full pace within
    /// some seconds.
    pub(super) fn throttled(&self) {
        let mut state = lock(&self.state);
        state.refill(self.pace);
        state.turns = 0.0;
        state.slowness = (state.slowness * 2.0).min(SLOWEST);
    }
}

/// At most so many times slower than the pace.
const SLOWEST: f64 = 16.0;

/// After so many seconds without throttling the slowness has halved.
const RECOVERY_SECONDS: f64 = 5.0;

struct State {
    turns: f64,
    counted_at: Instant,
    slowness: f64,
    waiting: BinaryHeap<Waiting>,
    arrivals: u64,
    /// Whether a task is calling those who wait.
    is_served: bool,
}

impl State {
    fn refill(&mut self, pace: Pace) {
        let now = Instant::now();
        let seconds = now.duration_since(self.counted_at).as_secs_f64();
        self.counted_at = now;
        let rate = f64::from(pace.writes_per_second.get()) / self.slowness;
        self.turns = (self.turns + seconds * rate).min(f64::from(pace.burst.get()));
        self.slowness = (self.slowness * (-seconds / RECOVERY_SECONDS).exp2()).max(1.0);
    }

    /// Call whoever has a turn; how long until the next turn comes, `None` when nobody waits any more.
    fn call(&mut self, pace: Pace) -> Option<Duration> {
        self.refill(pace);
        while self.turns >= 1.0 {
            let Some(next) = self.waiting.pop() else { break };
            // Whoever has given up takes no turn.
            if next.call.send(()).is_ok() {
                self.turns -= 1.0;
            }
        }
        if self.waiting.is_empty() {
            self.is_served = false;
            return None;
        }
        let rate = f64::from(pace.writes_per_second.get()) / self.slowness;
        Some(Duration::from_secs_f64((1.0 - self.turns) / rate).max(SHORTEST_WAIT))
    }
}

/// The timer's own grain: waiting for less only spins.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

struct Waiting {
    urgency: Urgency,
    /// Falls with every arrival, so that of two equally urgent writes the earlier one goes first.
    ticket: u64,
    call: oneshot::Sender<()>,
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.urgency, self.ticket).cmp(&(other.urgency, other.ticket))
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Waiting {}

async fn serve(pace: Pace, state: Arc<Mutex<State>>) {
    loop {
        let wait = lock(&state).call(pace);
        match wait {
            Some(wait) => sleep(wait).await,
            None => return,
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pacer(writes_per_second: u32, burst: u32) -> Arc<Pacer> {
        let number = |number| NonZeroU32::new(number).unwrap();
        Arc::new(Pacer::new(Pace { writes_per_second: number(writes_per_second), burst: number(burst) }))
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_goes_at_once_and_the_rest_at_the_pace() {
        let (pacer, start) = (pacer(10, 3), Instant::now());
        for _ in 0..3 {
            pacer.turn(Urgency::NewRole).await;
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        for _ in 0..20 {
            pacer.turn(Urgency::NewRole).await;
        }
        let elapsed = start.elapsed().as_millis();
        assert!((2_000..2_100).contains(&elapsed), "{elapsed} ms for 20 writes at 10 a second");
    }

    #[tokio::test(start_paused = true)]
    async fn the_most_urgent_goes_first_and_equals_in_order() {
        let (pacer, order) = (pacer(10, 1), Arc::new(Mutex::new(Vec::new())));
        pacer.turn(Urgency::NewRole).await;
        let arrivals = [
            (Urgency::CleanUp, "cleanup"),
            (Urgency::NewRole, "first role"),
            (Urgency::NewRole, "second role"),
            (Urgency::Finish, "finish"),
            (Urgency::Incident, "incident"),
            (Urgency::Kill, "kill"),
        ];
        let mut tasks = Vec::new();
        for (urgency, name) in arrivals {
            let (pacer, order) = (Arc::clone(&pacer), Arc::clone(&order));
            tasks.push(tokio::spawn(async move {
                pacer.turn(urgency).await;
                order.lock().unwrap().push(name);
            }));
            tokio::task::yield_now().await;
        }
        for task in tasks {
            task.await.unwrap();
        }
        let order = order.lock().unwrap().clone();
        assert_eq!(order, ["kill", "incident", "finish", "first role", "second role", "cleanup"]);
    }

    #[tokio::test(start_paused = true)]
    async fn throttling_slows_down_and_the_pace_comes_back() {
        let pacer = pacer(10, 1);
        pacer.turn(Urgency::NewRole).await;
        pacer.throttled();
        pacer.throttled();
        let start = Instant::now();
        pacer.turn(Urgency::NewRole).await;
        let slow = start.elapsed();
        assert!(slow > Duration::from_millis(300), "{slow:?} instead of 100 ms");
        sleep(Duration::from_secs(30)).await;
        pacer.turn(Urgency::NewRole).await;
        let start = Instant::now();
        pacer.turn(Urgency::NewRole).await;
        assert!(start.elapsed() < Duration::from_millis(110), "{:?}", start.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_takes_no_turn() {
        let pacer = pacer(10, 1);
        pacer.turn(Urgency::NewRole).await;
        let impatient = tokio::time::timeout(Duration::from_millis(10), pacer.turn(Urgency::Kill)).await;
        assert!(impatient.is_err());
        let start = Instant::now();
        pacer.turn(Urgency::CleanUp).await;
        assert!(start.elapsed() <= Duration::from_millis(100), "{:?}", start.elapsed());
    }
}
