//! `daypass-cleanup`: reads its configuration once for each sandbox, and runs a pass for each invocation.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use daypass_embedded::logging;
use daypass_lambda_cleanup::{Invocation, answer};
use daypass_vending::service::Vending;
use daypass_wiring::config::{CleanupConfig, Source};
use daypass_wiring::on_aws;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;

fn main() -> ExitCode {
    // One thread: a small function has less than one processor, and waits for AWS nearly all the time.
    let outcome = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(run()),
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

async fn run() -> anyhow::Result<()> {
    let source = Source::from_environment()?;
    let config = CleanupConfig::load(&source, daypass_wiring::config::environment()).await?;
    logging::init(config.log_format).map_err(anyhow::Error::from_boxed).context("logs cannot be written")?;
    let vending = Arc::new(on_aws::build_cleanup(config).await?);
    let invoked = lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| pass(vending.clone(), event))).await;
    invoked.map_err(anyhow::Error::from_boxed)
}

async fn pass(
    vending: Arc<Vending>,
    event: LambdaEvent<Value>,
) -> Result<daypass_lambda_cleanup::Answer, daypass_lambda_cleanup::Failed> {
    let LambdaEvent { payload, context } = event;
    let invocation = Invocation { event: payload, request_id: context.request_id, deadline_ms: context.deadline };
    answer(&vending, invocation, |line| {
        // A log that cannot be written is no reason to leave work undone.
        let _ = writeln!(std::io::stdout().lock(), "{line}");
    })
    .await
}

/// The error and its causes: Lambda keeps what stands on standard error.
#[expect(clippy::print_stderr, reason = "the program's own voice, before there is a log")]
fn report(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
}
