//! Somebody at a terminal, with a home of their own.

use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::Duration;

use daypass_tests::program::program;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

use crate::browser::{Browser, Page, Who};
use crate::server::Server;

/// How long a command may take, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(90);

/// A home, in which `daypass` keeps what it knows.
pub(crate) struct Person {
    home: tempfile::TempDir,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A login that waits for a browser.
pub(crate) struct Waiting {
    child: Child,
    stderr: Lines<BufReader<ChildStderr>>,
    said: String,
}

impl Person {
    pub(crate) fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    /// A path at home.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The program at home here, and nothing of whoever runs the tests.
    pub(crate) fn daypass(&self, line: &str) -> Command {
        let mut command = Command::new(program("daypass", "DAYPASS_BIN"));
        command.args(line.split_whitespace()).env_clear().env("HOME", self.home.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    /// Run a command to its end.
    pub(crate) async fn run(&self, line: &str) -> Done {
        let output = tokio::time::timeout(PATIENCE, self.daypass(line).output()).await;
        Done::from(output.unwrap_or_else(|_| panic!("`{line}` takes too long")).unwrap())
    }

    /// What a command prints as JSON; it has to succeed.
    pub(crate) async fn json(&self, line: &str) -> Value {
        let done = self.run(&format!("{line} --output json")).await;
        assert_eq!(done.code, 0, "{line}: {done:?}");
        serde_json::from_str(&done.stdout).unwrap()
    }

    /// Begin to log in; the server's address and what else stands on the line.
    pub(crate) fn begin_login(&self, server: &Server, options: &str) -> Waiting {
        let mut child = self.daypass(&format!("login --server {} {options}", server.url)).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap()).lines();
        Waiting { child, stderr, said: String::new() }
    }

    /// Log in with a browser, as somebody whom the strict provider asks.
    pub(crate) async fn log_in(&self, server: &Server, who: Who) -> Done {
        let mut waiting = self.begin_login(server, "--no-browser --consent");
        let mut browser = Browser::new();
        let page = browser.open(&waiting.address().await).await;
        let page = browser.log_in(&page, who).await;
        is_closed(&page);
        waiting.end().await
    }

    /// What is remembered.
    pub(crate) fn logins(&self) -> Value {
        serde_json::from_str(&std::fs::read_to_string(self.logins_file()).unwrap()).unwrap()
    }

    /// What is remembered of one server.
    pub(crate) fn login(&self, server: &Server) -> Value {
        self.logins()["servers"][&server.url].clone()
    }

    /// Change what is remembered of one server.
    pub(crate) fn change_login(&self, server: &Server, field: &str, value: &str) {
        let mut logins = self.logins();
        logins["servers"][&server.url][field] = value.into();
        std::fs::write(self.logins_file(), logins.to_string()).unwrap();
    }

    /// Where it is remembered.
    pub(crate) fn logins_file(&self) -> PathBuf {
        self.path(".local/state/daypass/logins.json")
    }
}

impl Waiting {
    /// The first address it prints.
    pub(crate) async fn address(&mut self) -> String {
        self.line_with("http", "127.0.0.1:").await.trim().to_owned()
    }

    /// The first line that begins with this, blanks aside, and has that in it.
    pub(crate) async fn line_with(&mut self, start: &str, inside: &str) -> String {
        loop {
            let line = tokio::time::timeout(PATIENCE, self.stderr.next_line()).await.expect("it goes on").unwrap();
            let line = line.unwrap_or_else(|| panic!("it ended: {}", self.said));
            self.said.push_str(&line);
            self.said.push('\n');
            if line.trim_start().starts_with(start) && line.contains(inside) {
                return line;
            }
        }
    }

    /// Press Ctrl-C.
    pub(crate) async fn interrupt(&self) {
        let id = self.child.id().expect("it runs").to_string();
        // The shell's own `kill`, because not every machine has the program.
        let sent = Command::new("sh").args(["-c", "kill -INT \"$0\"", &id]).status().await.unwrap();
        assert!(sent.success());
    }

    /// How it ends.
    pub(crate) async fn end(mut self) -> Done {
        while let Some(line) = tokio::time::timeout(PATIENCE, self.stderr.next_line()).await.expect("it ends").unwrap()
        {
            self.said.push_str(&line);
            self.said.push('\n');
        }
        let output = tokio::time::timeout(PATIENCE, self.child.wait_with_output()).await.expect("it ends").unwrap();
        Done { stderr: self.said, ..Done::from(output) }
    }
}

impl From<Output> for Done {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let code = output.status.code().expect("it was not killed");
        Self { code, stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

/// The page on which a login in a browser ends.
pub(crate) fn is_closed(page: &Page) {
    assert_eq!(page.url.path(), "/callback", "{}", page.body);
    assert!(page.status == 200 && page.body.contains("You can close this window"), "{} {}", page.status, page.body);
}
