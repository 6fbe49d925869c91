//! How requests come in: here through the router, as `serve` hands them to it. The tests of `daypass-server` have another
//! one, for functions.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::response::Response;
use daypass_http::{App, router};
use tower::ServiceExt;

/// The way in.
pub(crate) struct Entry(Router);

impl Entry {
    /// Whether a header that is given twice comes in twice.
    pub(crate) const KEEPS_HEADERS_APART: bool = true;

    pub(crate) fn to(app: App) -> Self {
        app.set_ready(true);
        Self(router(app))
    }

    pub(crate) async fn send(&self, mut request: Request<Body>, peer: Option<SocketAddr>) -> Response {
        if let Some(peer) = peer {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        self.0.clone().oneshot(request).await.unwrap()
    }
}
