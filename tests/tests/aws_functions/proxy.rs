//! Stands between a function and its accounts, and holds up the call of a given number for ever: a moment to kill it in, or
//! a call that hangs.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A proxy.
pub(crate) struct Proxy {
    pub(crate) url: String,
    counted: Arc<Counted>,
}

struct Counted {
    behind: SocketAddr,
    /// How many calls are let through before one is held up.
    left: AtomicUsize,
    held: watch::Sender<bool>,
}

impl Proxy {
    /// One that lets every call through to `url`.
    pub(crate) async fn to(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = format!("http://{}", listener.local_addr().unwrap());
        let behind = url.trim_start_matches("http://").parse().unwrap();
        let left = AtomicUsize::new(usize::MAX);
        let counted = Arc::new(Counted { behind, left, held: watch::Sender::new(false) });
        let serving = Arc::clone(&counted);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, Arc::clone(&serving)));
            }
        });
        Self { url: own, counted }
    }

    /// Let so many calls through from now on, and hold up whatever comes then.
    pub(crate) fn hold_after(&self, calls: usize) {
        self.counted.held.send_replace(false);
        self.counted.left.store(calls, Ordering::SeqCst);
    }

    /// Come back when a call is held up.
    pub(crate) async fn held(&self) {
        self.counted.held.subscribe().wait_for(|held| *held).await.unwrap();
    }

    /// Let every new call through.
    pub(crate) fn let_through(&self) {
        self.counted.left.store(usize::MAX, Ordering::SeqCst);
    }
}

async fn serve(mut client: TcpStream, counted: Arc<Counted>) {
    let mut upstream = TcpStream::connect(counted.behind).await.unwrap();
    while let Some(request) = message(&mut client).await {
        let one_less = |left: usize| if left == usize::MAX { Some(left) } else { left.checked_sub(1) };
        if counted.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_err() {
            counted.held.send_replace(true);
            return std::future::pending().await;
        }
        if upstream.write_all(&request).await.is_err() {
            return;
        }
        let Some(answer) = message(&mut upstream).await else { return };
        if client.write_all(&answer).await.is_err() {
            return;
        }
    }
}

/// One HTTP message with its body, whose length its head says.
async fn message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut part = [0; 16 * 1024];
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:")).map(str::trim);
            if bytes.len() >= end + 4 + length.map_or(0, |length| length.parse::<usize>().unwrap()) {
                return Some(bytes);
            }
        }
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&part[..count]),
        }
    }
}
