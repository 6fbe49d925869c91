//! `daypass-server` with a simulated cloud, and whoever vouches for people.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use daypass_api::Client;
use tokio::process::{Child, Command};

use crate::program::program;

/// How long starting may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The name of the installation.
pub const DEPLOYMENT: &str = "acme";

/// The client that people log in with.
pub const CLIENT_ID: &str = "daypass-cli";

/// A running server, and its folder.
pub struct Server {
    /// Its address.
    pub url: String,
    child: Child,
    folder: tempfile::TempDir,
}

impl Server {
    /// A server that people of this issuer log in to.
    pub async fn of(issuer: &str) -> Self {
        Self::trusting(&trust_in(issuer)).await
    }

    /// A server whose configuration says this about who vouches for people.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn trusting(whom: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let address = free_address();
        std::fs::write(folder.path().join("daypass.toml"), configuration(address, whom)).expect("a file");
        let log = File::create(folder.path().join("server.log")).expect("a file");
        let mut command = Command::new(program("daypass-server", "DAYPASS_SERVER_BIN"));
        command.arg("--config").arg(folder.path().join("daypass.toml"));
        command.env_clear().env("DAYPASS_LOG", "info").env("HOME", folder.path());
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("a file")).stderr(log).kill_on_drop(true);
        let child = command.spawn().expect("the server");
        let mut server = Self { url: format!("http://{address}"), child, folder };
        server.until_ready().await;
        server
    }

    async fn until_ready(&mut self) {
        let (client, started) = (Client::new(&self.url).expect("a client"), Instant::now());
        while client.ready().await.is_err() {
            let ended = self.child.try_wait().expect("its state");
            assert!(ended.is_none() && started.elapsed() < PATIENCE, "{ended:?}: {}", self.said());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What it wrote to its log.
    #[must_use]
    pub fn said(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }
}

/// What the configuration says about an issuer whose people log in with `daypass`.
#[must_use]
pub fn trust_in(issuer: &str) -> String {
    format!(
        r#"[issuer]
url = "{issuer}"
audience = "{CLIENT_ID}"

[issuer.login]
client_id = "{CLIENT_ID}"
scopes = ["openid", "groups", "offline_access"]

"#
    )
}

fn configuration(address: SocketAddr, whom: &str) -> String {
    format!(
        r#"listen = "{address}"
database = "daypass.sqlite"
key_file = "daypass.keys"
deployment = "{DEPLOYMENT}"
broker_arn = "arn:aws:iam::111122223333:role/daypass-broker"
networks = ["127.0.0.1/32"]

[[projects]]
id = "acme-web"
group = "acme-web"
accounts = ["111122223333"]

{whom}"#
    )
}

/// A port that was free just now.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("an address")
}
