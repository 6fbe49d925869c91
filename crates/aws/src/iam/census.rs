//! How many roles an account has. Every request asks, and asking AWS each time would be one more call on its way to
//! credentials: the answer is kept for a short while, and corrected by what we did ourselves since.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use daypass_vending::ports::{CloudError, RoleQuota};
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How long an answer of AWS holds. What others do in the account meanwhile is what the reserve is for.
const FRESH: Duration = Duration::from_secs(30);

/// One account's count.
pub(super) struct Census {
    /// Roles that we made, less those that we deleted.
    ours: AtomicI64,
    asked: Mutex<Option<Asked>>,
}

struct Asked {
    quota: RoleQuota,
    at: Instant,
    /// What `ours` was when AWS was asked.
    ours: i64,
}

impl Census {
    pub(super) fn new() -> Self {
        Self { ours: AtomicI64::new(0), asked: Mutex::new(None) }
    }

    /// The count, from AWS if the last answer is too old. Who comes while somebody is asking waits for that answer.
    pub(super) async fn count<F>(&self, ask: F) -> Result<RoleQuota, CloudError>
    where
        F: Future<Output = Result<RoleQuota, CloudError>>,
    {
        let mut asked = self.asked.lock().await;
        let now = Instant::now();
        if let Some(known) = asked.as_ref().filter(|known| now.duration_since(known.at) < FRESH) {
            return Ok(self.corrected(known));
        }
        let ours = self.ours.load(Ordering::SeqCst);
        let quota = ask.await?;
        let known = asked.insert(Asked { quota, at: now, ours });
        Ok(self.corrected(known))
    }

    /// A role was made.
    pub(super) fn made(&self) {
        self.ours.fetch_add(1, Ordering::SeqCst);
    }

    /// A role was deleted.
    pub(super) fn deleted(&self) {
        self.ours.fetch_sub(1, Ordering::SeqCst);
    }

    fn corrected(&self, known: &Asked) -> RoleQuota {
        let since = self.ours.load(Ordering::SeqCst) - known.ours;
        let used = (i64::from(known.quota.used) + since).clamp(0, i64::from(u32::MAX));
        RoleQuota { used: u32::try_from(used).unwrap_or(u32::MAX), ..known.quota }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn answer(used: u32) -> Result<RoleQuota, CloudError> {
        Ok(RoleQuota { used, limit: 1_000 })
    }

    #[tokio::test(start_paused = true)]
    async fn aws_is_asked_once_in_a_while_and_our_own_work_is_counted_at_once() {
        let census = Census::new();
        census.made();
        assert_eq!(census.count(answer(7)).await.unwrap().used, 7);
        census.made();
        census.made();
        census.deleted();
        assert_eq!(census.count(answer(100)).await.unwrap(), RoleQuota { used: 8, limit: 1_000 });
        tokio::time::advance(FRESH).await;
        assert_eq!(census.count(answer(100)).await.unwrap().used, 100);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_not_kept() {
        let census = Census::new();
        let failed = census.count(async { Err(CloudError::Throttled) }).await;
        assert_eq!(failed, Err(CloudError::Throttled));
        assert_eq!(census.count(answer(7)).await.unwrap().used, 7);
    }
}
