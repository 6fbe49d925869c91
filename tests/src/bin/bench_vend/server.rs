//! The server's process: built, started, stopped, and what it uses.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use daypass_api::Client;
use serde::Serialize;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use crate::installation::Installation;

/// How long a start may take before the benchmark gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often a server that is starting is asked.
const ASK_EVERY: Duration = Duration::from_millis(1);

/// The unit of times in `/proc/<pid>/stat`, which Linux fixes for programs at a hundredth of a second.
const TICK: Duration = Duration::from_millis(10);

/// A running server. Dropping it kills the process.
pub(crate) struct Server {
    process: Child,
    client: Client,
}

/// What a process uses.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Usage {
    /// The processor time it has had, of all its threads, in the kernel and outside.
    #[serde(skip)]
    pub(crate) processor: Duration,
    /// Its resident memory.
    pub(crate) resident_bytes: u64,
    /// The most it has had.
    pub(crate) peak_resident_bytes: u64,
}

/// Build this workspace's server as this program was built, and say where it is.
pub(crate) fn build() -> Result<PathBuf> {
    let cargo = env::var_os("CARGO").context("name the server by `--server`, or start this by `cargo xtask bench`")?;
    let mut command = std::process::Command::new(cargo);
    command.args(["build", "--package", "daypass-server", "--bin", "daypass-server"]);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    let status = command.status().context("cannot start cargo")?;
    ensure!(status.success(), "the server does not build");
    let here = env::current_exe().context("this program does not know where it is")?;
    Ok(here.with_file_name("daypass-server").with_extension(env::consts::EXE_EXTENSION))
}

/// What the process with this id uses; `self` is this one.
pub(crate) fn usage_of(process: &str) -> Result<Usage> {
    let read = |file: &str| {
        let path = format!("/proc/{process}/{file}");
        fs::read_to_string(&path).with_context(|| format!("cannot read `{path}`; this benchmark needs Linux"))
    };
    let (stat, status) = (read("stat")?, read("status")?);
    let ticks = processor_ticks(&stat).context("`/proc/<pid>/stat` is not as expected")?;
    let bytes = |name: &str| kilobytes(&status, name).map(|kilobytes| kilobytes * 1024);
    Ok(Usage {
        processor: TICK * ticks,
        resident_bytes: bytes("VmRSS:").context("there is no `VmRSS`")?,
        peak_resident_bytes: bytes("VmHWM:").context("there is no `VmHWM`")?,
    })
}

impl Server {
    /// Start the server, and say how long it took from starting the process to the first good answer of `/readyz`.
    pub(crate) async fn start(program: &Path, installation: &Installation) -> Result<(Self, Duration)> {
        let client = Client::new(&format!("http://{}", installation.address))?;
        let log = File::options().create(true).append(true).open(installation.log())?;
        let mut command = Command::new(program);
        command.arg("--config").arg(installation.configuration_file());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).kill_on_drop(true);
        // Whatever the person has set for servers of their own.
        for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("DAYPASS_")) {
            command.env_remove(name);
        }
        let started = Instant::now();
        let process = command.spawn().with_context(|| format!("cannot start `{}`", program.display()))?;
        let mut server = Self { process, client };
        timeout(PATIENCE, server.until_ready()).await.context("the server does not become ready")??;
        Ok((server, started.elapsed()))
    }

    async fn until_ready(&mut self) -> Result<()> {
        while self.client.ready().await.is_err() {
            if let Some(status) = self.process.try_wait()? {
                anyhow::bail!("the server ended with {status}");
            }
            sleep(ASK_EVERY).await;
        }
        Ok(())
    }

    /// A client without a token.
    pub(crate) fn client(&self) -> Client {
        self.client.clone()
    }

    /// What the server uses now.
    pub(crate) fn usage(&self) -> Result<Usage> {
        usage_of(&self.process.id().context("the server has ended")?.to_string())
    }

    /// Ask it to stop, and wait until it has.
    pub(crate) async fn stop(mut self) -> Result<()> {
        let id = self.process.id().context("the server has ended")?.to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().await.context("cannot start `kill`")?;
        ensure!(asked.success(), "the server cannot be asked to stop");
        let status = timeout(PATIENCE, self.process.wait()).await.context("the server does not stop")??;
        ensure!(status.success(), "the server ended with {status}");
        Ok(())
    }
}

/// Fields 14 and 15, `utime` and `stime` (`man 5 proc_pid_stat`). The second field, the program's name, may contain spaces.
fn processor_ticks(stat: &str) -> Option<u32> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<u32>().ok();
    Some(next()? + next()?)
}

fn kilobytes(status: &str, name: &str) -> Option<u64> {
    status.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}
