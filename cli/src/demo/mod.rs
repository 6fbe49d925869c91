//! `daypass demo`: stories, played by sample users through HTTP on a real server that lives for some seconds, with
//! a temporary database and a simulated AWS account. Each step states an expectation and shows whether it held.

mod administrator;
mod approval;
mod contractor;
mod on_call;
mod recorder;
mod stage;
mod trail;

use std::time::Instant;

use crate::exit::ExitStatus;
use crate::failure::{Failure, Outcome};
use crate::printer::{OutputFormat, Printer};
use crate::wait;
use recorder::Recorder;
use stage::Stage;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Needs nothing and leaves nothing behind. Exits with 0 only if every expectation held, else with 9.

Examples:
  daypass demo
  daypass demo --json | jq 'select(.ok | not)'")]
pub(crate) struct Args {
    /// Print the transcript as JSON lines: one object per step with `story`, `step`, `ok` and `detail`
    #[arg(long)]
    json: bool,
}

pub(crate) async fn command(arguments: &Args, printer: &Printer) -> Outcome {
    let as_json = arguments.json || printer.format() == OutputFormat::Json;
    let mut recorder = Recorder::new(printer.clone(), as_json);
    let started = Instant::now();
    let stage = Stage::set().await?;
    recorder.tell(&format!(
        "A Daypass server, a simulated AWS account and sample users, at {} for the next seconds.",
        stage.address()
    ))?;
    let nothing_is_left = || "nothing of the demo is left behind".to_owned();
    let played = wait::interruptible(play(&stage, &mut recorder), nothing_is_left).await;
    stage.clear().await?;
    match played.and_then(|()| recorder.summary(started.elapsed())) {
        // Whoever stopped reading did not see every expectation hold, and so is not told that they did.
        Err(failure) if failure.reader_left => Ok(ExitStatus::NotAsExpected),
        outcome => outcome,
    }
}

/// Each story builds on the one before; one that breaks off ends the play.
async fn play(stage: &Stage, recorder: &mut Recorder) -> Result<(), Failure> {
    recorder.story("contractor", "A contractor has to look into a failing job")?;
    let pass = contractor::play(stage, recorder).await;
    let Some(pass) = recorder.unless_broken(pass)? else { return Ok(()) };

    recorder.story("administrator", "An administrator hears that the contractor's laptop was stolen")?;
    let ended = administrator::play(stage, recorder, &pass).await;
    let Some(admin) = recorder.unless_broken(ended)? else { return Ok(()) };

    recorder.story("approval", "Administration of the account takes a second person")?;
    let approved = approval::play(stage, recorder).await;
    let Some(()) = recorder.unless_broken(approved)? else { return Ok(()) };

    recorder.story("break-glass", "At night the site is down, and on-call breaks the glass")?;
    let broken = on_call::play(stage, recorder, &admin).await;
    let Some(session) = recorder.unless_broken(broken)? else { return Ok(()) };

    recorder.story("trail", "What everybody can see afterwards")?;
    let read = trail::play(stage, recorder, &session).await;
    recorder.unless_broken(read).map(drop)
}

/// The status of a demo in which so many expectations of so many held.
fn verdict(held: usize, stated: usize) -> ExitStatus {
    if held == stated { ExitStatus::Ok } else { ExitStatus::NotAsExpected }
}
