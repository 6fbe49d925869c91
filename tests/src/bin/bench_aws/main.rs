//! How long a grant takes with AWS behind it, how soon a kill is dead, and how many sessions a reconciler ends: beside what
//! the emulators do for the very same calls when nobody of ours is in between.
//!
//! Daypass runs in this process with its AWS adapters, on `ministack` and `dynoxide`, which `cargo xtask bench aws` starts.
//! First a session's life is played once through proxies that write down every call. Then, by turns, Daypass makes and ends
//! sessions, and the calls that were written down are sent again for other sessions, by as many clients at once. The
//! emulators share the machine with both.
//!
//! A benchmark is not a test: it succeeds if it could measure. The targets are shown with what was reached.

mod bare;
mod installation;
mod recording;
mod report;

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Parser;

use crate::bare::Bare;
use crate::installation::Ground;
use crate::recording::Recording;
use crate::report::{Report, Round};

/// How many accounts are vended in.
const ACCOUNTS: usize = 4;

/// Vends, kills and the reconciler on emulated AWS, beside the emulators' own maximum for the same calls.
#[derive(Parser)]
#[command(name = "bench-aws", bin_name = "cargo xtask bench aws --")]
struct Arguments {
    /// How many sessions are under way at once
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=100))]
    at_once: u16,
    /// How many rounds are measured, after one to warm up
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=50))]
    rounds: u16,
    /// How many sessions a round makes and ends
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u16).range(8..=900))]
    sessions: u16,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "the result is what the program is for")]
fn run(arguments: &Arguments) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new().context("no threads")?;
    let report = runtime.block_on(measure(arguments))?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{report}");
    }
    Ok(())
}

async fn measure(arguments: &Arguments) -> Result<Report> {
    tell("writing down the calls of a session's life");
    let ground = Ground::new(ACCOUNTS).await?;
    let recording = Recording::take(&ground).await?;
    let (daypass, mut bare) = (ground.direct().await?, Bare::new(&ground).await);
    let mut rounds = Vec::new();
    for number in 0..=arguments.rounds {
        tell(&format!("round {number} of {}{}", arguments.rounds, if number == 0 { " (to warm up)" } else { "" }));
        let (count, at_once) = (usize::from(arguments.sessions), usize::from(arguments.at_once));
        let kills = count / 4;
        let grants = daypass.vend(count, at_once).await?;
        let killed = daypass.kill(kills).await?;
        let ended = daypass.expire_all().await?;
        // Never both at once: a pass of the reconciler kills roles that belong to no session.
        let bare_grants = bare.vend(&recording.vend, count + kills, at_once).await?;
        let bare_killed = bare.kill(&recording, kills).await?;
        let bare_ended = bare.end(&recording.end, count, daypass.ends_at_once()).await?;
        rounds.push(Round::new(&grants, &bare_grants, &killed, &bare_killed, &ended, &bare_ended));
    }
    Ok(Report::new(arguments.at_once, arguments.sessions, &recording, rounds.split_off(1)))
}

/// Say what is being done, beside the result.
#[expect(clippy::print_stderr, reason = "progress and errors; the result alone goes to standard output")]
fn tell(text: &str) {
    eprintln!("{text}");
}
