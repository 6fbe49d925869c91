//! The application: what handlers share, and the one router that serves production and tests alike.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::ops::Deref;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use daypass_api::{OidcOffer, ProblemCode};
use daypass_identity::Doors;
use daypass_vending::ports::{AuditLog, Clock, Outbox, SessionStore, ShortMemory};
use daypass_vending::service::Vending;
use ipnet::IpNet;
use tokio::sync::watch;
use tower_http::catch_panic::CatchPanicLayer;

use crate::layers;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::problem::ApiError;
use crate::routes;
use crate::routes::development::Development;
use crate::work::{Sagas, Work};

/// The largest body that any route takes, in bytes. The largest useful one has some kilobytes.
pub(crate) const BODY_LIMIT: usize = 64 * 1024;

/// What handlers share. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Shared>);

/// What an application is made of.
pub struct Parts {
    /// Daypass itself.
    pub vending: Vending,
    /// Who may call.
    pub doors: Arc<Doors>,
    /// Where failed authentication and exceeded rates are recorded.
    pub audit: Arc<dyn AuditLog>,
    /// What the metrics count sessions in.
    pub store: Arc<dyn SessionStore>,
    /// What the metrics count undelivered alerts in.
    pub outbox: Arc<dyn Outbox>,
    /// What is left of everybody's allowance of calls is remembered here.
    pub memory: Arc<dyn ShortMemory>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// How the API behaves.
    pub options: Options,
    /// What only development servers offer; `None` mounts none of it.
    pub development: Option<Development>,
    /// Whether other processes may be at work on the same records. If none is, whatever is unfinished at the start was
    /// left by the process before.
    pub shared_records: bool,
    /// What becomes of sagas when the request that started them has been answered.
    pub sagas: Sagas,
}

/// How the API behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How many calls a person has in a minute.
    pub rate_limit_per_minute: NonZeroU32,
    /// From where `/metrics` may be read.
    pub metrics_networks: Vec<IpNet>,
    /// Where people reach the server, for the OpenAPI document.
    pub public_url: Option<String>,
    /// Identity providers that people can log in with from a terminal.
    pub logins: Vec<OidcOffer>,
}

impl Default for Options {
    /// No proxies, 100 calls a minute, and metrics for the machine itself.
    fn default() -> Self {
        Self {
            trusted_proxies: vec![],
            rate_limit_per_minute: NonZeroU32::MIN.saturating_add(99),
            metrics_networks: crate::loopback(),
            public_url: None,
            logins: vec![],
        }
    }
}

/// What is behind an [`App`]; only this crate can look inside.
pub struct Shared {
    pub(crate) vending: Vending,
    pub(crate) doors: Arc<Doors>,
    pub(crate) audit: Arc<dyn AuditLog>,
    pub(crate) store: Arc<dyn SessionStore>,
    pub(crate) outbox: Arc<dyn Outbox>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) options: Options,
    pub(crate) development: Option<Development>,
    pub(crate) shared_records: bool,
    pub(crate) limits: Limits,
    pub(crate) metrics: Metrics,
    pub(crate) work: Work,
    ready: watch::Sender<bool>,
}

impl App {
    /// An application over these parts. It is not ready until [`App::set_ready`] says so.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let metrics = Metrics::new();
        let limits = Limits::new(parts.options.rate_limit_per_minute, parts.memory.clone(), parts.clock.clone());
        let work = Work::new(parts.vending.clone(), metrics.sagas_running.clone(), parts.sagas);
        let Parts {
            vending,
            doors,
            audit,
            store,
            outbox,
            memory: _,
            clock,
            options,
            development,
            shared_records,
            sagas: _,
        } = parts;
        let ready = watch::Sender::new(false);
        Self(Arc::new(Shared {
            vending,
            doors,
            audit,
            store,
            outbox,
            clock,
            options,
            development,
            shared_records,
            limits,
            metrics,
            work,
            ready,
        }))
    }

    /// Say whether requests should be sent here (`/readyz`).
    pub fn set_ready(&self, ready: bool) {
        self.0.ready.send_replace(ready);
    }

    pub(crate) fn is_ready(&self) -> bool {
        *self.0.ready.borrow()
    }

    /// Come back once the application is ready.
    pub(crate) async fn until_ready(&self) {
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = self.0.ready.subscribe().wait_for(|ready| *ready).await;
    }

    pub(crate) fn may_read_metrics(&self, address: IpAddr) -> bool {
        self.options.metrics_networks.iter().any(|net| net.contains(&address))
    }
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// Everything the server answers to. Requests must carry [`axum::extract::ConnectInfo`] with the peer's address; without
/// it, whatever needs to know the caller is refused.
pub fn router(app: App) -> Router {
    let (routes, _) = routes::all(app.development.is_some()).split_for_parts();
    routes
        .merge(routes::docs::page())
        .fallback(unknown_route)
        .method_not_allowed_fallback(unknown_method)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(from_fn(layers::time_limit))
        .layer(CatchPanicLayer::custom(layers::panicked))
        .layer(from_fn_with_state(app.clone(), layers::observe))
        .with_state(app)
}

async fn unknown_route(_: Uri) -> ApiError {
    ApiError::not_found("route").hint("GET /openapi.json lists all routes")
}

async fn unknown_method(method: Method) -> ApiError {
    let detail = format!("this route does not answer to {}", method.as_str().chars().take(16).collect::<String>());
    ApiError::new(ProblemCode::MethodNotAllowed, detail)
}
