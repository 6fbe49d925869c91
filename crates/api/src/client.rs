//! The typed client: one method for every route. It does no more than ask and parse; when to ask again is the caller's
//! decision, and [`ClientError`] says what it needs for that.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, Response, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{
    AccessAnswer, AccessCheck, Approve, AuditPage, AuditQuery, AuditReport, AwsAnswer, AwsCall, AwsLogin,
    AwsLoginAnswer, CapacityReport, ClockMove, ClockView, CloseReview, CredentialsView, Deny, EndSession, EntryView,
    ExplainRequest, Explanation, Extend, Login, LoginAnswer, LoginOptions, Masked, NewSession, Problem, ReviewQuery,
    Revocation, Revoked, SessionPage, SessionQuery, SessionView, TierList, WhoAmI,
};

/// How long a server may take to answer, beyond the time it is asked to wait.
const ANSWER_SECONDS: u64 = 30;

/// How long connecting may take.
const CONNECT_SECONDS: u64 = 5;

/// Talks to one server. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    token: Option<Masked>,
}

/// How to make a call that changes something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    key: String,
    wait_seconds: u8,
}

/// Why there is no answer, or not the one that was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The server said no, and why.
    #[error("{problem}")]
    Problem {
        /// What it said.
        problem: Box<Problem>,
        /// When it may be asked again (`Retry-After`).
        retry_after_seconds: Option<u64>,
    },
    /// The server's address is not one.
    #[error("`{url}` is not the address of a server: it has to be an `http` or `https` URL")]
    Address {
        /// What was given.
        url: String,
    },
    /// The server was not reached, or did not answer.
    #[error("{trouble}: {url}")]
    Transport {
        /// In which way.
        trouble: Trouble,
        /// What was asked, without its query.
        url: String,
        /// The cause.
        #[source]
        source: reqwest::Error,
    },
    /// Something answered, but not as a Daypass server does.
    #[error("an unexpected answer: {what} (status {status}, request id {})", request_id.as_deref().unwrap_or("unknown"))]
    Unexpected {
        /// The HTTP status.
        status: u16,
        /// Names the request in the server's log.
        request_id: Option<String>,
        /// What was unexpected.
        what: String,
    },
}

/// The ways in which a server is not reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nobody listens there, or the way is blocked. Nothing happened.
    Connect,
    /// No answer in time. It may have happened.
    Timeout,
    /// The connection broke. It may have happened.
    Interrupted,
}

impl Client {
    /// A client of the server at `base`, such as `https://daypass.example.com`. Does not connect yet.
    ///
    /// # Errors
    /// When `base` is not an `http` or `https` URL, or TLS cannot be set up.
    pub fn new(base: &str) -> Result<Self, ClientError> {
        let address = || ClientError::Address { url: base.to_owned() };
        let base = Url::parse(base).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let base = base.ok_or_else(address)?;
        Self::prepare_tls();
        let http = reqwest::Client::builder()
            .user_agent(concat!("daypass/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(CONNECT_SECONDS))
            // A redirect could carry the token to somebody else.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|source| ClientError::Transport { trouble: Trouble::Connect, url: base.to_string(), source })?;
        Ok(Self { http, base, token: None })
    }

    /// Choose what TLS is made with in this process. [`Client::new`] does it, too; this is for those who talk HTTPS to
    /// somebody else first.
    pub fn prepare_tls() {
        // Fails only if a provider is there already, which then serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }

    /// The same client with a bearer token.
    #[must_use]
    pub fn with_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(Masked::new(token));
        self
    }

    /// The server's address.
    #[must_use]
    pub fn base(&self) -> &str {
        self.base.as_str()
    }

    /// `POST /v1/sessions`: ask for access.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn request_session(&self, new: &NewSession, call: &Call) -> Result<SessionView, ClientError> {
        self.send(call.on(self.request(Method::POST, &["sessions"])?).json(new)).await
    }

    /// `GET /v1/sessions`: one page of sessions.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn sessions(&self, query: &SessionQuery) -> Result<SessionPage, ClientError> {
        self.send(self.query(&["sessions"], query)?).await
    }

