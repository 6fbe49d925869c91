//! The server as a process of its own.

use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use daypass_api::Client;
use daypass_tests::emulated::REGION;
use daypass_tests::program::program;
use tokio::process::{Child, Command};

use crate::deployment::Deployment;

/// How long starting and stopping may take: the server gives sagas half a minute to finish.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server.
pub(crate) struct Server {
    command: Command,
    child: Child,
    log: PathBuf,
    url: String,
}

impl Deployment {
    /// Start a server; it is ready when this comes back.
    pub(crate) async fn start(&self) -> Server {
        let mut server = self.launch();
        server.until_ready().await;
        server
    }

    /// Start a server and do not wait for it.
    pub(crate) fn launch(&self) -> Server {
        let log = self.folder().join("server.log");
        let file = File::options().create(true).append(true).open(&log).unwrap();
        let mut command = Command::new(program("daypass-server", "DAYPASS_SERVER_BIN"));
        command.arg("--config").arg(self.configuration_file());
        command.env_clear().env("AWS_REGION", REGION).env("DAYPASS_LOG", "info");
        command.env("AWS_ACCESS_KEY_ID", &self.hub.broker.id);
        command.env("AWS_SECRET_ACCESS_KEY", self.hub.broker.secret.reveal());
        // No files of whoever runs the tests: the SDK would read them.
        command.env("HOME", self.folder());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file).kill_on_drop(true);
        let child = command.spawn().unwrap();
        Server { command, child, log, url: format!("http://{}", self.address) }
    }

    /// A client of this person.
    pub(crate) fn client(&self, name: &str) -> Client {
        Client::new(&format!("http://{}", self.address)).unwrap().with_token(self.people.token(name))
    }
}

impl Server {
    /// Come back when it takes requests. Somebody's call may have been given its port meanwhile, but not for long.
    pub(crate) async fn until_ready(&mut self) {
        let (client, started) = (Client::new(&self.url).unwrap(), Instant::now());
        while client.ready().await.is_err() {
            assert!(started.elapsed() < PATIENCE, "{}", self.said());
            if let Some(ended) = self.child.try_wait().unwrap() {
                let said = self.said();
                assert!(said.lines().rev().take(4).any(|line| line.contains("cannot listen")), "{ended}: {said}");
                self.child = self.command.spawn().unwrap();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// `kill -9`: it has no time for anything.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Ask it to stop (SIGTERM), and wait until it has.
    pub(crate) async fn stop(mut self) {
        let id = self.child.id().expect("it runs").to_string();
        // The shell's own `kill`, because not every machine has the program.
        let sent = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &id]).status().await.unwrap();
        assert!(sent.success());
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("the server ends in time").unwrap();
        assert!(status.success(), "{status}: {}", self.said());
    }

    /// What it and those before it wrote to their log.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}
