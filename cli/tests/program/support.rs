//! What the tests of the program share: a home of their own, a development server, and a server that says what it is told.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};

use assert_cmd::Command;

/// The program.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_daypass");

/// The program, in an environment of its own: whatever this machine has set must not show.
pub(crate) fn daypass() -> Command {
    let mut command = Command::new(PROGRAM);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", "/nonexistent");
    command
}

/// A home of its own for one test.
pub(crate) struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A home in which carla is logged in to a server, whether it is there or not.
    pub(crate) fn logged_in(server: &str, token: &str) -> Self {
        let home = Self::new();
        let path = home.path(".local/state/daypass/logins.json");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let login = format!(
            r#"{{"current": "{server}", "servers": {{"{server}":
            {{"user": "carla", "token": "{token}", "expires_at": "2999-01-01T00:00:00Z", "second_factor": true}}}}}}"#
        );
        std::fs::write(&path, login).unwrap();
        restrict(&path, 0o600);
        home
    }

    /// The program at home here.
    pub(crate) fn daypass(&self, line: &str) -> Command {
        let mut command = daypass();
        command.env("HOME", self.folder.path()).args(line.split_whitespace());
        command
    }

    /// A path at home.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// Change a file's mode.
#[cfg(unix)]
pub(crate) fn restrict(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// A file's mode.
#[cfg(unix)]
pub(crate) fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// What a run of the program showed: stdout, stderr and exit code, as one text to compare.
pub(crate) fn transcript(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap();
    format!("exit code: {code}\n--- stdout\n{}--- stderr\n{}", text(output.stdout), text(output.stderr))
}

/// `daypass dev` on a free port, with its data in a home.
pub(crate) struct Dev {
    child: Child,
    /// Where people who use it are at home.
    pub(crate) home: Home,
    /// Its address.
    pub(crate) url: String,
    users: serde_json::Value,
}

impl Dev {
    pub(crate) fn start() -> Self {
        let home = Home::new();
        let mut child = std::process::Command::new(PROGRAM)
            .args(["dev", "--port", "0", "--output", "json"])
            .env_clear()
            .env("HOME", home.folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut announced = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        while !announced.ends_with("\n}\n") {
            assert_ne!(lines.read_line(&mut announced).unwrap(), 0, "it ended early: {announced}");
        }
        let announced: serde_json::Value = serde_json::from_str(&announced).unwrap();
        let url = announced["server"].as_str().unwrap().to_owned();
        Self { child, home, url, users: announced["users"].clone() }
    }

    /// The program as whoever is logged in.
    pub(crate) fn daypass(&self, line: &str) -> Command {
        self.home.daypass(line)
    }

    /// Log somebody in, with a code of their app if `second_factor`.
    pub(crate) fn log_in(&self, user: &str, second_factor: bool) {
        let users = self.users.as_array().unwrap();
        let password = users.iter().find(|known| known["user"] == user).unwrap()["password"].as_str().unwrap();
        let mut command = self.daypass(&format!("login --server {} --user {user}", self.url));
        command.env("DAYPASS_PASSWORD", password);
        if second_factor {
            let code = self.daypass(&format!("dev totp {user}")).output().unwrap().stdout;
            command.args(["--totp", String::from_utf8(code).unwrap().trim()]);
        }
        command.assert().success();
    }

    /// Have carla ask for read-only access; the id of her session.
    pub(crate) fn request(&self) -> String {
        let line = "request --project acme-web --account 111122223333 --tier read-only --output json --reason";
        let output = self.daypass(line).arg("look at the failing nightly job").output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let session: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        session["session_id"].as_str().unwrap().to_owned()
    }

    /// Press Ctrl-C: the exit code, and what it said last.
    pub(crate) fn interrupt(mut self) -> (Option<i32>, String) {
        signal("INT", &self.child);
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code(), said)
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        // It may be over already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Send a signal to a child.
pub(crate) fn signal(name: &str, child: &Child) {
    let sent = std::process::Command::new("kill").args([format!("-{name}"), child.id().to_string()]).status();
    assert!(sent.unwrap().success());
}

/// A server that answers as it is told, and tells what it was asked.
pub(crate) struct Puppet {
    /// Its address.
    pub(crate) url: String,
    /// The head of each request, as it came.
    pub(crate) asked: Receiver<String>,
}

impl Puppet {
    /// `answer` gets the head of a request and how many came before; `None` hangs up without an answer.
    pub(crate) fn start(answer: impl Fn(&str, usize) -> Option<String> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (tell, asked) = channel();
        std::thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let mut stream = stream.unwrap();
                let head = head(&mut stream);
                if let Some(body) = answer(&head, number) {
                    let length = body.len();
                    let kind = "content-type: application/json\r\nconnection: close";
                    // Who hung up does not want the answer.
                    let _ = write!(stream, "HTTP/1.1 200 OK\r\n{kind}\r\ncontent-length: {length}\r\n\r\n{body}");
                }
                if tell.send(head).is_err() {
                    break;
                }
            }
        });
        Self { url, asked }
    }
}

/// Read a request, body included, and give back its head.
fn head(stream: &mut TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).unwrap() == 0 {
            return head;
        }
    }
    let length = head
        .to_ascii_lowercase()
        .split("content-length: ")
        .nth(1)
        .and_then(|rest| rest.lines().next().and_then(|length| length.parse().ok()));
    reader.read_exact(&mut vec![0; length.unwrap_or(0)]).unwrap();
    head
}

/// A session as a server shows it.
pub(crate) fn session(status: &str) -> serde_json::Value {
    serde_json::json!({
        "session_id": "5f0c6a52-0a51-4f0e-9d0a-6d1f6f2b8a11",
        "project_id": "acme-web",
        "user_id": "carla",
        "account_id": "111122223333",
        "permission_tier": "read-only",
        "status": status,
        "requested_at": "2026-01-02T03:04:05.123Z",
        "duration_seconds": 14400,
        "reason": "look at the failing nightly job",
        "time_remaining_seconds": 7500,
        "expires_at": "2026-01-02T07:04:05Z",
        "credentials_issued": 0,
    })
}
