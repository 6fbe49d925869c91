//! `daypass-server`: reads its configuration, puts the server together, and serves until it is told to stop.

mod application;
mod settings;

use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use daypass_embedded::logging;
use daypass_http::local::listen;
use daypass_http::{App, reload, serve};
use daypass_server::function;
use daypass_wiring::config::{Config, ConfigError, RulesConfig, Source, VARIABLES, environment};
use daypass_wiring::records;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The HTTP API of Daypass.
///
/// With a section `[aws]` in its configuration it vends in AWS, with the credentials it finds as every AWS program does.
/// Without one the cloud is SIMULATED: sessions get roles and credentials in accounts that exist in this server's database
/// and nowhere else.
#[derive(Parser)]
#[command(version, after_help = variables(), args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
struct Arguments {
    /// The configuration file: a path, or s3://bucket/key
    #[arg(long, value_name = "FILE", required = true)]
    config: Option<Source>,

    /// Check the configuration and exit
    #[arg(long)]
    check_config: bool,

    #[command(subcommand)]
    task: Option<Task>,
}

#[derive(Subcommand)]
enum Task {
    /// Make the DynamoDB tables that the configuration names and that are not there: for development, where no
    /// Terraform does
    InitTables {
        /// The configuration file: a path, or s3://bucket/key
        #[arg(long, value_name = "FILE")]
        config: Source,
    },
}

fn main() -> ExitCode {
    // One program: where Lambda started it, it has no arguments but a Runtime API.
    let outcome = match std::env::var_os(function::RUNTIME_API) {
        Some(_) => run_function(),
        None => run(&Arguments::parse()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no threads")?;
    runtime.block_on(run_task(arguments))
}

fn run_function() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no threads")?;
    runtime.block_on(async {
        let config = Config::load(&Source::from_environment()?, environment()).await?;
        logging::init(config.log_format).map_err(anyhow::Error::from_boxed).context("logs cannot be written")?;
        let app = application::in_function(config).await?;
        function::run(app).await.map_err(anyhow::Error::from_boxed)
    })
}

async fn run_task(arguments: &Arguments) -> anyhow::Result<()> {
    let source = match &arguments.task {
        Some(Task::InitTables { config }) => config,
        None => arguments.config.as_ref().context("no configuration file is named")?,
    };
    let config = Config::load(source, environment()).await?;
    if arguments.check_config {
        return Ok(());
    }
    logging::init(config.log_format).map_err(anyhow::Error::from_boxed).context("logs cannot be written")?;
    match arguments.task {
        Some(Task::InitTables { .. }) => init_tables(config).await,
        None => start(config).await,
    }
}

async fn init_tables(config: Config) -> anyhow::Result<()> {
    let made = records::init_tables(&config.store).await?;
    for table in made.tables {
        tracing::info!(table, "made");
    }
    for what in made.lacks {
        tracing::warn!(what, "not offered here");
    }
    Ok(())
}

async fn start(config: Config) -> anyhow::Result<()> {
    // Before anything else: a stop signal during the start must not kill the process half way.
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let hangup = signal(SignalKind::hangup())?;
    let listener = listen(config.listen).await?;
    let every = config.reconcile_every;
    let address = listener.local_addr()?;
    let rules = config.rules.clone();
    let app = application::application(config, address).await?;
    let reloading = tokio::spawn(reload_rules(app.clone(), rules, hangup));
    tracing::info!(%address, "listening");
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    serve(listener, app, every, stop).await;
    reloading.abort();
    Ok(())
}

/// Read the rules anew at every SIGHUP.
async fn reload_rules(app: App, rules: RulesConfig, mut hangup: Signal) {
    while hangup.recv().await.is_some() {
        match &rules.path {
            Some(path) => {
                let text = RulesConfig::read(path).await.map_err(|error| format!("{:#}", anyhow::Error::from(error)));
                reload(&app, &rules.live, text).await;
            }
            None => tracing::warn!("there are no rules to read anew: `rules` names no file"),
        }
    }
}

/// The error, its causes, and where to look next.
#[expect(clippy::print_stderr, reason = "the program's own voice, before or after there is a log")]
fn report(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
    eprintln!();
    match error.chain().find_map(|cause| cause.downcast_ref::<ConfigError>()).and_then(ConfigError::hint) {
        Some(hint) => eprintln!("hint: {hint}"),
        None => eprintln!(
            "hint: `daypass-server --help` lists the variables, and the README shows a whole configuration file"
        ),
    }
}

fn variables() -> String {
    let width = VARIABLES.iter().map(|variable| variable.name.len()).max().unwrap_or(0);
    let lines = VARIABLES.iter().map(|variable| format!("  {:width$}  {}", variable.name, variable.meaning));
    let mut text = vec!["Variables that override the configuration file:".to_owned()];
    text.extend(lines);
    text.push(format!("  {:width$}  what is logged [default: info]", logging::FILTER_VARIABLE));
    text.join("\n")
}
