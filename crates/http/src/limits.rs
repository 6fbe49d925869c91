//! How often somebody may call: each person by their name, and each address that fails to prove who calls. Counted in
//! memory: a restart forgives, which costs an attacker more than it gives.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use daypass_vending::ids::UserId;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// How many failed attempts an address has in a minute.
const FAILURES_PER_MINUTE: NonZeroU32 = NonZeroU32::MIN.saturating_add(29);

/// All counters.
pub(crate) struct Limits {
    people: DefaultKeyedRateLimiter<UserId>,
    strangers: DefaultKeyedRateLimiter<IpAddr>,
    /// One piece of news a minute and person: exceeding the limit is worth one event, not a flood of them.
    news: DefaultKeyedRateLimiter<UserId>,
    clock: DefaultClock,
}

/// Whether a call keeps within its limit.
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
    pub(crate) fn new(per_minute: NonZeroU32) -> Self {
        Self {
            people: RateLimiter::keyed(Quota::per_minute(per_minute)),
            strangers: RateLimiter::keyed(Quota::per_minute(FAILURES_PER_MINUTE)),
            news: RateLimiter::keyed(Quota::per_minute(NonZeroU32::MIN)),
            clock: DefaultClock::default(),
        }
    }

    /// Count a call of this person.
    pub(crate) fn person(&self, user: &UserId) -> Verdict {
        self.wait(&self.people, user).map_or(Verdict::Within, |wait| {
            let is_news = self.news.check_key(user).is_ok();
            Verdict::Beyond { wait, is_news }
        })
    }

    /// Count a failed attempt from this address.
    pub(crate) fn stranger(&self, address: IpAddr) -> Verdict {
        self.wait(&self.strangers, &network(address))
            .map_or(Verdict::Within, |wait| Verdict::Beyond { wait, is_news: false })
    }

    /// Forget whoever has been quiet, so that memory does not grow with everybody who ever called.
    pub(crate) fn forget_the_quiet(&self) {
        self.people.retain_recent();
        self.strangers.retain_recent();
        self.news.retain_recent();
    }

    fn wait<K: Hash + Eq + Clone>(&self, limiter: &DefaultKeyedRateLimiter<K>, key: &K) -> Option<Duration> {
        limiter.check_key(key).err().map(|not_until| not_until.wait_time_from(self.clock.now()))
    }
}

/// What one subscriber has: an IPv4 address, or the first 64 bits of an IPv6 address.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_person_has_a_budget_of_their_own_and_beyond_it_is_news_once() {
        let limits = Limits::new(NonZeroU32::new(2).unwrap());
        let (ann, ben) = ("ann@example.com".parse().unwrap(), "ben@example.com".parse().unwrap());
        assert!(matches!(limits.person(&ann), Verdict::Within));
        assert!(matches!(limits.person(&ann), Verdict::Within));
        assert!(matches!(limits.person(&ann), Verdict::Beyond { is_news: true, .. }));
        assert!(matches!(limits.person(&ann), Verdict::Beyond { is_news: false, .. }));
        assert!(matches!(limits.person(&ben), Verdict::Within));
    }

    #[test]
    fn an_ipv6_subscriber_is_one_stranger() {
        let limits = Limits::new(NonZeroU32::MIN);
        let host = |last: u16| IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]);
        let within = (0..100).filter(|last| matches!(limits.stranger(host(*last)), Verdict::Within)).count();
        assert_eq!(within, 30);
        assert!(matches!(limits.stranger("192.0.2.1".parse().unwrap()), Verdict::Within));
    }
}
