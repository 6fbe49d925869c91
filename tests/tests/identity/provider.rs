//! Identity providers as processes: a strict one, and one that says whatever it is told.

use std::process::Stdio;
use std::time::Duration;

use daypass_api::Client;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// Where `cargo xtask test --suite identity` has installed them.
const FOLDER: &str = "DAYPASS_TEST_IDENTITY_PROVIDERS";

/// How long one may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running identity provider.
pub(crate) struct Provider {
    /// It ends with its input, which ends with us.
    _child: Child,
    /// It may say more, and would end if nobody could hear it.
    _said: Lines<BufReader<ChildStdout>>,
    pub(crate) issuer: String,
    http: reqwest::Client,
}

impl Provider {
    /// `oidc-provider`: strict, with a login page, device codes, and refresh tokens that are good for one use.
    pub(crate) async fn strict() -> Self {
        Self::start("strict.mjs").await
    }

    /// `oauth2-mock-server`: logs everybody in, checks PKCE, and says what it is told to.
    pub(crate) async fn any_claims() -> Self {
        Self::start("any_claims.mjs").await
    }

    async fn start(script: &str) -> Self {
        let folder = std::env::var(FOLDER).unwrap_or_else(|_| {
            panic!("{FOLDER} is not set: these tests are run by `cargo xtask test --suite identity`")
        });
        let mut command = Command::new("node");
        command.arg(script).current_dir(folder).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn().expect("node");
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        let issuer = tokio::time::timeout(PATIENCE, said.next_line()).await.expect("it starts in time");
        let issuer = issuer.unwrap().expect("it says where it is");
        Self { _child: child, _said: said, issuer, http: http() }
    }

    /// How long its tokens are good from now on.
    pub(crate) async fn set_lifetime(&self, seconds: u32) {
        self.post("/test/lifetime", &[("seconds", &seconds.to_string())]).await;
    }

    /// How often it has renewed a login.
    pub(crate) async fn renewals(&self) -> u32 {
        let url = format!("{}/test/renewals", self.issuer);
        self.http.get(url).send().await.unwrap().text().await.unwrap().parse().unwrap()
    }

    /// What the tokens of [`Self::any_claims`] say from now on.
    pub(crate) async fn say(&self, claims: &Value) {
        let url = format!("{}/test/claims", self.issuer);
        let answer = self.http.post(url).body(claims.to_string()).send().await.unwrap();
        assert_eq!(answer.status(), 204);
    }

    /// Send a form: the status, and the answer if it is JSON.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> (u16, Value) {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.http.post(format!("{}{path}", self.issuer)).body(body);
        let answer = request.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap();
        (answer.status().as_u16(), serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
    }
}

/// A client that follows nobody anywhere.
pub(crate) fn http() -> reqwest::Client {
    Client::prepare_tls();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    client.timeout(PATIENCE).build().unwrap()
}
