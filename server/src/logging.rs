//! Logs: one line for each event, on standard error, as JSON for machines or as text for people.

use std::str::FromStr;

use serde::Deserialize;
use tracing_subscriber::EnvFilter;

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
    let builder = tracing_subscriber::fmt().with_env_filter(EnvFilter::try_new(filter)?).with_writer(std::io::stderr);
    match format {
        LogFormat::Json => builder.json().flatten_event(true).with_current_span(false).try_init(),
        LogFormat::Text => builder.with_ansi(false).try_init(),
    }
}
