//! Measures comparisons: `cargo run --release -p daypass-policy --example inclusion -- FILE.jsonl`, where every line holds
//! two policies as `{"id", "a", "b", "expected"?}`. Prints the times, what was not decided, and what differs from what was
//! expected.
#![expect(clippy::print_stdout, reason = "the output is what it is for")]

use std::time::{Duration, Instant};

use daypass_policy::PolicyDocument;
use daypass_policy::compare::{Inclusion, included};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Pair {
    #[serde(default)]
    id: String,
    a: Value,
    b: Value,
    expected: Option<String>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("the name of a file of pairs is missing")?;
    // Unpacked on first use; that is measured nowhere.
    let _ = daypass_policy::catalogue::catalogue();
    let mut times: Vec<(Duration, String)> = Vec::new();
    let mut counts = [0usize; 3];
    for line in std::fs::read_to_string(path)?.lines() {
        let Pair { id, a, b, expected } = serde_json::from_str(line)?;
        let (a, b) = (parse(a)?, parse(b)?);
        let (time, answer) = timed(|| included(&a, &b));
        times.push((time, id.clone()));
        let found = match &answer {
            Inclusion::Included => 0,
            Inclusion::Witness(_) => 1,
            Inclusion::Unknown(reason) => {
                println!("{id}: unknown: {reason}");
                2
            }
        };
        if let Some(count) = counts.get_mut(found) {
            *count += 1;
        }
        let said = ["included", "not-included", "unknown"].get(found).copied();
        if let Some(expected) = expected.filter(|expected| Some(expected.as_str()) != said) {
            println!("{id}: {answer:?}, expected {expected}");
        }
    }
    times.sort();
    let at = |share: usize| times.get((times.len() * share / 100).min(times.len().saturating_sub(1)));
    println!("included {}, not included {}, unknown {}", counts[0], counts[1], counts[2]);
    println!("median {:?}\np99 {:?}", at(50), at(99));
    for (time, id) in times.iter().rev().take(12) {
        println!("{time:?} {id}");
    }
    Ok(())
}

/// The least of several runs: other programs on the machine only ever add to it.
fn timed<T>(run: impl Fn() -> T) -> (Duration, T) {
    let once = || {
        let started = Instant::now();
        let answer = run();
        (started.elapsed(), answer)
    };
    let first = once();
    (0..4).map(|_| once()).fold(first, |best, next| if next.0 < best.0 { next } else { best })
}

/// Statement names say nothing, and some of them are not unique.
fn parse(mut policy: Value) -> Result<PolicyDocument, Box<dyn std::error::Error>> {
    if let Some(statements) = policy.get_mut("Statement").and_then(Value::as_array_mut) {
        statements.iter_mut().filter_map(Value::as_object_mut).for_each(|statement| {
            statement.remove("Sid");
        });
    }
    Ok(PolicyDocument::parse(&policy.to_string())?)
}