    /// `GET /v1/sessions/{id}`: one session, after up to `wait_seconds` (at most 60) for it to come to rest.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn session(&self, id: &str, wait_seconds: u8) -> Result<SessionView, ClientError> {
        self.send(prefer(self.request(Method::GET, &["sessions", id])?, wait_seconds)).await
    }

    /// `DELETE /v1/sessions/{id}`: end a session: give one's own back, or revoke another's with a reason.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn end_session(&self, id: &str, reason: Option<&str>, call: &Call) -> Result<SessionView, ClientError> {
        let body = EndSession { reason: reason.map(str::to_owned) };
        self.send(call.on(self.request(Method::DELETE, &["sessions", id])?).json(&body)).await
    }

    /// `POST /v1/sessions/{id}/extend`: move a session's end by `seconds`.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn extend(&self, id: &str, seconds: i64, call: &Call) -> Result<SessionView, ClientError> {
        self.send(call.on(self.request(Method::POST, &["sessions", id, "extend"])?).json(&Extend { seconds })).await
    }

    /// `POST /v1/sessions/{id}/approve`: say yes to a request that waits, as it was seen.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn approve(&self, id: &str, approve: &Approve, call: &Call) -> Result<SessionView, ClientError> {
        self.send(call.on(self.request(Method::POST, &["sessions", id, "approve"])?).json(approve)).await
    }

    /// `POST /v1/sessions/{id}/deny`: say no to a request that waits.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn deny(&self, id: &str, reason: &str) -> Result<SessionView, ClientError> {
        let body = Deny { reason: reason.to_owned() };
        self.send(self.request(Method::POST, &["sessions", id, "deny"])?.json(&body)).await
    }

    /// `POST /v1/sessions/{id}/review`: say what came of an emergency that has ended.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn close_review(&self, id: &str, findings: &str) -> Result<SessionView, ClientError> {
        let body = CloseReview { findings: findings.to_owned() };
        self.send(self.request(Method::POST, &["sessions", id, "review"])?.json(&body)).await
    }

    /// `GET /v1/reviews`: one page of the sessions that wait for a review.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn reviews(&self, query: &ReviewQuery) -> Result<SessionPage, ClientError> {
        self.send(self.query(&["reviews"], query)?).await
    }

    /// `POST /v1/sessions/{id}/credentials`: credentials of one's own active session.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn credentials(&self, id: &str) -> Result<CredentialsView, ClientError> {
        self.send(self.request(Method::POST, &["sessions", id, "credentials"])?).await
    }

    /// `POST /v1/sessions/{id}/entry`: what one enters one's own active, directly delivered session with.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn entry(&self, id: &str) -> Result<EntryView, ClientError> {
        self.send(self.request(Method::POST, &["sessions", id, "entry"])?).await
    }

    /// `POST /v1/sessions/{id}/check`: whether the session's credentials would be allowed to.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn check(&self, id: &str, check: &AccessCheck) -> Result<AccessAnswer, ClientError> {
        self.send(self.request(Method::POST, &["sessions", id, "check"])?.json(check)).await
    }

    /// `POST /v1/explain`: what would become of a request.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn explain(&self, request: &ExplainRequest) -> Result<Explanation, ClientError> {
        self.send(self.request(Method::POST, &["explain"])?.json(request)).await
    }

    /// `POST /v1/revocations`: end every live session that matches.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn revoke_many(&self, revocation: &Revocation, call: &Call) -> Result<Revoked, ClientError> {
        self.send(call.on(self.request(Method::POST, &["revocations"])?).json(revocation)).await
    }

    /// `GET /v1/tiers`: what can be asked for.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn tiers(&self) -> Result<TierList, ClientError> {
        self.send(self.request(Method::GET, &["tiers"])?).await
    }

    /// `GET /v1/capacity`: how full the accounts are.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn capacity(&self) -> Result<CapacityReport, ClientError> {
        self.send(self.request(Method::GET, &["capacity"])?).await
    }

    /// `GET /v1/audit`: one page of the trail.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn audit(&self, query: &AuditQuery) -> Result<AuditPage, ClientError> {
        self.send(self.query(&["audit"], query)?).await
    }

    /// `GET /v1/audit/verify`: whether the trail is whole.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn verify_audit(&self) -> Result<AuditReport, ClientError> {
        self.send(self.request(Method::GET, &["audit", "verify"])?).await
    }

    /// `GET /v1/login`: how to log in. Needs no token.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn login_options(&self) -> Result<LoginOptions, ClientError> {
        self.send(self.request(Method::GET, &["login"])?).await
    }

    /// `POST /v1/login/aws`: a token for whoever signed. Needs no token.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn log_in_with_aws(&self, login: &AwsLogin) -> Result<AwsLoginAnswer, ClientError> {
        self.send(self.request(Method::POST, &["login", "aws"])?.json(login)).await
    }

    /// `GET /v1/whoami`: who the caller is to the server.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn who_am_i(&self) -> Result<WhoAmI, ClientError> {
        self.send(self.request(Method::GET, &["whoami"])?).await
    }

    /// `GET /readyz`: whether the server takes requests.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn ready(&self) -> Result<(), ClientError> {
        let mut url = self.base.clone();
        url.set_path("readyz");
        self.answer(self.http.get(url)).await.map(drop)
    }

    /// `POST /v1/dev/login` of a development server: a token for a sample user.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn log_in(&self, login: &Login) -> Result<LoginAnswer, ClientError> {
        self.send(self.request(Method::POST, &["dev", "login"])?.json(login)).await
    }

    /// `POST /v1/dev/clock` of a development server: let time pass.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn advance_clock(&self, seconds: i64) -> Result<ClockView, ClientError> {
        let by = ClockMove { advance_seconds: seconds };
        self.send(self.request(Method::POST, &["dev", "clock"])?.json(&by)).await
    }

    /// `POST /v1/dev/aws/call` of a development server: use credentials on the simulated AWS.
    ///
    /// # Errors
    /// See [`ClientError`]; that AWS refuses is an answer.
    pub async fn aws_call(&self, call: &AwsCall) -> Result<AwsAnswer, ClientError> {
        self.send(self.request(Method::POST, &["dev", "aws", "call"])?.json(call)).await
    }

    fn request(&self, method: Method, path: &[&str]) -> Result<RequestBuilder, ClientError> {
        let mut url = self.base.clone();
        // Segments are percent-encoded one by one: an id with a slash stays one segment.
        url.path_segments_mut()
            .map_err(|()| ClientError::Address { url: self.base.to_string() })?
            .pop_if_empty()
            .push("v1")
            .extend(path);
        Ok(self.authorized(self.http.request(method, url)))
    }

    fn query(&self, path: &[&str], query: &impl Serialize) -> Result<RequestBuilder, ClientError> {
        Ok(self.request(Method::GET, path)?.query(query))
    }

    fn authorized(&self, request: RequestBuilder) -> RequestBuilder {
        let value = self.token.as_ref().map(|token| HeaderValue::try_from(format!("Bearer {}", token.reveal())));
        match value {
            Some(Ok(mut value)) => {
                value.set_sensitive(true);
                request.header(AUTHORIZATION, value)
            }
            // A token that cannot be in a header proves nothing: the server will ask for one.
            Some(Err(_)) | None => request,
        }
    }

    async fn send<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, ClientError> {
        let (answer, body) = self.answer(request).await?;
        serde_json::from_slice(&body).map_err(|error| answer.unexpected(format!("it cannot be read: {error}")))
    }

    async fn answer(&self, request: RequestBuilder) -> Result<(Answer, Vec<u8>), ClientError> {
        let mut request = request.build().map_err(transport)?;
        let waits = request.headers().get("prefer").and_then(|value| value.to_str().ok());
        let waits = waits.and_then(|value| value.strip_prefix("wait=")?.parse().ok()).unwrap_or(0);
        *request.timeout_mut() = Some(Duration::from_secs(ANSWER_SECONDS.saturating_add(waits)));
        let response = self.http.execute(request).await.map_err(transport)?;
        let answer = Answer::of(&response);
        let body = response.bytes().await.map_err(transport)?.to_vec();
        if (200..300).contains(&answer.status) { Ok((answer, body)) } else { Err(answer.refused(&body)) }
    }
}

