//! How long single comparisons take: the targets are about their median and about the slow ones.

use std::hint::black_box;
use std::time::Instant;

use daypass_policy::cases::InclusionCase;
use daypass_policy::compare::{Inclusion, included};
use serde::Serialize;

use crate::rounds::median;

/// Times of single comparisons in microseconds; of each pair the median of several runs counts.
#[derive(Serialize)]
pub(crate) struct Times {
    pairs: usize,
    /// How many of them were not decided.
    unknown: usize,
    median_us: f64,
    p99_us: f64,
    most_us: f64,
    /// Which pair took longest.
    slowest: String,
}

/// Which directions of a pair are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Directions {
    /// The one the case is about.
    One,
    Both,
}

pub(crate) fn compare(pairs: &[InclusionCase], directions: Directions, runs: usize) -> Times {
    let mut unknown = 0;
    let mut times: Vec<(f64, String)> = Vec::new();
    for pair in pairs {
        let directions = if directions == Directions::One { 1 } else { 2 };
        let all = [(&pair.a, &pair.b, ""), (&pair.b, &pair.a, ", the other way round")];
        for (a, b, direction) in all.into_iter().take(directions) {
            unknown += usize::from(matches!(included(a, b), Inclusion::Unknown(_)));
            let once = || {
                let started = Instant::now();
                black_box(included(black_box(a), black_box(b)));
                started.elapsed().as_secs_f64() * 1e6
            };
            times.push((median((0..runs).map(|_| once()).collect()), format!("{}{direction}", pair.id)));
        }
    }
    times.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
    // Nearest rank: the least time that 99 of 100 do not exceed.
    let rank = (times.len() * 99).div_ceil(100).saturating_sub(1);
    let slowest = times.last().cloned().unwrap_or_default();
    Times {
        pairs: times.len(),
        unknown,
        median_us: median(times.iter().map(|(time, _)| *time).collect()),
        p99_us: times.get(rank).map_or(0.0, |(time, _)| *time),
        most_us: slowest.0,
        slowest: slowest.1,
    }
}
