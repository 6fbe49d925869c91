//! Tries to refute what the comparison proves: `cargo run --release -p daypass-policy --example refute -- FILE.jsonl
//! [ATTEMPTS]`, where every line holds two policies as `{"id", "a", "b", "expected"?}`. For each pair that is said to be
//! included, requests made from both policies are put to the evaluator. Prints what was refuted, what was not decided, and
//! what differs from what was expected.
#![expect(clippy::print_stdout, reason = "the output is what it is for")]

#[path = "../tests/suite/attempts/mod.rs"]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
mod attempts;

use attempts::Attempts;
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
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("the name of a file of pairs is missing")?;
    let tries = arguments.next().map_or(Ok(2_000), |text| text.parse())?;
    let [mut included_pairs, mut witnessed, mut unknown, mut refuted, mut idle] = [0usize; 5];
    for (at, line) in std::fs::read_to_string(path)?.lines().enumerate() {
        let Pair { id, a, b, expected } = serde_json::from_str(line)?;
        let (a, b) = (parse(a)?, parse(b)?);
        let answer = included(&a, &b);
        let said = match &answer {
            Inclusion::Included => {
                included_pairs += 1;
                let mut attempts = Attempts::new(&a, &b, 0x9e37_79b9_7f4a_7c15 ^ u64::try_from(at)?);
                if let Some(request) = attempts.refutation(tries) {
                    refuted += 1;
                    println!("REFUTED {id}: {request:?}");
                }
                idle += usize::from(attempts.allowed < tries / 50);
                "included"
            }
            Inclusion::Witness(_) => {
                witnessed += 1;
                "not-included"
            }
            Inclusion::Unknown(reason) => {
                unknown += 1;
                println!("{id}: unknown: {reason}");
                "unknown"
            }
        };
        if let Some(expected) = expected.filter(|expected| expected != said) {
            println!("{id}: {answer:?}, expected {expected}");
        }
    }
    println!(
        "included {included_pairs} ({refuted} refuted, {idle} hardly tried), not included {witnessed}, unknown {unknown}"
    );
    Ok(())
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
