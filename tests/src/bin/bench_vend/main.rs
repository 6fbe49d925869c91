//! How many complete vends a second Daypass does on this machine, beside what SQLite commits there bare.
//!
//! The server is the real `daypass-server` in a process of its own, with its real log, on a real file; the cloud is the
//! simulated one, without delay. Only its rate limit is lifted, and it has many accounts, because each takes but 1,000 roles:
//! so no session has to be ended between the rounds. A vend is what `daypass request --creds` does: `POST /v1/sessions` with
//! an idempotency key and `Prefer: wait`, and, once the session is active, `POST …/credentials`. Clients, server and disk
//! share the machine.
//!
//! A benchmark is not a test: it succeeds if it could measure. The targets are shown with what was reached.

mod bare;
mod census;
mod installation;
mod load;
mod people;
mod report;
mod server;
mod start;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Parser;

use crate::bare::BareRate;
use crate::census::Census;
use crate::installation::Installation;
use crate::load::Load;
use crate::people::People;
use crate::report::{Report, Round};
use crate::server::{Server, Usage};

/// Complete vends per second over HTTP, beside what SQLite commits bare.
#[derive(Parser)]
#[command(name = "bench-vend", bin_name = "cargo xtask bench vend --")]
struct Arguments {
    /// How many clients ask at once
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=500))]
    clients: u16,
    /// How many rounds are measured, after one to warm up
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=50))]
    rounds: u16,
    /// How long a round lasts
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=60))]
    seconds: u64,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
    /// A `daypass-server` to measure; when absent, this workspace's is built
    #[arg(long, value_name = "FILE")]
    server: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "the result is what the program is for")]
fn run(arguments: Arguments) -> Result<()> {
    let program = match &arguments.server {
        Some(program) => program.clone(),
        None => server::build()?,
    };
    let runtime = tokio::runtime::Runtime::new().context("no threads")?;
    let report = runtime.block_on(measure(&arguments, &program))?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{report}");
    }
    Ok(())
}

async fn measure(arguments: &Arguments, program: &Path) -> Result<Report> {
    let people = People::log_in(arguments.clients).await?;
    tell("starting: ten times on new databases, ten times on one that is in use");
    let start = start::measure(program, &people).await?;
    tell("counting what a vend stores");
    let census = Census::take(program, &people).await?;
    let (rounds, loaded) = rounds(arguments, program, &people, census).await?;
    Ok(Report::new(arguments.clients, arguments.seconds, start, census, rounds, loaded))
}

/// Vends and bare transactions by turns, so that whatever else the machine does meets both alike.
async fn rounds(arguments: &Arguments, program: &Path, people: &People, census: Census) -> Result<(Vec<Round>, Usage)> {
    let length = Duration::from_secs(arguments.seconds);
    let accounts = installation::accounts_for(length * (u32::from(arguments.rounds) + 1));
    let installation = Installation::new(people, accounts)?;
    let (server, _) = Server::start(program, &installation).await?;
    let load = Load::new(&server, people, &installation)?;
    let mut rounds = Vec::new();
    for number in 0..=arguments.rounds {
        tell(&format!("round {number} of {}{}", arguments.rounds, if number == 0 { " (to warm up)" } else { "" }));
        let vends = load.run(&server, length).await?;
        let alone = BareRate::one_by_one(installation.folder(), census, length)?;
        let together = BareRate::together(installation.folder(), census, length, arguments.clients).await?;
        rounds.push(Round::new(vends, census, alone, together));
    }
    let loaded = server.usage()?;
    server.stop().await?;
    Ok((rounds.split_off(1), loaded))
}

/// Say what is being done, beside the result.
#[expect(clippy::print_stderr, reason = "progress and errors; the result alone goes to standard output")]
fn tell(text: &str) {
    eprintln!("{text}");
}
