//! Whole HTTP/1.1 messages on a stream.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Which kind of message is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Framed {
    /// Without a length it has no body.
    Request,
    /// Without a length its body ends with the stream.
    Answer,
}

/// One message with its body; `None` when the stream ends before.
pub(super) async fn message(stream: &mut TcpStream, kind: Framed) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut part = vec![0; 16 * 1024];
    loop {
        if is_whole(&bytes, kind) {
            return Some(bytes);
        }
        match stream.read(&mut part).await {
            Ok(0) if kind == Framed::Answer && !bytes.is_empty() => return Some(bytes),
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&part[..count]),
        }
    }
}

/// Write all of a message.
pub(super) async fn send(stream: &mut TcpStream, message: &[u8]) -> std::io::Result<()> {
    stream.write_all(message).await
}

/// Say nothing until the other side gives up.
pub(super) async fn until_closed(stream: &mut TcpStream) {
    let mut part = [0; 1024];
    while stream.read(&mut part).await.is_ok_and(|count| count > 0) {}
}

/// End a connection with a reset.
pub(super) fn reset(stream: TcpStream) {
    // Whatever is wrong with it, it ends here.
    let _ = stream.set_zero_linger();
}

fn is_whole(bytes: &[u8], kind: Framed) -> bool {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    if let Some(length) = field("content-length:") {
        return bytes.len() >= end + 4 + length.parse::<usize>().expect("a length");
    }
    if field("transfer-encoding:").is_some() {
        return bytes.ends_with(b"0\r\n\r\n");
    }
    // A hundred-something, 204 and 304 have no body.
    let is_bare = ["100", "204", "304"].iter().any(|status| head.split(' ').nth(1) == Some(*status));
    kind == Framed::Request || is_bare
}
