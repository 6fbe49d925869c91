//! Time and chance, injected, so that tests own both.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

/// The only source of time.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> Timestamp;

    /// Come back when `duration` has passed on this clock.
    async fn sleep(&self, duration: SignedDuration);
}

/// The only source of chance. Production uses the operating system's generator.
pub trait Entropy: Send + Sync {
    /// Fill the buffer with random bits that nobody can guess.
    fn fill(&self, buffer: &mut [u8]);
}

impl dyn Entropy + '_ {
    /// `N` random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut buffer = [0; N];
        self.fill(&mut buffer);
        buffer
    }

    /// A random number, for spreading retries.
    #[must_use]
    pub fn jitter(&self) -> u64 {
        u64::from_le_bytes(self.bytes())
    }
}
