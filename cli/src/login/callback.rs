//! Where the browser brings the answer: a socket on this machine that waits for one request
//! (RFC 8252, section 7.3, <https://www.rfc-editor.org/rfc/rfc8252#section-7.3>).
//!
//! Anything may connect: other programs, pages that try addresses, the browser for its icons. Only a request with our
//! `state` ends the wait; the others are turned away one by one, and none can hold up another.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use daypass_api::Masked;
use subtle::ConstantTimeEq as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use url::Url;

/// The path of the answer.
const PATH: &str = "/callback";

/// The longest head of a request, and how long it may take to arrive.
const LONGEST: usize = 16 * 1024;
const PATIENCE: Duration = Duration::from_secs(10);

/// As many as may be connected at once: more are turned away.
const MOST: usize = 64;

/// Waits for the browser.
pub(crate) struct Listener {
    socket: TcpListener,
    port: u16,
}

/// What the browser brought.
#[derive(Debug)]
pub(crate) struct Arrived {
    /// Who says so, where they do (RFC 9207).
    pub(crate) issuer: Option<String>,
    /// The code, or why there is none.
    pub(crate) outcome: Outcome,
}

/// How it ended in the browser.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Somebody logged in.
    Code(Masked),
    /// Nobody did (RFC 6749, section 4.1.2.1).
    Refused { error: String, description: Option<String> },
}

impl Listener {
    /// Listen on a port of 127.0.0.1 that is free: an address, because `localhost` may be resolved elsewhere (section 8.3).
    pub(crate) async fn open() -> io::Result<Self> {
        let socket = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let port = socket.local_addr()?.port();
        Ok(Self { socket, port })
    }

    /// Where the provider has to send the browser.
    pub(crate) fn redirect_uri(&self) -> String {
        format!("http://127.0.0.1:{}{PATH}", self.port)
    }

    /// Wait for the request that knows `state`. Afterwards nobody listens any more.
    pub(crate) async fn answer(self, state: &str) -> io::Result<Arrived> {
        let mut guests = JoinSet::new();
        loop {
            tokio::select! {
                guest = self.socket.accept(), if guests.len() < MOST => {
                    let (stream, _) = guest?;
                    let state = state.to_owned();
                    guests.spawn(async move { tokio::time::timeout(PATIENCE, receive(stream, &state)).await });
                }
                Some(done) = guests.join_next() => {
                    // Whoever did not say anything useful, or in time, was nobody.
                    if let Ok(Ok(Ok(Some(arrived)))) = done {
                        return Ok(arrived);
                    }
                }
            }
        }
    }
}

async fn receive(mut stream: TcpStream, state: &str) -> io::Result<Option<Arrived>> {
    let head = read_head(&mut stream).await?;
    let (status, text, arrived) = match parse(&head, state) {
        Some(arrived) if matches!(arrived.outcome, Outcome::Code(_)) => ("200 OK", DONE, Some(arrived)),
        Some(arrived) => ("200 OK", REFUSED, Some(arrived)),
        None => ("404 Not Found", NOTHING, None),
    };
    let page = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\nconnection: close\r\n\
         cache-control: no-store\r\nreferrer-policy: no-referrer\r\nx-content-type-options: nosniff\r\n\
         content-security-policy: default-src 'none'; frame-ancestors 'none'\r\n\r\n{text}",
        text.len()
    );
    // What was brought counts, whether or not the browser waits for the page.
    let _ = stream.write_all(page.as_bytes()).await;
    let _ = stream.shutdown().await;
    Ok(arrived)
}

async fn read_head(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut buffer = [0; 2048];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") && head.len() <= LONGEST {
        match stream.read(&mut buffer).await? {
            0 => break,
            read => head.extend_from_slice(buffer.get(..read).unwrap_or_default()),
        }
    }
    Ok(head)
}