impl Call {
    /// A call of its own: with a fresh random key, not waiting for the session to come to rest.
    #[must_use]
    pub fn new() -> Self {
        Self::keyed(uuid::Uuid::new_v4().to_string())
    }

    /// The call of this key, 8 to 128 visible ASCII characters: repeating it meets the result of the first time.
    #[must_use]
    pub fn keyed(key: impl Into<String>) -> Self {
        Self { key: key.into(), wait_seconds: 0 }
    }

    /// The same call, but let the server wait up to `seconds` (at most 60) for the session to come to rest.
    #[must_use]
    pub fn waiting(self, seconds: u8) -> Self {
        Self { wait_seconds: seconds, ..self }
    }

    fn on(&self, request: RequestBuilder) -> RequestBuilder {
        prefer(request.header("idempotency-key", &self.key), self.wait_seconds)
    }
}

impl Default for Call {
    fn default() -> Self {
        Self::new()
    }
}

impl ClientError {
    /// Names the request in the server's log, as far as an answer came.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Problem { problem, .. } => problem.request_id.as_deref(),
            Self::Unexpected { request_id, .. } => request_id.as_deref(),
            Self::Address { .. } | Self::Transport { .. } => None,
        }
    }

    /// What the server said, if it said something.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Problem { problem, .. } => Some(problem),
            _ => None,
        }
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Connect => "the server cannot be reached",
            Self::Timeout => "the server did not answer in time",
            Self::Interrupted => "the connection to the server broke",
        })
    }
}

