//! How long the server takes to be ready, and how much memory it takes when it idles.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;
use tokio::time::sleep;

use crate::installation::Installation;
use crate::load::Load;
use crate::people::People;
use crate::server::{Server, Usage};
use daypass_tests::numbers::median;

/// How often it is started.
const STARTS: usize = 10;

/// How many sessions live in the database that is in use.
const SESSIONS: usize = 500;

/// How long it idles before its memory is read.
const IDLE: Duration = Duration::from_secs(3);

/// What was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Start {
    /// From starting the process to its first good answer, on a database that it makes: the median.
    pub(crate) ready_on_new_ms: f64,
    /// Likewise on a database with live sessions.
    pub(crate) ready_in_use_ms: f64,
    /// How many live sessions those are.
    pub(crate) sessions: usize,
    /// What it uses when it idles after a start on a new database.
    pub(crate) idle: Usage,
}

/// Start it again and again.
pub(crate) async fn measure(program: &Path, people: &People) -> Result<Start> {
    let mut on_new = Vec::new();
    for _ in 0..STARTS {
        on_new.push(start(program, &Installation::new(people, 2)?).await?);
    }
    let installation = Installation::new(people, 2)?;
    let (server, _) = Server::start(program, &installation).await?;
    sleep(IDLE).await;
    let idle = server.usage()?;
    Load::new(&server, people, &installation)?.one_by_one(SESSIONS).await?;
    server.stop().await?;
    let mut in_use = Vec::new();
    for _ in 0..STARTS {
        in_use.push(start(program, &installation).await?);
    }
    Ok(Start { ready_on_new_ms: median(on_new), ready_in_use_ms: median(in_use), sessions: SESSIONS, idle })
}

async fn start(program: &Path, installation: &Installation) -> Result<f64> {
    let (server, ready_after) = Server::start(program, installation).await?;
    server.stop().await?;
    Ok(ready_after.as_secs_f64() * 1000.0)
}
