//! Logs: one line for each event, on standard error, as JSON for machines or as text for people.

use std::str::FromStr;

use serde::Deserialize;
use tracing::Level;
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt};

/// The variable that says what is logged, such as `debug` or `info,daypass_vending=debug`.
pub const FILTER_VARIABLE: &str = "DAYPASS_LOG";

/// How logs are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object for each line.
    #[default]
    Json,
    /// Text.
    Text,
}

impl FromStr for LogFormat {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "json" => Ok(Self::Json),
            "text" => Ok(Self::Text),
            _ => Err("must be `json` or `text`"),
        }
    }
}

/// Log to standard error from now on. What is logged is `DAYPASS_LOG`, or `info` and above.
///
/// # Errors
/// When `DAYPASS_LOG` cannot be understood, or somebody installed another subscriber before.
pub fn init(format: LogFormat) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let filter = std::env::var(FILTER_VARIABLE).unwrap_or_else(|_| "info".to_owned());
    let filter = EnvFilter::try_new(filter)?.and(filter_fn(|event| may_be_logged(event.target(), *event.level())));
    let lines = fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry();
    match format {
        LogFormat::Json => {
            registry.with(lines.json().flatten_event(true).with_current_span(false).with_filter(filter)).try_init()?;
        }
        LogFormat::Text => registry.with(lines.with_ansi(false).with_filter(filter)).try_init()?,
    }
    Ok(())
}

/// Whoever carries requests for us: what they say below `info` are the requests themselves, with credentials and external
/// ids in them. No filter brings that into a log (invariant 8).
const CARRIERS: &[&str] = &["aws_", "h2", "hyper", "lambda_", "rustls"];

fn may_be_logged(target: &str, level: Level) -> bool {
    level <= Level::INFO || !CARRIERS.iter().any(|carrier| target.starts_with(carrier))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_stay_out_of_every_log() {
        for target in
            ["aws_smithy_runtime::client::orchestrator", "aws_config::imds", "hyper_util::client", "h2::codec"]
        {
            assert!(!may_be_logged(target, Level::TRACE) && !may_be_logged(target, Level::DEBUG), "{target}");
            assert!(may_be_logged(target, Level::WARN), "{target}");
        }
        assert!(may_be_logged("daypass_aws::iam", Level::TRACE));
    }
}
