//! The stage: a real server on a free port of this machine, and people who log in as people do.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use daypass_api::{Client, Login, Masked, SessionStatus, SessionView};
use daypass_embedded::issuer::{DevelopmentIssuer, SampleLogin};
use daypass_entitlements::DEFAULT_POLICIES;
use daypass_http::local::{LocalOptions, LocalServer, Storage};
use daypass_vending::ports::Clock as _;
use jiff::SignedDuration;
use tempfile::TempDir;

use crate::failure::{Failure, While as _};
use crate::wait;

/// The project of the stories; its resources are called `acme-web-…`.
pub(crate) const PROJECT: &str = "acme-web";
/// Its account.
pub(crate) const ACCOUNT: &str = "111122223333";
/// Works for the project.
pub(crate) const CONTRACTOR: &str = "carla";
/// Works for another one.
pub(crate) const OTHER_CONTRACTOR: &str = "carl";
/// Looks after Daypass.
pub(crate) const ADMINISTRATOR: &str = "ada";
/// Leads the platform team, whose leads approve.
pub(crate) const LEAD: &str = "lea";
/// Another lead, who looks at emergencies afterwards.
pub(crate) const REVIEWER: &str = "rita";
/// Is called at night.
pub(crate) const ON_CALL: &str = "olga";

/// How often the reconciler of this server comes by, by the server's clock, which the stories move. So seldom that one can
/// see what happens without it.
const RECONCILE_EVERY: SignedDuration = SignedDuration::from_mins(30);

/// A server for some seconds.
pub(crate) struct Stage {
    server: LocalServer,
    issuer: Arc<DevelopmentIssuer>,
    logins: Vec<SampleLogin>,
    anybody: Client,
    /// Removed when the stage is cleared.
    folder: TempDir,
}

impl Stage {
    /// Set the stage.
    pub(crate) async fn set() -> Result<Self, Failure> {
        let folder = tempfile::Builder::new().prefix("daypass-demo-").tempdir().context("cannot make a folder")?;
        let storage = Storage::Files {
            database: folder.path().join("daypass.sqlite"),
            key_file: folder.path().join("daypass.keys"),
        };
        let free_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut options = LocalOptions::development(free_port, storage)?;
        options.reconcile_every = RECONCILE_EVERY;
        let server = LocalServer::start(options).await?;
        let issuer = server.issuer.clone().ok_or_else(|| Failure::plain("the server has no sample users"))?;
        let logins = issuer.logins().await?;
        let anybody = Client::new(&server.url())?;
        Ok(Self { server, issuer, logins, anybody, folder })
    }

    /// Where the server is.
    pub(crate) fn address(&self) -> String {
        self.server.url()
    }

    /// Somebody who is not logged in: enough to use credentials, which speak for themselves.
    pub(crate) fn anybody(&self) -> &Client {
        &self.anybody
    }

    /// A sample user who shows password and code.
    pub(crate) async fn log_in(&self, user: &str) -> Result<Client, Failure> {
        let code = self.issuer.totp_now(&user.parse()?, self.server.clock.now()).await?;
        self.prove(user, Some(code)).await
    }

    /// A sample user who shows a password only.
    pub(crate) async fn log_in_without_second_factor(&self, user: &str) -> Result<Client, Failure> {
        self.prove(user, None).await
    }

    async fn prove(&self, user: &str, code: Option<String>) -> Result<Client, Failure> {
        let known = self.logins.iter().find(|login| login.person.user.as_str() == user);
        let known = known.ok_or_else(|| Failure::plain(format!("there is no sample user `{user}`")))?;
        let proof = Login {
            user: user.to_owned(),
            password: Masked::new(known.password.reveal()),
            totp: code.map(Masked::new),
        };
        let answer = self.anybody.log_in(&proof).await?;
        Ok(self.anybody.clone().with_token(answer.token.reveal()))
    }

    /// Write something else in place of a text of the shipped rules, and put them in force while the server runs.
    pub(crate) async fn change_rules(&self, text: &str, by: &str) {
        self.server.reload(Ok(DEFAULT_POLICIES.replace(text, by))).await;
    }

    /// Let time pass for the server and its AWS.
    pub(crate) async fn let_pass(&self, minutes: i64) -> Result<(), Failure> {
        self.anybody.advance_clock(minutes * 60).await?;
        Ok(())
    }

    /// Let time pass until the reconciler comes by, and wait until it is through with a session of `holder`, whose reads of
    /// their own session leave no trace in the trail.
    pub(crate) async fn reconcile(&self, holder: &Client, id: &str) -> Result<SessionView, Failure> {
        self.anybody.advance_clock(RECONCILE_EVERY.as_secs()).await?;
        let is_through = |session: &SessionView| session.status.is_over() || session.status == SessionStatus::Stuck;
        Ok(wait::until(holder, id, is_through).await?)
    }

    /// Stop the server and leave nothing behind.
    pub(crate) async fn clear(self) -> Result<(), Failure> {
        let Self { server, folder, .. } = self;
        server.stop().await;
        folder.close().context("cannot remove the temporary folder")
    }
}
