//! All operations by turns, so that whatever else the machine does meets all of them alike: first one round to warm up,
//! then those that count.

use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value;

use crate::operations::{EVALUATE, OPERATIONS, Run};
use crate::peer::Peer;
use crate::times::{self, Directions, Times};
use crate::workload::{Workload, versions};
use crate::{Result, tell};

/// How long one measurement lasts at least.
const MEASUREMENT: Duration = Duration::from_millis(60);

/// The version pairs are large and few; they are compared so often.
const VERSION_ROUNDS: usize = 3;

/// Everything that was measured.
#[derive(Serialize)]
struct Measured {
    rounds: usize,
    rates: Vec<Rate>,
    compare: Times,
    versions: Times,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<PeerRate>,
}

#[derive(Serialize)]
struct Rate {
    name: &'static str,
    about: &'static str,
    /// How often one pass over the samples does it.
    count: usize,
    /// The median of the rounds, and between what they lay.
    per_second: f64,
    least: f64,
    most: f64,
}

#[derive(Serialize)]
struct PeerRate {
    cases: usize,
    decided: usize,
    agreeing: usize,
    per_second: f64,
    /// How many times as fast `evaluate` is: the median of the rounds' ratios.
    ratio: f64,
}

/// An operation, and its rate in each round.
struct Lane<'w> {
    run: Run<'w>,
    passes: usize,
    rates: Vec<f64>,
}

pub(crate) fn measure(rounds: usize, peer_folder: Option<&str>) -> Result<Value> {
    let workload = Workload::read()?;
    let mut peer = peer_folder.map(Peer::start).transpose()?;
    let mut lanes: Vec<Lane<'_>> =
        OPERATIONS.iter().map(|operation| Lane::new((operation.prepare)(&workload))).collect();
    let mut peer_rates = Vec::new();
    for round in 0..=rounds {
        tell(&format!("round {round} of {rounds}{}", if round == 0 { " (to warm up)" } else { "" }));
        lanes.iter_mut().for_each(Lane::measure);
        if let Some(peer) = &mut peer {
            peer_rates.push(peer.rate()?);
        }
        if round == 0 {
            lanes.iter_mut().for_each(|lane| lane.rates.clear());
            peer_rates.clear();
        }
    }
    tell("each pair by itself");
    let compare = times::compare(&workload.pairs, Directions::One, rounds);
    let versions = times::compare(&versions()?, Directions::Both, VERSION_ROUNDS);
    let own: &[f64] = OPERATIONS
        .iter()
        .zip(&lanes)
        .find(|(operation, _)| operation.name == EVALUATE)
        .map_or(&[], |(_, lane)| &lane.rates);
    let ratio = median(own.iter().zip(&peer_rates).map(|(own, peer)| own / peer).collect());
    let peer = peer.map(|peer| PeerRate {
        cases: peer.cases,
        decided: peer.decided,
        agreeing: peer.agreeing,
        per_second: median(peer_rates),
        ratio,
    });
    let rates = OPERATIONS.iter().zip(lanes).map(|(operation, lane)| Rate {
        name: operation.name,
        about: operation.about,
        count: lane.run.count,
        least: lane.rates.iter().copied().fold(f64::INFINITY, f64::min),
        most: lane.rates.iter().copied().fold(0.0, f64::max),
        per_second: median(lane.rates),
    });
    Ok(serde_json::to_value(Measured { rounds, rates: rates.collect(), compare, versions, peer })?)
}

impl<'w> Lane<'w> {
    /// So many passes that a measurement lasts long enough.
    fn new(run: Run<'w>) -> Lane<'w> {
        let started = Instant::now();
        let mut passes = 0;
        while started.elapsed() < MEASUREMENT {
            run.pass();
            passes += 1;
        }
        Lane { run, passes, rates: Vec::new() }
    }

    fn measure(&mut self) {
        let started = Instant::now();
        (0..self.passes).for_each(|_| self.run.pass());
        self.rates.push(count(self.passes * self.run.count) / started.elapsed().as_secs_f64());
    }
}

pub(crate) fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// The number in the middle; 0 without any.
pub(crate) fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}
