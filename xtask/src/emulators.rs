//! The emulators of AWS that a suite needs: installed under `target/`, pinned, and running for as long as this is held.
//!
//! They listen on loopback only, on ports that were free a moment before, and keep everything in memory. Each is started
//! by a shell that waits for our end of a pipe to close and then ends it, so that it dies with us even if we are killed.

mod install;

use std::ffi::OsStr;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::process::Workspace;

pub(crate) use install::python as install_python;

/// Where the suite's DynamoDB answers: dynoxide, which is strict about conditions and transactions.
pub(crate) const DYNAMODB: &str = "DAYPASS_TEST_DYNAMODB";

/// Where the suite's IAM, STS, KMS and SNS answer: ministack, which checks signatures and policies.
pub(crate) const MINISTACK: &str = "DAYPASS_TEST_MINISTACK";

/// Runs the program it is told in the background and ends it when its own input ends.
const GUARD: &str = r#""$@" </dev/null & program=$!; trap 'kill "$program"' EXIT; trap exit INT TERM HUP; read -r _"#;

/// How long an emulator may take to answer.
const START: Duration = Duration::from_secs(30);

/// Running emulators. They end when this is dropped.
pub(crate) struct Emulators {
    guards: Vec<Child>,
    /// The variables by which tests find them, and whom they trust.
    pub(crate) environment: Vec<(&'static str, String)>,
}

impl Emulators {
    /// Install what is missing, and start all.
    pub(crate) fn start(workspace: &Workspace) -> Result<Self> {
        let (dynoxide, ministack) = (install::dynoxide(workspace)?, install::ministack(workspace)?);
        let whom = [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")];
        let environment = whom.map(|(name, value)| (name, value.to_owned())).to_vec();
        let mut emulators = Self { guards: Vec::new(), environment };
        let port = free_port()?;
        let mut command = guarded(&dynoxide, ["--host", "127.0.0.1", "--port", &port.to_string(), "--log", "quiet"]);
        emulators.add(DYNAMODB, port, &mut command)?;
        let port = free_port()?;
        let mut command = guarded(&ministack, [""; 0]);
        command.env("BIND_HOST", "127.0.0.1").env("GATEWAY_PORT", port.to_string()).env("AUTH", "true");
        // It takes these for its root's.
        command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
        command.env("LOG_LEVEL", "WARNING").env("S3_PERSIST", "0").env("PERSIST_STATE", "0");
        emulators.add(MINISTACK, port, &mut command)?;
        Ok(emulators)
    }

    fn add(&mut self, variable: &'static str, port: u16, command: &mut Command) -> Result<()> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let guard = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().context("cannot start `sh`")?;
        self.guards.push(guard);
        until_answered(address).with_context(|| format!("the emulator of {variable} does not start"))?;
        self.environment.push((variable, format!("http://{address}")));
        Ok(())
    }
}

impl Drop for Emulators {
    fn drop(&mut self) {
        for guard in &mut self.guards {
            drop(guard.stdin.take());
            // Whatever it says, it has ended.
            let _ = guard.wait();
        }
    }
}

fn guarded<I: IntoIterator<Item = A>, A: AsRef<OsStr>>(program: &Path, arguments: I) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", GUARD, "guard"]).arg(program).args(arguments);
    command
}

/// A port that nobody listens on; somebody might before the emulator does, which then fails to start.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr().context("no free port")?.port())
}

fn until_answered(address: SocketAddr) -> Result<()> {
    let started = Instant::now();
    while TcpStream::connect(address).is_err() {
        anyhow::ensure!(started.elapsed() < START, "nobody answers on {address}");
        thread::park_timeout(Duration::from_millis(20));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Read as _};

    use super::*;

    #[test]
    fn a_guarded_program_ends_with_its_guard() {
        // The program's own output tells that it runs, and its end of file that it does not any more.
        let mut command = guarded(Path::new("sh"), ["-c", "echo running; while :; do sleep 0.05; done"]);
        let mut guard = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(guard.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert_eq!(line, "running\n");
        drop(guard.stdin.take());
        guard.wait().unwrap();
        assert_eq!(output.read_to_end(&mut Vec::new()).unwrap(), 0);
    }
}
