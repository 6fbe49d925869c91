//! Serving: accept connections, hand requests to the router, and stop so that nothing is lost: no new connections, then
//! the requests under way, then the sagas they started, and only then the database.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::{Router, extract::Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use jiff::SignedDuration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tower::ServiceExt;

use crate::app::{App, router};
use crate::reconciler;

/// How long requests and sagas under way have to finish. What is left then, the next start's first pass takes over.
const DRAIN: Duration = Duration::from_secs(30);

/// How long a connection may take until the head of its next request has arrived, idle time between requests included.
/// Longer than the 60 s after which load balancers give up idle connections: whoever reuses them should close them first.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);

/// How many connections may be open at once. Further ones wait in the operating system's queue.
const MOST_CONNECTIONS: usize = 4096;

/// How long to wait when a connection cannot be accepted: file descriptors are used up, and some will come back.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serve until `shutdown` comes back, then finish what is under way. Runs the reconciler and delivers alerts meanwhile; the
/// server is ready once it has taken over what was left behind.
pub async fn serve(
    listener: TcpListener,
    app: App,
    reconcile_every: SignedDuration,
    shutdown: impl Future<Output = ()>,
) {
    let routes = router(app.clone());
    let watched = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let stopping = watch::Sender::new(false);
    let alerts = tokio::spawn(app.work.clone().deliver_alerts());
    let mut reconciler = tokio::spawn(reconcile(app.clone(), reconcile_every, stopping.subscribe()));
    {
        let permits = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                Ok((stream, peer, permit)) = accept(&listener, &permits) => {
                    let (routes, watcher) = (routes.clone(), watched.watcher());
                    connections.spawn(async move {
                        connection(stream, peer, routes, watcher).await;
                        drop(permit);
                    });
                }
                Some(_) = connections.join_next() => {}
            }
        }
    }
    drop(listener);
    app.set_ready(false);
    stopping.send_replace(true);
    tracing::info!("stopping: finishing what is under way");
    let finish = async {
        watched.shutdown().await;
        app.work.finished().await;
        // It finishes its pass; a panic in it is in the log already.
        let _ = (&mut reconciler).await;
        app.vending.deliver_alerts().await;
    };
    match timeout(DRAIN, finish).await {
        Ok(()) => tracing::info!("stopped: everything is finished"),
        Err(_) => tracing::warn!("stopped: some work is left to the next start"),
    }
    connections.shutdown().await;
    // What still runs holds the records, which are to be closed when this comes back. The reconciler may have been awaited
    // above, and a task can be awaited once only.
    for task in [alerts, reconciler].into_iter().filter(|task| !task.is_finished()) {
        task.abort();
        let _ = task.await;
    }
}

/// In a database of its own the server first takes over what the process before left behind. Where records are shared there
/// is nothing to take over, and nobody waits for a look at every role in every account.
async fn reconcile(app: App, every: SignedDuration, stopping: watch::Receiver<bool>) {
    if app.shared_records && !*stopping.borrow() {
        app.set_ready(true);
    }
    reconciler::take_over(&app).await;
    if !*stopping.borrow() {
        app.set_ready(true);
        reconciler::run(&app, every, stopping).await;
    }
}

/// The next connection, once there is room for it. What cannot be accepted is logged, and the next one awaited.
async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> Result<(TcpStream, SocketAddr, OwnedSemaphorePermit), AcquireError> {
    let permit = Arc::clone(permits).acquire_owned().await?;
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Answers are small and written at once; waiting for more would only delay them.
                let _ = stream.set_nodelay(true);
                return Ok((stream, peer, permit));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, peer: SocketAddr, routes: Router, watcher: Watcher) {
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        routes.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    // A client that breaks off or talks nonsense is its own problem.
    let _ = watcher.watch(connection).await;
}
