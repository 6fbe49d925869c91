//! Faults by chance, the same for the same seed.

use daypass_vending::ports::Entropy;

use super::script::{Fault, Refusal};
use crate::entropy::SeededEntropy;

/// How likely which fault is, per thousand calls. What is left over goes well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chances {
    /// The service asks for patience or cannot be reached; nothing happens.
    pub before: u16,
    /// It happens, and the answer is lost.
    pub after: u16,
    /// The process dies, before or after the call.
    pub crash: u16,
}

/// A seeded source of faults.
#[derive(Debug)]
pub(super) struct RandomFaults {
    chances: Chances,
    entropy: SeededEntropy,
}

impl RandomFaults {
    pub(super) fn new(seed: u64, chances: Chances) -> Self {
        Self { chances, entropy: SeededEntropy::new(seed) }
    }

    /// The fault of the next call, if it has one.
    pub(super) fn draw(&self) -> Option<Fault> {
        let Chances { before, after, crash } = self.chances;
        let roll = u16::try_from(self.next() % 1_000).unwrap_or(u16::MAX);
        let heads = self.next() & 1 == 0;
        if roll < before {
            Some(Fault::Before(if heads { Refusal::Throttled } else { Refusal::Unavailable }))
        } else if roll < before.saturating_add(after) {
            Some(Fault::After)
        } else if roll < before.saturating_add(after).saturating_add(crash) {
            Some(if heads { Fault::CrashBefore } else { Fault::CrashAfter })
        } else {
            None
        }
    }

    fn next(&self) -> u64 {
        let entropy: &dyn Entropy = &self.entropy;
        entropy.jitter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_faults_about_as_often_as_asked() {
        let chances = Chances { before: 200, after: 100, crash: 50 };
        let draw = |seed| {
            let faults = RandomFaults::new(seed, chances);
            (0..10_000).map(|_| faults.draw()).collect::<Vec<_>>()
        };
        let drawn = draw(7);
        assert_eq!(drawn, draw(7));
        assert_ne!(drawn, draw(8));
        let count = |wanted: fn(&Fault) -> bool| drawn.iter().flatten().filter(|fault| wanted(fault)).count();
        assert!((1_800..2_200).contains(&count(|fault| matches!(fault, Fault::Before(_)))));
        assert!((850..1_150).contains(&count(|fault| matches!(fault, Fault::After))));
        assert!((400..600).contains(&count(|fault| matches!(fault, Fault::CrashBefore | Fault::CrashAfter))));
    }

    #[test]
    fn no_chance_is_no_fault() {
        let faults = RandomFaults::new(1, Chances::default());
        assert!((0..1_000).all(|_| faults.draw().is_none()));
    }
}
