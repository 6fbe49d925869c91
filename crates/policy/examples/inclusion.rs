//! Measures comparisons: `cargo run --release -p daypass-policy --example inclusion -- FILE.jsonl`, where every line holds
//! two policies as `{"id", "a", "b", "expected"?}`. Prints the times, what was not decided, and what differs from what was
//! expected.
#![expect(clippy::print_stdout, reason = "the output is what it is for")]

use std::time::{Duration, Instant};

use daypass_policy::cases::InclusionCase;
use daypass_policy::compare::Inclusion;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("the name of a file of pairs is missing")?;
    // Unpacked on first use; that is measured nowhere.
    let _ = daypass_policy::catalogue::catalogue();
    let mut times: Vec<(Duration, String)> = Vec::new();
    let mut counts = [0usize; 3];
    for line in std::fs::read_to_string(path)?.lines() {
        let case = InclusionCase::parse(line)?;
        let id = case.id.to_string();
        let (time, answer) = timed(|| case.compare());
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
        if let Some(expected) = case.expected.filter(|expected| expected != answer.name()) {
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
