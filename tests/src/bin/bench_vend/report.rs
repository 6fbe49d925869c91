//! What was measured, in numbers and as a table.

use std::fmt;
use std::time::Duration;

use daypass_tests::numbers::{Bound, Target, median, percentile_ms};
use serde::Serialize;

use crate::bare::BareRate;
use crate::census::Census;
use crate::load::Vends;
use crate::server::Usage;
use crate::start::Start;

/// Everything.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    cores: usize,
    clients: u16,
    seconds_per_round: u64,
    per_vend: Census,
    rounds: Vec<Round>,
    median: Round,
    start: Start,
    loaded: Usage,
    targets: Vec<Target>,
}

/// One round, or the median of several.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Round {
    vends_per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
    server_processor_us_per_vend: f64,
    clients_processor_us_per_vend: f64,
    /// How many transactions of the server's those vends were.
    transactions_per_second: f64,
    bare_one_by_one_per_second: f64,
    bare_together_per_second: f64,
    ratio_to_one_by_one: f64,
    ratio_to_together: f64,
}

impl Report {
    pub(crate) fn new(
        clients: u16,
        seconds_per_round: u64,
        start: Start,
        per_vend: Census,
        rounds: Vec<Round>,
        loaded: Usage,
    ) -> Self {
        let middle = Round::median(&rounds);
        let targets = vec![
            Target::new("vends' transactions to bare ones", middle.ratio_to_one_by_one, Bound::AtLeast(0.5)),
            Target::new("idle memory, MB", megabytes(start.idle.resident_bytes), Bound::Below(40.0)),
            Target::new("ready on a new database, ms", start.ready_on_new_ms, Bound::Below(200.0)),
            Target::new("ready on one in use, ms", start.ready_in_use_ms, Bound::Below(200.0)),
        ];
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { cores, clients, seconds_per_round, per_vend, rounds, median: middle, start, loaded, targets }
    }
}

impl Round {
    pub(crate) fn new(vends: Vends, census: Census, alone: BareRate, together: BareRate) -> Self {
        let count = f64::from(u32::try_from(vends.latencies.len()).unwrap_or(u32::MAX));
        let vends_per_second = count / vends.elapsed.as_secs_f64();
        let transactions_per_second = vends_per_second * census.transactions;
        let us_per_vend = |time: Duration| time.as_secs_f64() * 1e6 / count;
        Self {
            vends_per_second,
            p50_ms: percentile_ms(&vends.latencies, 50),
            p99_ms: percentile_ms(&vends.latencies, 99),
            server_processor_us_per_vend: us_per_vend(vends.server_processor),
            clients_processor_us_per_vend: us_per_vend(vends.clients_processor),
            transactions_per_second,
            bare_one_by_one_per_second: alone.0,
            bare_together_per_second: together.0,
            ratio_to_one_by_one: transactions_per_second / alone.0,
            ratio_to_together: transactions_per_second / together.0,
        }
    }

    /// The median of each number by itself.
    fn median(rounds: &[Self]) -> Self {
        let of = |number: fn(&Self) -> f64| median(rounds.iter().map(number).collect());
        Self {
            vends_per_second: of(|round| round.vends_per_second),
            p50_ms: of(|round| round.p50_ms),
            p99_ms: of(|round| round.p99_ms),
            server_processor_us_per_vend: of(|round| round.server_processor_us_per_vend),
            clients_processor_us_per_vend: of(|round| round.clients_processor_us_per_vend),
            transactions_per_second: of(|round| round.transactions_per_second),
            bare_one_by_one_per_second: of(|round| round.bare_one_by_one_per_second),
            bare_together_per_second: of(|round| round.bare_together_per_second),
            ratio_to_one_by_one: of(|round| round.ratio_to_one_by_one),
            ratio_to_together: of(|round| round.ratio_to_together),
        }
    }

    fn line(&self, name: &str) -> String {
        format!(
            "{name:<8}{:>9.0}{:>9.1}{:>9.1}{:>11.0}{:>12.0}{:>10.0}{:>12.0}{:>10.0}{:>8.2}{:>10.2}\n",
            self.vends_per_second,
            self.p50_ms,
            self.p99_ms,
            self.server_processor_us_per_vend,
            self.clients_processor_us_per_vend,
            self.transactions_per_second,
            self.bare_one_by_one_per_second,
            self.bare_together_per_second,
            self.ratio_to_one_by_one,
            self.ratio_to_together,
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cores, clients, seconds_per_round, per_vend, rounds, median, start, loaded, targets } = self;
        writeln!(f, "{clients} clients, {} rounds of {seconds_per_round} s, {cores} cores for all", rounds.len())?;
        writeln!(
            f,
            "a vend is {:.1} transactions, {:.1} rows, {:.1} kB; a bare transaction is a row of {:.1} kB\n",
            per_vend.transactions,
            per_vend.rows,
            per_vend.bytes / 1000.0,
            per_vend.bytes_per_transaction() / 1000.0,
        )?;
        f.write_str("          vends      p50      p99   CPU/vend    CPU/vend    trans.        bare      bare   ratio     ratio\n")?;
        f.write_str("             /s       ms       ms  server µs  clients µs        /s    single /s group'd/s  single   grouped\n")?;
        for (number, round) in (1..).zip(rounds) {
            f.write_str(&round.line(&number.to_string()))?;
        }
        f.write_str(&median.line("median"))?;
        writeln!(
            f,
            "\nmemory: {:.1} MB idle, {:.1} MB after the load, {:.1} MB at its peak\n\
             ready: {:.0} ms on a new database, {:.0} ms on one with {} live sessions\n",
            megabytes(start.idle.resident_bytes),
            megabytes(loaded.resident_bytes),
            megabytes(loaded.peak_resident_bytes),
            start.ready_on_new_ms,
            start.ready_in_use_ms,
            start.sessions,
        )?;
        targets.iter().try_for_each(|target| writeln!(f, "{target}"))
    }
}

fn megabytes(bytes: u64) -> f64 {
    // Exact up to 2^53, which no memory has.
    bytes as f64 / 1e6
}
