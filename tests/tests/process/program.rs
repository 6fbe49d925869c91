//! The program as a process of its own, its data, and its users.

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use daypass_api::{Client, Login, Masked};
use daypass_tests::program::program;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

/// How long starting and stopping may take: the server gives sagas half a minute to finish.
const PATIENCE: Duration = Duration::from_secs(45);

/// A folder in which one server after the other runs, always on the same port, so that tokens stay good.
pub(crate) struct Installation {
    program: PathBuf,
    home: tempfile::TempDir,
    port: std::sync::OnceLock<u16>,
    /// Whether the server decides by the rules in [`Installation::rules`].
    has_rules: bool,
}

/// A running server.
pub(crate) struct Dev {
    child: Child,
    pub(crate) url: String,
    users: serde_json::Value,
}

/// Everybody, logged in with a second factor.
pub(crate) struct People {
    pub(crate) carla: Client,
    pub(crate) carl: Client,
    pub(crate) olga: Client,
    pub(crate) ada: Client,
}

impl Installation {
    pub(crate) fn new() -> Self {
        let (home, port) = (tempfile::tempdir().unwrap(), std::sync::OnceLock::new());
        Self { program: program("daypass", "DAYPASS_BIN"), home, port, has_rules: false }
    }

    /// One whose server decides by these rules.
    pub(crate) fn deciding_by(rules: &str) -> Self {
        let installation = Self { has_rules: true, ..Self::new() };
        installation.write_rules(rules);
        installation
    }

    /// Write other rules; the server reads them when it is told to.
    pub(crate) fn write_rules(&self, rules: &str) {
        std::fs::write(self.rules(), rules).unwrap();
    }

    fn rules(&self) -> PathBuf {
        self.home.path().join("rules.cedar")
    }

    /// Where everything is kept.
    pub(crate) fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// Start a server; it is ready when this comes back. Another program may have been given its port meanwhile, but not
    /// for long.
    pub(crate) async fn start(&self) -> Dev {
        let mut said = String::new();
        for _ in 0..50 {
            match self.try_start().await {
                Ok(dev) => {
                    let port = dev.url.rsplit(':').next().unwrap().parse().unwrap();
                    assert_eq!(*self.port.get_or_init(|| port), port);
                    return dev;
                }
                Err((_, error)) if error.contains("cannot listen") => said = error,
                Err((status, error)) => panic!("the server ended early with {status}: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        panic!("the port is never free: {said}");
    }

    /// Start a server beside the one that runs, on a port of its own, and see what becomes of it.
    pub(crate) async fn start_another(&self) -> (ExitStatus, String) {
        let child = self.daypass(&["dev", "--port", "0"]).spawn().unwrap();
        ended(child).await
    }

    async fn try_start(&self) -> Result<Dev, (ExitStatus, String)> {
        let port = self.port.get().copied().unwrap_or_default().to_string();
        let mut command = self.daypass(&["dev", "--output", "json", "--port", &port]);
        if self.has_rules {
            command.arg("--rules").arg(self.rules());
        }
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut announced = String::new();
        let announcement = async {
            while !announced.ends_with("\n}\n") {
                if lines.read_line(&mut announced).await.unwrap() == 0 {
                    return false;
                }
            }
            true
        };
        if !tokio::time::timeout(PATIENCE, announcement).await.expect("the server starts in time") {
            return Err(ended(child).await);
        }
        let announced: serde_json::Value = serde_json::from_str(&announced).unwrap();
        let url = announced.get("server").and_then(|url| url.as_str()).unwrap().to_owned();
        let users = announced.get("users").unwrap().clone();
        Ok(Dev { child, url, users })
    }

    pub(crate) async fn log_everybody_in(&self, dev: &Dev) -> People {
        People {
            carla: self.log_in(dev, "carla").await,
            carl: self.log_in(dev, "carl").await,
            olga: self.log_in(dev, "olga").await,
            ada: self.log_in(dev, "ada").await,
        }
    }

    async fn log_in(&self, dev: &Dev, user: &str) -> Client {
        let mut users = dev.users.as_array().unwrap().iter();
        let known = users.find(|known| known.get("user").is_some_and(|name| name == user)).unwrap();
        let password = known.get("password").and_then(|password| password.as_str()).unwrap();
        let code = self.daypass(&["dev", "totp", user]).output().await.unwrap();
        let code = String::from_utf8(code.stdout).unwrap();
        let client = Client::new(&dev.url).unwrap();
        let totp = Some(Masked::new(code.trim()));
        let login = Login { user: user.to_owned(), password: Masked::new(password), totp };
        let token = client.log_in(&login).await.unwrap().token;
        client.with_token(token.reveal())
    }

    fn daypass(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).arg("--data-dir").arg(self.data());
        command.env_clear().env("HOME", self.home.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }
}

impl Dev {
    /// `kill -9`: it has no time for anything.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Have it read its rules anew (SIGHUP).
    pub(crate) async fn hang_up(&self) {
        self.signal("HUP").await;
    }

    /// Ask it to stop (SIGTERM), and wait until it has.
    pub(crate) async fn stop(self) -> ExitStatus {
        self.signal("TERM").await;
        let (status, said) = ended(self.child).await;
        assert!(status.success(), "{status}: {said}");
        status
    }

    async fn signal(&self, name: &str) {
        let id = self.child.id().expect("it runs").to_string();
        // The shell's own `kill`, because not every machine has the program.
        let sent = Command::new("sh").args(["-c", "kill -\"$1\" \"$0\"", &id, name]).status().await.unwrap();
        assert!(sent.success());
    }
}

/// Wait for a process to end: how it did, and what it said on stderr.
async fn ended(mut child: Child) -> (ExitStatus, String) {
    let mut said = String::new();
    let mut stderr = child.stderr.take().unwrap();
    let end = async {
        stderr.read_to_string(&mut said).await.unwrap();
        child.wait().await.unwrap()
    };
    let status = tokio::time::timeout(PATIENCE, end).await.expect("the server ends in time");
    (status, said)
}
