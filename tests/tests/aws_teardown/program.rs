//! The program as a process of its own.

use std::process::Stdio;
use std::time::Duration;

use daypass_tests::program::program;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Command;

use crate::ministack::{Hub, REGION};

/// How long a teardown may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// How a run ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) data: String,
    pub(crate) said: String,
}

impl Ended {
    /// The one JSON document.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap_or_else(|error| panic!("{error}: {} {}", self.data, self.said))
    }
}

/// Run it on this deployment, as the root of the hub's account.
pub(crate) async fn teardown(hub: &Hub, deployment: &str, arguments: &[&str]) -> Ended {
    let output = command(hub, deployment, arguments).output();
    let output = tokio::time::timeout(PATIENCE, output).await.expect("it ends in time").unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code(), data: text(output.stdout), said: text(output.stderr) }
}

/// Run it and kill it (`kill -9`) as soon as it has finished so many steps; `None` when it was killed.
pub(crate) async fn killed_after(hub: &Hub, deployment: &str, arguments: &[&str], steps: usize) -> Option<Ended> {
    let mut child = command(hub, deployment, arguments).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let (mut done, mut said) = (0, String::new());
    while let Some(line) = lines.next_line().await.unwrap() {
        done += usize::from(line.trim() == "done");
        said.push_str(&line);
        said.push('\n');
        if done == steps {
            child.kill().await.unwrap();
            return None;
        }
    }
    let mut data = String::new();
    child.stdout.take().unwrap().read_to_string(&mut data).await.unwrap();
    let status = tokio::time::timeout(PATIENCE, child.wait()).await.expect("it ends in time").unwrap();
    Some(Ended { code: status.code(), data, said })
}

fn command(hub: &Hub, deployment: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program("daypass-teardown", "DAYPASS_TEARDOWN_BIN"));
    command.args(["--deployment", deployment, "--consistency-window", "0", "--color", "never"]).args(arguments);
    command.env_clear().env("AWS_ENDPOINT_URL", hub.ministack.url()).env("AWS_REGION", REGION);
    // The emulator takes the account's number as its root's access key.
    command.env("AWS_ACCESS_KEY_ID", hub.account.as_str()).env("AWS_SECRET_ACCESS_KEY", "test");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}
