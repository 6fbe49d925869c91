//! What was measured of the policy core, beside what is promised.

use std::fmt;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Everything.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Report {
    #[serde(flatten)]
    measured: Measured,
    #[serde(default)]
    targets: Vec<Target>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Measured {
    rounds: usize,
    rates: Vec<Rate>,
    compare: Times,
    versions: Times,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<PeerRate>,
}

/// How often a second something is done: the median of the rounds, and between what they lay.
#[derive(Debug, Deserialize, Serialize)]
struct Rate {
    name: String,
    about: String,
    count: usize,
    per_second: f64,
    least: f64,
    most: f64,
}

/// How long single comparisons take.
#[derive(Debug, Deserialize, Serialize)]
struct Times {
    pairs: usize,
    unknown: usize,
    median_us: f64,
    p99_us: f64,
    most_us: f64,
    slowest: String,
}

#[derive(Debug, Deserialize, Serialize)]
struct PeerRate {
    cases: usize,
    decided: usize,
    agreeing: usize,
    per_second: f64,
    ratio: f64,
}

/// A promise, and what was reached.
#[derive(Debug, Deserialize, Serialize)]
struct Target {
    name: String,
    reached: f64,
    bound: Bound,
    met: bool,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Bound {
    AtLeast(f64),
    Below(f64),
}

impl Report {
    /// From what the measuring program prints.
    pub(super) fn new(measured: Value) -> Result<Report> {
        let measured: Measured = serde_json::from_value(measured).context("cannot read what was measured")?;
        let rate = |name: &str| measured.rates.iter().find(|rate| rate.name == name).map(|rate| rate.per_second);
        let (compare, versions) = (&measured.compare, &measured.versions);
        let promised = [
            ("evaluate, per second", rate("evaluate"), Bound::AtLeast(1e6)),
            ("parse-evaluate, per second", rate("parse-evaluate"), Bound::AtLeast(5e4)),
            ("read-evaluate, per second", rate("read-evaluate"), Bound::AtLeast(5e4)),
            ("evaluate, times the peer", measured.peer.as_ref().map(|peer| peer.ratio), Bound::AtLeast(200.0)),
            ("compare samples, median, us", Some(compare.median_us), Bound::Below(50.0)),
            ("compare samples, p99, us", Some(compare.p99_us), Bound::Below(2e3)),
            ("compare versions, slowest, us", Some(versions.most_us), Bound::Below(1e6)),
        ];
        let target = |(name, reached, bound): (&str, Option<f64>, Bound)| Some(Target::new(name, reached?, bound));
        let targets = promised.into_iter().filter_map(target).collect();
        Ok(Report { measured, targets })
    }

    pub(super) fn to_json(&self) -> Value {
        json!(self)
    }
}

impl Target {
    fn new(name: &str, reached: f64, bound: Bound) -> Target {
        let met = match bound {
            Bound::AtLeast(least) => reached >= least,
            Bound::Below(most) => reached < most,
        };
        Target { name: name.to_owned(), reached, bound, met }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Measured { rounds, rates, compare, versions, peer } = &self.measured;
        writeln!(f, "median of {rounds} rounds, one thread\n")?;
        writeln!(f, "{:<18}{:>12}{:>12}{:>12}{:>12}  of what", "operation", "per second", "least", "most", "us each")?;
        for Rate { name, about, count, per_second, least, most } in rates {
            let numbers = format!("{:>12}{:>12}{:>12}", grouped(*per_second), grouped(*least), grouped(*most));
            writeln!(f, "{name:<18}{numbers}{:>12}  {about} ({count})", precise(1e6 / per_second))?;
        }
        if let Some(PeerRate { cases, decided, agreeing, per_second, ratio }) = peer {
            let decided = format!("decides {decided} of {cases} cases, {agreeing} as expected");
            writeln!(
                f,
                "{:<18}{:>12}{:>12}{:>12}{:>12}  {decided}",
                "peer",
                grouped(*per_second),
                "",
                "",
                precise(1e6 / per_second)
            )?;
            writeln!(f, "{:<18}{:>12}", "evaluate to peer", precise(*ratio))?;
        }
        writeln!(f, "\n{:<18}{:>12}{:>12}{:>12}{:>12}  slowest", "compare, us", "pairs", "median", "p99", "most")?;
        for (name, times) in [("samples", compare), ("versions", versions)] {
            let Times { pairs, unknown, median_us, p99_us, most_us, slowest } = times;
            let numbers = format!("{:>12}{:>12}{:>12}", precise(*median_us), precise(*p99_us), precise(*most_us));
            writeln!(f, "{name:<18}{pairs:>12}{numbers}  {slowest} ({unknown} not decided)")?;
        }
        writeln!(f, "\n{:<32}{:>16}{:>20}", "target", "promised", "reached")?;
        for Target { name, reached, bound, met } in &self.targets {
            let bound = match bound {
                Bound::AtLeast(least) => format!("at least {}", grouped(*least)),
                Bound::Below(most) => format!("below {}", grouped(*most)),
            };
            let reached = precise(*reached);
            writeln!(f, "{name:<30}{bound:>18}{reached:>20}  {}", if *met { "met" } else { "NOT MET" })?;
        }
        Ok(())
    }
}

/// Whole, with a comma between thousands.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// With so many decimals that small numbers still say something.
fn precise(number: f64) -> String {
    match number {
        _ if number >= 100.0 => grouped(number),
        _ if number >= 10.0 => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Report, grouped, precise};

    fn measured(per_second: f64, peer: Option<f64>) -> Value {
        let rate = |name: &str| json!({"name": name, "about": "", "count": 1, "per_second": per_second, "least": 0.0, "most": 1e9});
        let times = json!({"pairs": 1, "unknown": 0, "median_us": 1.0, "p99_us": 2e3, "most_us": 2e3, "slowest": "x"});
        let mut all = json!({
            "rounds": 3, "rates": [rate("evaluate"), rate("parse-evaluate"), rate("read-evaluate")], "compare": times,
            "versions": times,
        });
        if let Some(ratio) = peer {
            all["peer"] = json!({"cases": 1, "decided": 1, "agreeing": 1, "per_second": 5.0, "ratio": ratio});
        }
        all
    }

    fn met(report: &Report) -> Vec<bool> {
        report.targets.iter().map(|target| target.met).collect()
    }

    #[test]
    fn targets_are_met_exactly_from_their_bounds_on() {
        let report = Report::new(measured(1e6, Some(200.0))).unwrap();
        assert_eq!(met(&report), [true, true, true, true, true, false, true]);
        let report = Report::new(measured(49_999.0, Some(199.9))).unwrap();
        assert_eq!(met(&report), [false, false, false, false, true, false, true]);
        assert!(report.to_string().contains("NOT MET"));
    }

    #[test]
    fn without_a_peer_nothing_is_said_about_it() {
        let report = Report::new(measured(1e6, None)).unwrap();
        assert_eq!(report.targets.len(), 6);
        assert!(!report.to_string().contains("peer"));
        assert!(report.to_json().get("peer").is_none());
    }

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!([grouped(1_234_567.0), grouped(999.6), grouped(12.0)], ["1,234,567", "1,000", "12"]);
        assert_eq!([precise(0.354), precise(29.85), precise(1814.0)], ["0.35", "29.9", "1,814"]);
    }
}
