//! A function: the program in a process of its own, with the environment that Lambda gives it.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::runtime_api::RuntimeApi;
use daypass_tests::emulated::{Key, Ministack, REGION};

/// A running function. It is killed when this is dropped.
pub(crate) struct Function {
    pub(crate) api: RuntimeApi,
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Function {
    /// Start this program with this configuration, a path or an address in S3, acting as `key`. It waits for invocations when this comes back.
    pub(crate) async fn start(program: &str, config: &str, key: &Key) -> Self {
        let api = RuntimeApi::start().await;
        let mut command = Command::new(built(program));
        command.env_clear().env("AWS_LAMBDA_RUNTIME_API", &api.address).env("DAYPASS_CONFIG", config);
        command.env("AWS_LAMBDA_FUNCTION_NAME", program).env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST");
        command.env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256").env("AWS_REGION", REGION);
        command.env("AWS_ACCESS_KEY_ID", &key.id).env("AWS_SECRET_ACCESS_KEY", key.secret.reveal());
        // Where a configuration in S3 is found; the configuration itself says where the rest is.
        command.env("AWS_ENDPOINT_URL", Ministack::of_this_run().url());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let (lines, mut output) = (Arc::<Mutex<Vec<String>>>::default(), BufReader::new(child.stdout.take().unwrap()));
        let heard = Arc::clone(&lines);
        tokio::spawn(async move {
            let mut line = String::new();
            while output.read_line(&mut line).await.is_ok_and(|count| count > 0) {
                heard.lock().unwrap().push(std::mem::take(&mut line));
            }
        });
        api.until_asked().await;
        Self { api, child, lines }
    }

    /// `kill -9`.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// The metrics of an invocation, from standard output.
    pub(crate) async fn metrics(&self, request_id: &str) -> Value {
        loop {
            let lines = self.lines.lock().unwrap().clone();
            let documents = lines.iter().map(|line| serde_json::from_str::<Value>(line).expect("a line of metrics"));
            if let Some(document) = documents.into_iter().find(|document| document["RequestId"] == request_id) {
                return document;
            }
            tokio::task::yield_now().await;
        }
    }
}

/// Where `cargo build` put the program: beside this one.
fn built(program: &str) -> PathBuf {
    let this = std::env::current_exe().unwrap();
    let profile = this.ancestors().nth(2).expect("tests live in `target/<profile>/deps`");
    // A function may be measured as it is shipped.
    let folder = std::env::var_os("DAYPASS_FUNCTIONS_DIR").map_or_else(|| profile.to_owned(), PathBuf::from);
    let path = folder.join(program);
    assert!(path.exists(), "{} is not built: `cargo xtask test --suite aws` does it", path.display());
    path
}
