//! What was measured, in numbers and as a table.

use std::fmt;
use std::time::Duration;

use daypass_tests::numbers::{Bound, Target, median, percentile_ms};
use serde::Serialize;

use crate::bare::Sent;
use crate::installation::Ends;
use crate::recording::{Part, Recording};

/// Everything.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    cores: usize,
    at_once: u16,
    sessions_per_round: u16,
    calls: Vec<Calls>,
    rounds: Vec<Round>,
    median: Round,
    targets: Vec<Target>,
}

/// What a part of a session's life calls.
#[derive(Debug, Serialize)]
struct Calls {
    part: &'static str,
    iam_and_sts: usize,
    transactions: usize,
    names: Vec<String>,
}

/// One round, or the median of several.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Round {
    grants_per_second: f64,
    grants_alone_per_second: f64,
    grants_ratio: f64,
    grant_p50_ms: f64,
    grant_p99_ms: f64,
    grant_alone_p50_ms: f64,
    dead_p50_ms: f64,
    dead_p99_ms: f64,
    dead_alone_p50_ms: f64,
    ends_per_second: f64,
    ends_alone_per_second: f64,
    ends_ratio: f64,
}

impl Report {
    pub(crate) fn new(at_once: u16, sessions_per_round: u16, recording: &Recording, rounds: Vec<Round>) -> Self {
        let middle = Round::median(&rounds);
        let calls = vec![
            Calls::of("vend", &recording.vend),
            Calls::of("kill, until dead", &recording.denial),
            Calls::of("end", &recording.end),
        ];
        let vend = |count: fn(&Calls) -> usize| calls.first().map_or(0.0, |calls| count(calls) as f64);
        let targets = vec![
            Target::new("IAM and STS calls of a vend", vend(|calls| calls.iam_and_sts), Bound::AtMost(3.0)),
            Target::new(
                "transactions until a session is active",
                vend(|calls| calls.transactions) - 1.0,
                Bound::AtMost(2.0),
            ),
            Target::new("ends to those of the emulators alone", middle.ends_ratio, Bound::AtLeast(0.8)),
        ];
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { cores, at_once, sessions_per_round, calls, rounds, median: middle, targets }
    }
}

impl Calls {
    fn of(part: &'static str, recorded: &Part) -> Self {
        let names: Vec<String> = recorded.calls.iter().map(|call| call.name.clone()).collect();
        let count = |is: fn(&str) -> bool| names.iter().filter(|name| is(name)).count();
        Self {
            part,
            iam_and_sts: count(|name| name.starts_with("iam.") || name.starts_with("sts.")),
            transactions: count(|name| name == "dynamodb.TransactWriteItems"),
            names,
        }
    }
}

impl Round {
    pub(crate) fn new(
        grants: &Sent,
        grants_alone: &Sent,
        dead: &[Duration],
        dead_alone: &Sent,
        ends: &Ends,
        ends_alone: &Sent,
    ) -> Self {
        let rate = |count: usize, time: Duration| count as f64 / time.as_secs_f64();
        let all = |sent: &Sent| rate(sent.latencies.len(), sent.elapsed);
        let (ends_per_second, ends_alone_per_second) = (rate(ends.sessions, ends.elapsed), all(ends_alone));
        Self {
            grants_per_second: all(grants),
            grants_alone_per_second: all(grants_alone),
            grants_ratio: all(grants) / all(grants_alone),
            grant_p50_ms: percentile_ms(&grants.latencies, 50),
            grant_p99_ms: percentile_ms(&grants.latencies, 99),
            grant_alone_p50_ms: percentile_ms(&grants_alone.latencies, 50),
            dead_p50_ms: percentile_ms(dead, 50),
            dead_p99_ms: percentile_ms(dead, 99),
            dead_alone_p50_ms: percentile_ms(&dead_alone.latencies, 50),
            ends_per_second,
            ends_alone_per_second,
            ends_ratio: ends_per_second / ends_alone_per_second,
        }
    }

    /// The median of each number by itself.
    fn median(rounds: &[Self]) -> Self {
        let of = |number: fn(&Self) -> f64| median(rounds.iter().map(number).collect());
        Self {
            grants_per_second: of(|round| round.grants_per_second),
            grants_alone_per_second: of(|round| round.grants_alone_per_second),
            grants_ratio: of(|round| round.grants_ratio),
            grant_p50_ms: of(|round| round.grant_p50_ms),
            grant_p99_ms: of(|round| round.grant_p99_ms),
            grant_alone_p50_ms: of(|round| round.grant_alone_p50_ms),
            dead_p50_ms: of(|round| round.dead_p50_ms),
            dead_p99_ms: of(|round| round.dead_p99_ms),
            dead_alone_p50_ms: of(|round| round.dead_alone_p50_ms),
            ends_per_second: of(|round| round.ends_per_second),
            ends_alone_per_second: of(|round| round.ends_alone_per_second),
            ends_ratio: of(|round| round.ends_ratio),
        }
    }

    fn line(&self, name: &str) -> String {
        format!(
            "{name:<8}{:>7.1}{:>8.1}{:>7.2}{:>9.0}{:>7.0}{:>8.0}{:>9.0}{:>7.0}{:>8.0}{:>9.1}{:>8.1}{:>7.2}\n",
            self.grants_per_second,
            self.grants_alone_per_second,
            self.grants_ratio,
            self.grant_p50_ms,
            self.grant_p99_ms,
            self.grant_alone_p50_ms,
            self.dead_p50_ms,
            self.dead_p99_ms,
            self.dead_alone_p50_ms,
            self.ends_per_second,
            self.ends_alone_per_second,
            self.ends_ratio,
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cores, at_once, sessions_per_round, calls, rounds, median, targets } = self;
        writeln!(
            f,
            "{} rounds of {sessions_per_round} sessions, {at_once} at once; {cores} cores for all, emulators included\n",
            rounds.len()
        )?;
        for Calls { part, iam_and_sts, transactions, names } in calls {
            writeln!(
                f,
                "a {part}: {} calls, of which {iam_and_sts} of IAM and STS and {transactions} transactions\n  {}",
                names.len(),
                names.join(", ")
            )?;
        }
        f.write_str(
            "\n        grants   alone  ratio   grant    p99   alone     dead    p99   alone     ends   alone  ratio\n",
        )?;
        f.write_str(
            "            /s      /s          p50 ms     ms  p50 ms   p50 ms     ms  p50 ms       /s      /s\n",
        )?;
        for (number, round) in (1..).zip(rounds) {
            f.write_str(&round.line(&number.to_string()))?;
        }
        f.write_str(&median.line("median"))?;
        f.write_str("\n")?;
        targets.iter().try_for_each(|target| writeln!(f, "{target}"))
    }
}
