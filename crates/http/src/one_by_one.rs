//! Serving where the process sleeps between requests, as a function does: AWS freezes it as soon as an answer is given
//! (<https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>), and may wake it much later or never. So
//! nothing goes on after an answer: sagas and alerts come before it, and what is not finished in time is the reconciler's.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use futures::FutureExt as _;
use tokio::time::{Instant, timeout_at};
use tower::ServiceExt as _;

use crate::app::{App, router};
use crate::layers::TimeLimit;

/// What is kept of the time for sagas and alerts after a request that took all it could.
const AFTERWARDS: Duration = Duration::from_secs(2);

/// A server of one request at a time.
#[derive(Clone)]
pub struct OneByOne {
    app: App,
    routes: Router,
}

impl OneByOne {
    /// Serve this application, which must have been made with [`crate::Sagas::EndWithRequest`]. It is ready at once: there is
    /// nothing to take over, because other processes share the records.
    #[must_use]
    pub fn new(app: App) -> Self {
        app.set_ready(true);
        Self { routes: router(app.clone()), app }
    }

    /// Answer a request that came from `peer` within `left`. Without a peer, whatever needs to know the caller is refused.
    pub async fn answer(&self, mut request: Request, peer: Option<IpAddr>, left: Duration) -> Response {
        let end = Instant::now() + left;
        if let Some(peer) = peer {
            request.extensions_mut().insert(ConnectInfo(SocketAddr::new(peer, 0)));
        }
        request.extensions_mut().insert(TimeLimit(left.saturating_sub(AFTERWARDS).max(left / 2)));
        let response = match self.routes.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        self.finish(end).await;
        self.app.limits.forget_the_quiet();
        response
    }

    /// Finish what the request started, as far as there is time.
    async fn finish(&self, end: Instant) {
        let work = &self.app.work;
        if timeout_at(end, work.finished()).await.is_err() {
            work.abandon().await;
            tracing::warn!("out of time: what is under way is left to the reconciler");
        }
        if work.news.notified().now_or_never().is_some() {
            // What is not delivered, the reconciler delivers.
            let _ = timeout_at(end, self.app.vending.deliver_alerts()).await;
        }
    }
}