/// What a request brings, if it is the one that is waited for.
fn parse(head: &[u8], state: &str) -> Option<Arrived> {
    let head = std::str::from_utf8(head).ok().filter(|head| head.len() <= LONGEST)?;
    let mut line = head.split("\r\n").next()?.split(' ');
    let (Some("GET"), Some(target), Some("HTTP/1.1" | "HTTP/1.0"), None) =
        (line.next(), line.next(), line.next(), line.next())
    else {
        return None;
    };
    // The address is ours; only path and query are the browser's.
    let url = Url::parse("http://127.0.0.1").ok()?.join(target).ok()?;
    // An absolute or `//host` target would make the URL another's.
    if url.path() != PATH || !target.starts_with(PATH) {
        return None;
    }
    let one = |name: &str| {
        let mut values = url.query_pairs().filter(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        // A parameter that is there twice says nothing (RFC 6749, section 3.1).
        values.next().filter(|_| values.next().is_none())
    };
    if !bool::from(one("state")?.as_bytes().ct_eq(state.as_bytes())) {
        return None;
    }
    let outcome = match (one("code"), one("error")) {
        (Some(code), None) => Outcome::Code(Masked::new(code)),
        (None, Some(error)) => Outcome::Refused { error, description: one("error_description") },
        _ => return None,
    };
    Some(Arrived { issuer: one("iss"), outcome })
}

const DONE: &str = "<!doctype html><title>Daypass</title><h1>You can close this window</h1>\
<p>Daypass goes on in the terminal.</p>";
const REFUSED: &str = "<!doctype html><title>Daypass</title><h1>You are not logged in</h1>\
<p>The terminal says why. You can close this window.</p>";
const NOTHING: &str = "<!doctype html><title>Daypass</title><h1>Nothing here</h1>";

#[cfg(test)]
mod tests {
    use super::*;

    const STATE: &str = "the-state";

    fn parsed(target: &str) -> Option<Arrived> {
        parse(format!("GET {target} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n").as_bytes(), STATE)
    }

    #[test]
    fn the_answer_to_our_question_is_taken() {
        let arrived = parsed("/callback?code=a%2Bb&state=the-state&iss=https%3A%2F%2Fid.example.com").unwrap();
        assert_eq!(arrived.issuer.as_deref(), Some("https://id.example.com"));
        assert!(matches!(arrived.outcome, Outcome::Code(code) if code.reveal() == "a+b"));
        let refused = parsed("/callback?error=access_denied&error_description=no&state=the-state").unwrap();
        assert!(matches!(refused.outcome, Outcome::Refused { error, .. } if error == "access_denied"));
    }

    #[test]
    fn everything_else_is_nobody() {
        for target in [
            "/callback",
            "/callback?code=a",
            "/callback?code=a&state=another",
            "/callback?code=a&state=the-state&state=the-state",
            "/callback?code=a&code=b&state=the-state",
            "/callback?code=a&error=b&state=the-state",
            "/callback?state=the-state",
            "/callback/?code=a&state=the-state",
            "/favicon.ico?code=a&state=the-state",
            "http://evil.example.com/callback?code=a&state=the-state",
            "//evil.example.com/callback?code=a&state=the-state",
        ] {
            assert!(parsed(target).is_none(), "{target}");
        }
        for head in
            ["POST /callback?code=a&state=the-state HTTP/1.1\r\n\r\n", "GET /callback?code=a&state=the-state", ""]
        {
            assert!(parse(head.as_bytes(), STATE).is_none(), "{head}");
        }
    }

    async fn send(port: u16, request: &str) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut page = String::new();
        stream.read_to_string(&mut page).await.unwrap();
        page
    }

    #[tokio::test]
    async fn strangers_are_turned_away_and_the_silent_hold_up_nobody() {
        let listener = Listener::open().await.unwrap();
        let port = listener.port;
        assert_eq!(listener.redirect_uri(), format!("http://127.0.0.1:{port}/callback"));
        let answer = tokio::spawn(async move { listener.answer(STATE).await });
        let _silent = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        let page = send(port, "GET /callback?code=stolen&state=guessed HTTP/1.1\r\n\r\n").await;
        assert!(page.starts_with("HTTP/1.1 404"), "{page}");
        let page = send(port, "GET /callback?code=ours&state=the-state HTTP/1.1\r\n\r\n").await;
        assert!(page.starts_with("HTTP/1.1 200") && page.contains("You can close this window"), "{page}");
        let arrived = answer.await.unwrap().unwrap();
        assert!(matches!(arrived.outcome, Outcome::Code(code) if code.reveal() == "ours"));
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_err(), "it takes one answer only");
    }
}
