//! Waiting for a session to come to rest: with a spinner for people, and a way out that says what goes on without us.

use std::time::Duration;

use daypass_api::{Call, Client, ClientError, CredentialsView, EntryView, ProblemCode, SessionView, Trouble};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::{Instant, sleep};

use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::printer::Printer;

/// How long the server may hold an answer back. Short, so that a proxy between us does not lose patience.
const HOLD_SECONDS: u8 = 10;

/// The least time between two questions, should the server not hold its answer back.
const PAUSE: Duration = Duration::from_millis(200);

/// How long a new role may take to become visible to STS: the design's 60 s, and some for the way.
const VISIBLE_WITHIN: Duration = Duration::from_secs(75);

/// A spinner on stderr, or nothing where nobody would see it.
pub(crate) struct Spinner {
    bar: ProgressBar,
}

impl Spinner {
    /// Start spinning beside a text.
    pub(crate) fn start(printer: &Printer, text: impl Into<String>) -> Self {
        let target = if printer.is_lively() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        // The template is a constant, and the default is no worse than none.
        let style = ProgressStyle::with_template("{spinner:.cyan} {msg} ({elapsed})");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.set_message(text.into());
        bar.enable_steady_tick(Duration::from_millis(100));
        Self { bar }
    }

    /// Say something else.
    pub(crate) fn text(&self, text: impl Into<String>) {
        self.bar.set_message(text.into());
    }

    /// Do something that prints, without the spinner in its way.
    pub(crate) fn suspend<R>(&self, print: impl FnOnce() -> R) -> R {
        self.bar.suspend(print)
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Do some work, unless Ctrl-C comes first; then `what_goes_on` says what happens without us.
pub(crate) async fn interruptible<T>(
    work: impl Future<Output = Result<T, Failure>>,
    what_goes_on: impl FnOnce() -> String,
) -> Result<T, Failure> {
    tokio::select! {
        result = work => result,
        _ = tokio::signal::ctrl_c() => {
            Err(Failure::new(ExitStatus::Interrupted, "interrupted").hint(what_goes_on()))
        }
    }
}

/// Come back when the process is asked to stop: by Ctrl-C, or by whoever manages processes.
pub(crate) async fn asked_to_stop() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminated.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

/// Make a call that changes something; when its answer was lost, make it once more with the same idempotency key, so that
/// it meets its own result.
pub(crate) async fn surely<T, F>(make: impl Fn(Call) -> F) -> Result<T, ClientError>
where
    F: Future<Output = Result<T, ClientError>>,
{
    let call = Call::new();
    match make(call.clone()).await {
        Err(ClientError::Transport { trouble: Trouble::Timeout | Trouble::Interrupted, .. }) => make(call).await,
        answer => answer,
    }
}

/// Wait until `rests` holds for the session.
pub(crate) async fn until(
    client: &Client,
    id: &str,
    rests: impl Fn(&SessionView) -> bool,
) -> Result<SessionView, ClientError> {
    loop {
        let asked = Instant::now();
        let session = client.session(id, HOLD_SECONDS).await?;
        if rests(&session) {
            return Ok(session);
        }
        sleep(PAUSE.saturating_sub(asked.elapsed())).await;
    }
}

/// Get credentials.
pub(crate) async fn credentials(client: &Client, id: &str) -> Result<CredentialsView, ClientError> {
    until_ready(|| client.credentials(id)).await
}

/// Get what to enter a role with.
pub(crate) async fn entry(client: &Client, id: &str) -> Result<EntryView, ClientError> {
    until_ready(|| client.entry(id)).await
}

/// While AWS does not see the new role yet, try again.
async fn until_ready<T, F>(ask: impl Fn() -> F) -> Result<T, ClientError>
where
    F: Future<Output = Result<T, ClientError>>,
{
    let started = Instant::now();
    loop {
        match ask().await {
            Err(error) if is_not_ready(&error) && started.elapsed() < VISIBLE_WITHIN => {
                sleep(pause_of(&error)).await;
            }
            answer => return answer,
        }
    }
}

fn is_not_ready(error: &ClientError) -> bool {
    error.problem().is_some_and(|problem| problem.code == ProblemCode::NotReady)
}

fn pause_of(error: &ClientError) -> Duration {
    match error {
        ClientError::Problem { retry_after_seconds: Some(seconds), .. } => Duration::from_secs((*seconds).clamp(1, 30)),
        _ => Duration::from_secs(1),
    }
}
