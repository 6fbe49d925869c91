//! What it costs to know who somebody is and what they may have: `cargo xtask bench auth`.
//!
//! Decisions are timed one by one, with the shipped rules alone and with so many more as an organisation would write, by the
//! index and, in the same run, by asking Cedar about every rule. Requests go through the real server over loopback: token
//! verified, decided, read, answered; clients and server share the machine.

#![expect(clippy::print_stdout, reason = "its output is what this program is for")]

mod decisions;
mod requests;
mod rules;

use std::error::Error;

/// What the design promises of a decision with 1,000 rules.
const TARGET_MICROS: f64 = 1_000.0;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    println!("decisions, in microseconds; RATIO is all rules asked, as against the index\n");
    let worst = decisions::measure()?;
    let met = if worst < TARGET_MICROS { "PASS" } else { "FAIL" };
    println!(
        "\n{met} p99 of a decision with 1,000 rules, refusals included: {worst:.0} µs (below {TARGET_MICROS:.0})\n"
    );
    requests::measure().await
}
