//! Throttling: a token bucket per account, as AWS describes its own request limits
//! (<https://docs.aws.amazon.com/general/latest/gr/api-retries.html>; IAM's rates are not published).

use std::collections::BTreeMap;

use daypass_vending::ids::AccountId;
use daypass_vending::ports::CloudError;
use jiff::Timestamp;

/// How many IAM writes an account takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttle {
    /// At once.
    pub burst: u32,
    /// On average.
    pub per_second: u32,
}

/// The buckets of all accounts. Kept in memory: a restart forgives.
#[derive(Debug, Default)]
pub(super) struct Buckets(BTreeMap<AccountId, Bucket>);

#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// Thousandths of a call, so that slow rates fill up too.
    millis: u64,
    filled_at: Timestamp,
}

impl Buckets {
    /// Take one call from the account's bucket.
    pub(super) fn take(&mut self, throttle: Throttle, account: &AccountId, now: Timestamp) -> Result<(), CloudError> {
        let full = u64::from(throttle.burst) * 1_000;
        let bucket = self.0.entry(account.clone()).or_insert(Bucket { millis: full, filled_at: now });
        // Tokens per second are thousandths per millisecond. A clock that was set back fills nothing.
        let elapsed_ms = u64::try_from(now.duration_since(bucket.filled_at).as_millis()).unwrap_or_default();
        bucket.millis =
            bucket.millis.saturating_add(elapsed_ms.saturating_mul(u64::from(throttle.per_second))).min(full);
        if elapsed_ms > 0 || now < bucket.filled_at {
            bucket.filled_at = now;
        }
        bucket.millis = bucket.millis.checked_sub(1_000).ok_or(CloudError::Throttled)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn a_bucket_takes_its_burst_and_then_its_rate_and_accounts_do_not_share() {
        let throttle = Throttle { burst: 3, per_second: 2 };
        let (one, other) = ("111122223333".parse().unwrap(), "444455556666".parse().unwrap());
        let start = Timestamp::from_second(1_800_000_000).unwrap();
        let at = |ms| start + SignedDuration::from_millis(ms);
        let mut buckets = Buckets::default();
        let mut taken = |account, ms| buckets.take(throttle, account, at(ms)).is_ok();
        assert_eq!([0, 0, 0, 0].map(|ms| taken(&one, ms)), [true, true, true, false]);
        assert!(taken(&other, 0));
        assert!(!taken(&one, 499));
        assert!(taken(&one, 500));
        assert!(!taken(&one, 500));
        assert_eq!([60_000, 60_000, 60_000, 60_000].map(|ms| taken(&one, ms)), [true, true, true, false]);
        assert!(!taken(&one, 0), "a clock that is set back gives nothing");
        assert!(taken(&one, 500));
    }
}
