//! Somebody at a terminal, with a home of their own.

use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

use super::Server;
use crate::program::program;

/// How long a command may take, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(90);

/// A home, in which `daypass` keeps what it knows.
pub struct Person {
    home: tempfile::TempDir,
}

/// How a command ended.
#[derive(Debug)]
pub struct Done {
    /// Its exit code.
    pub code: i32,
    /// What it printed for programs.
    pub stdout: String,
    /// What it said to people.
    pub stderr: String,
}

/// A login that waits for a browser.
pub struct Waiting {
    child: Child,
    stderr: Lines<BufReader<ChildStderr>>,
    said: String,
}

impl Person {
    /// Somebody who has never used `daypass`.
    ///
    /// # Panics
    /// When there is no place for a home.
    #[must_use]
    pub fn new() -> Self {
        Self { home: tempfile::tempdir().expect("a folder") }
    }

    /// A path at home.
    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The program at home here, and nothing of whoever runs the tests.
    pub fn daypass(&self, line: &str) -> Command {
        let mut command = Command::new(program("daypass", "DAYPASS_BIN"));
        command.args(line.split_whitespace()).env_clear().env("HOME", self.home.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    /// Run a command to its end.
    pub async fn run(&self, line: &str) -> Done {
        let output = tokio::time::timeout(PATIENCE, self.daypass(line).output()).await;
        Done::from(output.unwrap_or_else(|_| panic!("`{line}` takes too long")).expect("it runs"))
    }

    /// What a command prints as JSON; it has to succeed.
    pub async fn json(&self, line: &str) -> Value {
        let done = self.run(&format!("{line} --output json")).await;
        assert_eq!(done.code, 0, "{line}: {done:?}");
        serde_json::from_str(&done.stdout).expect("JSON")
    }

    /// Begin to log in, with these options.
    ///
    /// # Panics
    /// When the program does not start.
    #[must_use]
    pub fn begin_login(&self, server: &Server, options: &str) -> Waiting {
        Waiting::on(&mut self.daypass(&format!("login --server {} {options}", server.url)))
    }

    /// What is remembered.
    pub fn logins(&self) -> Value {
        let text = std::fs::read_to_string(self.logins_file()).expect("a file");
        serde_json::from_str(&text).expect("JSON")
    }

    /// What is remembered of one server.
    pub fn login(&self, server: &Server) -> Value {
        self.logins()["servers"][&server.url].clone()
    }

    /// Change what is remembered of one server.
    pub fn change_login(&self, server: &Server, field: &str, value: &str) {
        let mut logins = self.logins();
        logins["servers"][&server.url][field] = value.into();
        std::fs::write(self.logins_file(), logins.to_string()).expect("a file");
    }

    /// Where it is remembered.
    pub fn logins_file(&self) -> PathBuf {
        self.path(".local/state/daypass/logins.json")
    }
}

impl Default for Person {
    fn default() -> Self {
        Self::new()
    }
}

impl Waiting {
    /// A login that begins with this command.
    ///
    /// # Panics
    /// When the program does not start.
    #[must_use]
    pub fn on(command: &mut Command) -> Self {
        let mut child = command.spawn().expect("it runs");
        let stderr = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        Self { child, stderr, said: String::new() }
    }

    /// The first address it prints.
    pub async fn address(&mut self) -> String {
        self.line_with("http", "127.0.0.1:").await.trim().to_owned()
    }

    /// The first line that begins with this, blanks aside, and has that in it.
    pub async fn line_with(&mut self, start: &str, inside: &str) -> String {
        loop {
            let line =
                tokio::time::timeout(PATIENCE, self.stderr.next_line()).await.expect("it goes on").expect("text");
            let line = line.unwrap_or_else(|| panic!("it ended: {}", self.said));
            self.said.push_str(&line);
            self.said.push('\n');
            if line.trim_start().starts_with(start) && line.contains(inside) {
                return line;
            }
        }
    }

    /// Press Ctrl-C.
    pub async fn interrupt(&self) {
        let id = self.child.id().expect("it runs").to_string();
        // The shell's own `kill`, because not every machine has the program.
        let sent = Command::new("sh").args(["-c", "kill -INT \"$0\"", &id]).status().await.expect("a shell");
        assert!(sent.success());
    }

    /// How it ends.
    pub async fn end(mut self) -> Done {
        while let Some(line) =
            tokio::time::timeout(PATIENCE, self.stderr.next_line()).await.expect("it ends").expect("text")
        {
            self.said.push_str(&line);
            self.said.push('\n');
        }
        let output =
            tokio::time::timeout(PATIENCE, self.child.wait_with_output()).await.expect("it ends").expect("text");
        Done { stderr: self.said, ..Done::from(output) }
    }
}

impl From<Output> for Done {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        let code = output.status.code().expect("it was not killed");
        Self { code, stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}
