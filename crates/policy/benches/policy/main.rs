//! What the main paths of the policy core cost, over the sample cases: `cargo xtask bench policy` starts this, adds the
//! targets and prints the table; `cargo xtask bench policy --instructions` runs single operations under callgrind.
//!
//!     measure ROUNDS [PEER_FOLDER]    rates and times as one JSON object
//!     repeat OPERATION PASSES         one operation, so often
//!     operations                      their names, and how often each is done in one pass
#![expect(clippy::print_stdout, reason = "the numbers are what it is for")]

mod operations;
mod peer;
mod rounds;
mod times;
mod workload;

use std::error::Error;
use std::process::ExitCode;

use crate::operations::OPERATIONS;
use crate::workload::Workload;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    // `cargo bench` adds `--bench` for the standard harness, which this is not.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["measure", rounds, peer @ ..] => {
            println!("{}", rounds::measure(rounds.parse()?, peer.first().copied())?);
            Ok(())
        }
        ["repeat", name, passes] => {
            let workload = Workload::read()?;
            let operation = OPERATIONS.iter().find(|operation| operation.name == *name).ok_or("no such operation")?;
            let run = (operation.prepare)(&workload);
            (0..passes.parse::<usize>()?).for_each(|_| run.pass());
            Ok(())
        }
        ["operations"] => {
            let workload = Workload::read()?;
            for operation in OPERATIONS {
                println!("{} {}", operation.name, (operation.prepare)(&workload).count);
            }
            Ok(())
        }
        _ => Err("say `measure ROUNDS [PEER_FOLDER]`, `repeat OPERATION PASSES` or `operations`".into()),
    }
}

/// Say what is being done, beside the result.
#[expect(clippy::print_stderr, reason = "progress and errors; the result alone goes to standard output")]
fn tell(text: &str) {
    eprintln!("{text}");
}
