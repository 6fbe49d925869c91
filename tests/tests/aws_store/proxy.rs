//! Stands between the store and DynamoDB and loses answers: the request has its effect, the connection breaks.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::endpoint;

/// A proxy.
pub(crate) struct Proxy {
    pub(crate) url: String,
    losing: Arc<AtomicUsize>,
    lost: Arc<AtomicUsize>,
}

impl Proxy {
    /// One that loses nothing yet.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let behind: SocketAddr = endpoint().trim_start_matches("http://").parse().unwrap();
        let (losing, lost) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let counters = (losing.clone(), lost.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, behind, counters.clone()));
            }
        });
        Self { url, losing, lost }
    }

    /// Lose the answers to the next so many writes.
    pub(crate) fn lose(&self, count: usize) {
        self.losing.store(count, Ordering::SeqCst);
    }

    /// How many were lost.
    pub(crate) fn lost(&self) -> usize {
        self.lost.load(Ordering::SeqCst)
    }
}

async fn serve(mut client: TcpStream, behind: SocketAddr, (losing, lost): (Arc<AtomicUsize>, Arc<AtomicUsize>)) {
    let mut upstream = TcpStream::connect(behind).await.unwrap();
    while let Some(request) = message(&mut client).await {
        upstream.write_all(&request).await.unwrap();
        let Some(answer) = message(&mut upstream).await else { return };
        let head = String::from_utf8_lossy(&request).to_ascii_lowercase();
        let is_write = ["transactwriteitems", "updateitem", "deleteitem"].iter().any(|name| head.contains(name));
        let one_less = |left: usize| left.checked_sub(1);
        if is_write && losing.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok() {
            lost.fetch_add(1, Ordering::SeqCst);
            return;
        }
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
