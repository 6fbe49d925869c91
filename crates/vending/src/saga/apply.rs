//! One call to AWS, patiently: what AWS could not do now may work in a moment, and what may have happened is simply done
//! again, since every call of ours meets its own work.

use std::future::Future;

use jiff::SignedDuration;

use crate::ports::CloudError;
use crate::service::Vending;

/// How often a call is tried before the saga gives up and leaves the rest to the reconciler.
const TRIES: u32 = 5;

/// Calls with patience.
pub(crate) trait Apply {
    /// Make the call until it succeeds, is refused for good, or patience ends.
    async fn patiently<T, F>(&self, call: impl Fn() -> F) -> Result<T, CloudError>
    where
        F: Future<Output = Result<T, CloudError>>;
}

impl Apply for Vending {
    async fn patiently<T, F>(&self, call: impl Fn() -> F) -> Result<T, CloudError>
    where
        F: Future<Output = Result<T, CloudError>>,
    {
        let mut tries = 1;
        loop {
            match call().await {
                Err(error) if error.is_transient() && tries < TRIES => {
                    self.deps.clock.sleep(self.pause_before_try(tries)).await;
                    tries += 1;
                }
                outcome => return outcome,
            }
        }
    }
}

impl Vending {
    /// 200 ms, 400 ms, …, each spread by half, so that many sagas that were throttled together do not come back together.
    fn pause_before_try(&self, tries: u32) -> SignedDuration {
        let base_ms = 200_i64 << tries.min(TRIES);
        let spread_ms = i64::try_from(self.deps.entropy.jitter() % 1000).unwrap_or(0);
        SignedDuration::from_millis(base_ms / 2 + base_ms * spread_ms / 2000)
    }
}
