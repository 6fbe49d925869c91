//! What benchmarks say of many measurements: machines are shared and noisy, and one number alone says little.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

/// A promise, and what was reached.
#[derive(Debug, Serialize)]
pub struct Target {
    name: &'static str,
    reached: f64,
    bound: Bound,
    met: bool,
}

/// What is promised of a number.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// That or more.
    AtLeast(f64),
    /// That or less.
    AtMost(f64),
    /// Less.
    Below(f64),
}

impl Target {
    /// What was reached, held against what is promised.
    #[must_use]
    pub fn new(name: &'static str, reached: f64, bound: Bound) -> Self {
        let met = match bound {
            Bound::AtLeast(least) => reached >= least,
            Bound::AtMost(most) => reached <= most,
            Bound::Below(limit) => reached < limit,
        };
        Self { name, reached, bound, met }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, reached, bound, met } = self;
        let bound = match bound {
            Bound::AtLeast(least) => format!("at least {least}"),
            Bound::AtMost(most) => format!("at most {most}"),
            Bound::Below(limit) => format!("below {limit}"),
        };
        write!(f, "{} {name:<40}{reached:>8.2}   ({bound})", if *met { "PASS" } else { "FAIL" })
    }
}

/// The middle of the numbers, or of the two in the middle; 0 when there are none.
#[must_use]
pub fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let at = |place: usize| numbers.get(place).copied().unwrap_or(0.0);
    let half = numbers.len() / 2;
    if numbers.len() % 2 == 1 { at(half) } else { f64::midpoint(at(half.saturating_sub(1)), at(half)) }
}

/// What so many of a hundred stay within, in milliseconds; 0 when there are none.
#[must_use]
pub fn percentile_ms(latencies: &[Duration], percent: usize) -> f64 {
    let mut sorted = latencies.to_vec();
    sorted.sort_unstable();
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).map_or(0.0, |latency| latency.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_tail_are_those_of_the_sorted_numbers() {
        assert_eq!(median(vec![9.0, 1.0, 5.0]), 5.0);
        assert_eq!(median(vec![9.0, 1.0, 5.0, 3.0]), 4.0);
        assert_eq!(median(vec![]), 0.0);
        let hundred: Vec<_> = (1..=100).rev().map(Duration::from_millis).collect();
        assert_eq!((percentile_ms(&hundred, 50), percentile_ms(&hundred, 99)), (50.0, 99.0));
        assert_eq!(percentile_ms(&[], 99), 0.0);
    }
}
