//! `daypass-server` with a simulated cloud and a real identity provider.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use daypass_api::Client;
use daypass_tests::program::program;
use tokio::process::{Child, Command};

use crate::provider::{CLIENT_ID, Provider};

/// How long starting may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The name of the installation.
pub(crate) const DEPLOYMENT: &str = "acme";

/// A running server, and its folder.
pub(crate) struct Server {
    pub(crate) url: String,
    child: Child,
    folder: tempfile::TempDir,
}

impl Server {
    /// A server that trusts this provider.
    pub(crate) async fn of(provider: &Provider) -> Self {
        Self::with(&provider.issuer, "").await
    }

    /// A server that trusts this issuer, with more in its configuration.
    pub(crate) async fn with(issuer: &str, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = free_address();
        std::fs::write(folder.path().join("daypass.toml"), configuration(address, issuer, more)).unwrap();
        let log = File::create(folder.path().join("server.log")).unwrap();
        let mut command = Command::new(program("daypass-server", "DAYPASS_SERVER_BIN"));
        command.arg("--config").arg(folder.path().join("daypass.toml"));
        command.env_clear().env("DAYPASS_LOG", "info").env("HOME", folder.path());
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).kill_on_drop(true);
        let child = command.spawn().unwrap();
        let mut server = Self { url: format!("http://{address}"), child, folder };
        server.until_ready().await;
        server
    }

    async fn until_ready(&mut self) {
        let (client, started) = (Client::new(&self.url).unwrap(), Instant::now());
        while client.ready().await.is_err() {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none() && started.elapsed() < PATIENCE, "{ended:?}: {}", self.said());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What it wrote to its log.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }
}

fn configuration(address: SocketAddr, issuer: &str, more: &str) -> String {
    format!(
        r#"listen = "{address}"
database = "daypass.sqlite"
key_file = "daypass.keys"
deployment = "{DEPLOYMENT}"
broker_arn = "arn:aws:iam::111122223333:role/daypass-broker"
networks = ["127.0.0.1/32"]

[issuer]
url = "{issuer}"
audience = "{CLIENT_ID}"

[issuer.login]
client_id = "{CLIENT_ID}"
scopes = ["openid", "groups", "offline_access"]

[[projects]]
id = "acme-web"
group = "acme-web"
accounts = ["111122223333"]

{more}"#
    )
}

/// A port that was free just now.
fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}
