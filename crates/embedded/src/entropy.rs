//! Chance: the operating system's for work, a reproducible one for tests.

use std::sync::{Mutex, PoisonError};

use daypass_vending::ports::Entropy;
use rand::rngs::{ChaCha20Rng, SysRng};
use rand::{Rng, SeedableRng, TryRng};

/// The operating system's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(
        clippy::expect_used,
        reason = "without random bits no id and no secret may be made; there is nothing to go on with"
    )]
    fn fill(&self, buffer: &mut [u8]) {
        SysRng.try_fill_bytes(buffer).expect("the operating system has no random bits");
    }
}

/// A generator that yields the same for the same seed, on every machine and with every release. Never for real secrets.
#[derive(Debug)]
pub struct SeededEntropy(Mutex<ChaCha20Rng>);

impl SeededEntropy {
    /// The generator of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(ChaCha20Rng::seed_from_u64(seed)))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_yields_the_same_and_another_seed_another() {
        let draw = |seed| (&SeededEntropy::new(seed) as &dyn Entropy).bytes::<32>();
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn the_system_never_yields_the_same_twice() {
        let system: &dyn Entropy = &SystemEntropy;
        assert_ne!(system.bytes::<32>(), system.bytes::<32>());
    }
}