/// What the head of an answer says.
struct Answer {
    status: u16,
    is_problem: bool,
    request_id: Option<String>,
    retry_after_seconds: Option<u64>,
}

impl Answer {
    fn of(response: &Response) -> Self {
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        Self {
            status: response.status().as_u16(),
            is_problem: header(CONTENT_TYPE.as_str()).is_some_and(|kind| kind.starts_with("application/problem+json")),
            request_id: header("x-request-id").map(str::to_owned),
            retry_after_seconds: header(RETRY_AFTER.as_str()).and_then(|value| value.parse().ok()),
        }
    }

    fn refused(self, body: &[u8]) -> ClientError {
        match serde_json::from_slice::<Problem>(body) {
            Ok(mut problem) if self.is_problem => {
                problem.request_id = problem.request_id.or(self.request_id);
                let retry_after_seconds = self.retry_after_seconds;
                ClientError::Problem { problem: Box::new(problem), retry_after_seconds }
            }
            Ok(_) | Err(_) => self.unexpected("it is no Daypass problem; is this the right address?".to_owned()),
        }
    }

    fn unexpected(self, what: String) -> ClientError {
        ClientError::Unexpected { status: self.status, request_id: self.request_id, what }
    }
}

/// RFC 7240: `Prefer: wait=N`.
fn prefer(request: RequestBuilder, wait_seconds: u8) -> RequestBuilder {
    if wait_seconds == 0 { request } else { request.header("prefer", format!("wait={wait_seconds}")) }
}

fn transport(source: reqwest::Error) -> ClientError {
    let trouble = if source.is_timeout() {
        Trouble::Timeout
    } else if source.is_connect() {
        Trouble::Connect
    } else {
        Trouble::Interrupted
    };
    let url = source.url().map_or_else(String::new, |url| url.origin().ascii_serialization() + url.path());
    ClientError::Transport { trouble, url, source: source.without_url() }
}
