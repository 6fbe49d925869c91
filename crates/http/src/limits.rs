//! How often somebody may call: each person by their name, and each address that fails to prove who calls.
//!
//! Counted in memory, and remembered beyond a restart: of everybody's allowance the store hears at their first call and after
//! each tenth of it, and a process that meets somebody for the first time goes on from what is remembered, less what may have
//! been spent since. So whoever makes servers restart gains nothing by it. Several servers, or sandboxes of a function, count
//! side by side: beyond the first call each goes by its own count.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use daypass_vending::ids::UserId;
use daypass_vending::ports::{Allowance, Clock as Time, ShortMemory, StoreError};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// How many failed attempts an address has in a minute.
const FAILURES_PER_MINUTE: NonZeroU32 = NonZeroU32::MIN.saturating_add(29);

/// All counters.
pub(crate) struct Limits {
    people: Counter<UserId>,
    strangers: Counter<IpAddr>,
    /// One piece of news a minute and person: exceeding the limit is worth one event, not a flood of them.
    news: DefaultKeyedRateLimiter<UserId>,
    memory: Arc<dyn ShortMemory>,
    time: Arc<dyn Time>,
}

/// Whether a call keeps within its limit.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It does.
    Within,
    /// It does not.
    Beyond {
        /// When the next one would.
        wait: Duration,
        /// Whether this is the first time in a while.
        is_news: bool,
    },
}

impl Limits {
    /// Counters that allow each person so many calls a minute.
    pub(crate) fn new(per_minute: NonZeroU32, memory: Arc<dyn ShortMemory>, time: Arc<dyn Time>) -> Self {
        Self {
            people: Counter::new(per_minute),
            strangers: Counter::new(FAILURES_PER_MINUTE),
            news: RateLimiter::keyed(Quota::per_minute(NonZeroU32::MIN)),
            memory,
            time,
        }
    }

    /// Count a call of this person.
    pub(crate) async fn person(&self, user: &UserId) -> Result<Verdict, StoreError> {
        let wait = self.count(&self.people, user, &format!("person {user}")).await?;
        Ok(wait.map_or(Verdict::Within, |wait| {
            let is_news = self.news.check_key(user).is_ok();
            Verdict::Beyond { wait, is_news }
        }))
    }

    /// Count a failed attempt from this address.
    pub(crate) async fn stranger(&self, address: IpAddr) -> Result<Verdict, StoreError> {
        let network = network(address);
        let wait = self.count(&self.strangers, &network, &format!("address {network}")).await?;
        Ok(wait.map_or(Verdict::Within, |wait| Verdict::Beyond { wait, is_news: false }))
    }

    /// Forget whoever has been quiet, so that memory does not grow with everybody who ever called.
    pub(crate) fn forget_the_quiet(&self) {
        self.people.forget_the_quiet();
        self.strangers.forget_the_quiet();
        self.news.retain_recent();
    }

    /// Count one; how long to wait when that is too many.
    async fn count<K: Hash + Eq + Clone>(
        &self,
        counter: &Counter<K>,
        key: &K,
        name: &str,
    ) -> Result<Option<Duration>, StoreError> {
        if counter.is_new(key) {
            match self.memory.allowance(name).await {
                Ok(Some(remembered)) => counter.spend(key, counter.spent(remembered, self.time.now())),
                Ok(None) => {}
                Err(error) => {
                    counter.forget(key);
                    return Err(error);
                }
            }
        }
        let counted = counter.count(key);
        if let Some(left) = counted.worth_keeping {
            self.memory.keep_allowance(name, Allowance { left, at: self.time.now() }).await?;
        }
        Ok(counted.wait)
    }
}

/// Counts for each key.
struct Counter<K: Hash + Eq + Clone> {
    allowance: NonZeroU32,
    limiter: Limiter<K>,
    /// How often each key was counted since the store heard of it.
    unheard: Mutex<HashMap<K, u32>>,
    clock: DefaultClock,
}

type Limiter<K> = RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock, StateInformationMiddleware>;

/// What counting one more call led to.
struct Counted {
    /// How long to wait, when it is too many.
    wait: Option<Duration>,
    /// How many are left, when the store should hear of it.
    worth_keeping: Option<u32>,
}

impl<K: Hash + Eq + Clone> Counter<K> {
    fn new(per_minute: NonZeroU32) -> Self {
        let limiter = RateLimiter::keyed(Quota::per_minute(per_minute)).with_middleware();
        Self { allowance: per_minute, limiter, unheard: Mutex::default(), clock: DefaultClock::default() }
    }

    /// After how many calls the store hears again.
    fn step(&self) -> u32 {
        (self.allowance.get() / 10).max(1)
    }

    /// Whether this process meets the key for the first time; from now on it does not.
    fn is_new(&self, key: &K) -> bool {
        let mut unheard = self.unheard.lock().unwrap_or_else(PoisonError::into_inner);
        if unheard.contains_key(key) {
            return false;
        }
        // As if the store had last heard a step ago: the first call is told.
        unheard.insert(key.clone(), self.step()).is_none()
    }

    /// What of the allowance is spent at `now`, if so much was left: as much again as may not have been heard of, and less
    /// what has come back since.
    fn spent(&self, remembered: Allowance, now: jiff::Timestamp) -> u32 {
        let allowance = self.allowance.get();
        let quiet = u128::try_from(now.duration_since(remembered.at).as_millis()).unwrap_or(0);
        let come_back = u32::try_from(quiet * u128::from(allowance) / 60_000).unwrap_or(u32::MAX);
        let left = remembered.left.saturating_sub(self.step() - 1).saturating_add(come_back);
        allowance.saturating_sub(left)
    }

    fn spend(&self, key: &K, calls: u32) {
        if let Some(calls) = NonZeroU32::new(calls) {
            // More than the allowance cannot have been spent; whatever was, counts.
            let _ = self.limiter.check_key_n(key, calls);
        }
    }

    fn count(&self, key: &K) -> Counted {
        let (wait, left) = match self.limiter.check_key(key) {
            Ok(state) => (None, state.remaining_burst_capacity()),
            Err(not_until) => (Some(not_until.wait_time_from(self.clock.now())), 0),
        };
        let mut unheard = self.unheard.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = unheard.entry(key.clone()).or_insert(self.step());
        // Who is turned away spends nothing, so that nothing is news to the store.
        if wait.is_none() {
            *calls += 1;
        }
        let worth_keeping = (*calls >= self.step()).then(|| {
            *calls = 0;
            left
        });
        Counted { wait, worth_keeping }
    }

    fn forget(&self, key: &K) {
        self.unheard.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    fn forget_the_quiet(&self) {
        self.limiter.retain_recent();
        let mut unheard = self.unheard.lock().unwrap_or_else(PoisonError::into_inner);
        // Whose allowance is whole again is met anew, which costs one look into the store.
        if unheard.len() > self.limiter.len() {
            unheard.clear();
        }
    }
}

/// What one subscriber has: an IPv4 address, or the first 64 bits of an IPv6 address.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests;
