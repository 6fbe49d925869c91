//! Sets of small numbers as bits of machine words; all sets of one kind have the same number of words.

/// A set of numbers below a bound fixed when it is made.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Bits(Box<[u64]>);

impl Bits {
    pub(super) fn empty(bound: usize) -> Bits {
        Bits(vec![0; bound.div_ceil(64)].into())
    }

    pub(super) fn insert(&mut self, number: usize) {
        if let Some(word) = self.0.get_mut(number / 64) {
            *word |= 1 << (number % 64);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    pub(super) fn meets(&self, other: &Bits) -> bool {
        self.0.iter().zip(&other.0).any(|(one, other)| one & other != 0)
    }

    pub(super) fn intersection(&self, other: &Bits) -> Bits {
        Bits(self.0.iter().zip(&other.0).map(|(one, other)| one & other).collect())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = usize> {
        let places = |(at, word): (usize, &u64)| {
            let word = *word;
            (0..64).filter(move |place| word >> place & 1 == 1).map(move |place| at * 64 + place)
        };
        self.0.iter().enumerate().flat_map(places)
    }
}
