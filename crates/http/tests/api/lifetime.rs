//! What outlives a request, and what outlives the server.

use std::time::Duration;

use axum::body::Body;
use daypass_api::{Call, Client, NewSession, SessionStatus};
use daypass_http::local::{LocalServer, Storage, Tokens};
use jiff::SignedDuration;
use jsonwebtoken::{Algorithm, Header};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{CARLA, Person, Server, claims, options, sign, wish};

/// How long killing a role takes in these tests: a denial must grow as old as this.
const WINDOW: SignedDuration = SignedDuration::from_millis(500);

#[tokio::test]
async fn a_client_that_hangs_up_does_not_cancel_the_work_it_started() {
    let server = Server::with(|options| options.settings.consistency_window = WINDOW).await;
    let id = server.active(CARLA, "read-only").await;
    let path = format!("/v1/sessions/{id}");
    // The handler's future is dropped while the saga is under way, as happens when the client goes away.
    let handler = server.ask(CARLA, "DELETE", &path, None);
    tokio::time::timeout(Duration::from_millis(100), handler).await.unwrap_err();
    let mut request = server.request(CARLA, "GET", &path, None);
    request.headers_mut().remove("prefer");
    assert_eq!(server.send(request).await.json()["status"], "revoking");
    let session = server.ask(CARLA, "GET", &path, None).await.json();
    assert_eq!(session["status"], "revoked", "{session}");
}

#[tokio::test]
async fn who_does_not_wait_is_told_where_to_look() {
    let server = Server::with(|options| options.settings.consistency_window = WINDOW).await;
    let mut request = server.request(CARLA, "POST", "/v1/sessions", Some(wish("read-only")));
    request.headers_mut().remove("prefer");
    let answer = server.send(request).await;
    assert_eq!(answer.status, 202);
    let place = answer.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(place, format!("/v1/sessions/{}", answer.json()["session_id"].as_str().unwrap()));
    assert_eq!(server.ask(CARLA, "GET", &place, None).await.json()["status"], "active");
    let mut request = server.request(CARLA, "DELETE", &place, None);
    request.headers_mut().insert("prefer", "respond-async".parse().unwrap());
    let answer = server.send(request).await;
    assert_eq!((answer.status.as_u16(), answer.headers["location"].to_str().unwrap()), (202, place.as_str()));
}

/// A server on a socket, on files in this folder.
async fn start(folder: &std::path::Path, window: SignedDuration) -> LocalServer {
    let mut options = options();
    options.storage = Storage::Files { database: folder.join("daypass.sqlite"), key_file: folder.join("daypass.keys") };
    options.settings.consistency_window = window;
    LocalServer::start(options).await.unwrap()
}

fn client(server: &LocalServer, who: Person) -> Client {
    use daypass_vending::ports::Clock;
    let token = sign(&Header::new(Algorithm::EdDSA), &claims(who, server.clock.now()));
    Client::new(&server.url()).unwrap().with_token(token)
}

fn new_session() -> NewSession {
    serde_json::from_value(wish("read-only")).unwrap()
}

#[tokio::test]
async fn stopping_finishes_what_is_under_way() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), WINDOW).await;
    let carla = client(&server, CARLA);
    let session = carla.request_session(&new_session(), &Call::new().waiting(20)).await.unwrap();
    let ending = carla.end_session(&session.session_id, None, &Call::new()).await.unwrap();
    assert_eq!(ending.status, SessionStatus::Revoking);
    let clock = server.clock.clone();
    server.stop().await;
    let stopped_at = daypass_vending::ports::Clock::now(&*clock);
    let server = start(folder.path(), WINDOW).await;
    let session = client(&server, CARLA).session(&session.session_id, 0).await.unwrap();
    assert_eq!(session.status, SessionStatus::Revoked);
    assert!(session.end.unwrap().role_gone_at.unwrap() < stopped_at, "it was finished before, not after the restart");
    server.stop().await;
}

#[tokio::test]
async fn stopping_answers_the_requests_under_way_and_takes_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), WINDOW).await;
    let (carla, address) = (client(&server, CARLA), server.address);
    let session = carla.request_session(&new_session(), &Call::new().waiting(20)).await.unwrap();
    let waiting = tokio::spawn({
        let (carla, id) = (carla.clone(), session.session_id.clone());
        async move { carla.end_session(&id, None, &Call::new().waiting(20)).await }
    });
    while carla.session(&session.session_id, 0).await.unwrap().status == SessionStatus::Active {}
    server.stop().await;
    assert_eq!(waiting.await.unwrap().unwrap().status, SessionStatus::Revoked);
    TcpStream::connect(address).await.unwrap_err();
}

#[tokio::test]
async fn whoever_talks_nonsense_is_cut_off_and_the_server_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), SignedDuration::ZERO).await;
    let nonsense: [&[u8]; 4] =
        [b"\x16\x03\x01\x02\x00\x01\x00", b"GET / HTTP/9.9\r\n\r\n", b"GET /\x00 HTTP/1.1\r\n\r\n", b"\r\n\r\n\r\n"];
    for bytes in nonsense {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut said = Vec::new();
        // Whether it answers or just closes, it ends the conversation.
        let _ = stream.read_to_end(&mut said).await;
        assert!(said.is_empty() || said.starts_with(b"HTTP/1.1 400"), "{}", String::from_utf8_lossy(&said));
    }
    client(&server, CARLA).tiers().await.unwrap();
    server.stop().await;
}

#[tokio::test]
async fn a_server_that_is_not_ready_takes_no_requests() {
    let server = Server::new().await;
    server.local.app.set_ready(false);
    for (path, status) in [("/healthz", 200), ("/readyz", 503), ("/v1/tiers", 503)] {
        assert_eq!(server.ask(CARLA, "GET", path, None).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn a_development_server_logs_people_in_and_stays_on_the_machine() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options();
    options.tokens = Tokens::Development;
    options.storage =
        Storage::Files { database: folder.path().join("d.sqlite"), key_file: folder.path().join("d.keys") };
    let mut outside = options.clone();
    outside.listen = "0.0.0.0:0".parse().unwrap();
    assert!(LocalServer::start(outside).await.is_err());
    let server = LocalServer::start(options).await.unwrap();
    let client = Client::new(&server.url()).unwrap();
    let issuer = server.issuer.clone().unwrap();
    let carla = issuer.logins().await.unwrap().remove(0);
    let now = daypass_vending::ports::Clock::now(&*server.clock);
    let mut login = daypass_api::Login {
        user: carla.person.user.to_string(),
        password: daypass_api::Masked::new(carla.password.reveal()),
        totp: Some(daypass_api::Masked::new(issuer.totp_now(&carla.person.user, now).await.unwrap())),
    };
    let token = client.log_in(&login).await.unwrap().token;
    let session = client
        .clone()
        .with_token(token.reveal())
        .request_session(&new_session(), &Call::new().waiting(20))
        .await
        .unwrap();
    assert_eq!(session.status, SessionStatus::Active);
    login.password = daypass_api::Masked::new("wrong");
    let refused = client.log_in(&login).await.unwrap_err();
    assert_eq!(refused.problem().unwrap().status, 401);
    server.stop().await;
}

#[tokio::test]
async fn time_ends_a_session_without_anybody_asking() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), SignedDuration::ZERO).await;
    let client = client(&server, CARLA);
    let session = client.request_session(&new_session(), &Call::new().waiting(20)).await.unwrap();
    server.clock.advance(Duration::from_secs(4 * 3600 + 1));
    // The token has expired as well: a new one.
    let client = self::client(&server, CARLA);
    let mut seen = client.session(&session.session_id, 20).await.unwrap();
    while seen.status == SessionStatus::Active {
        seen = client.session(&session.session_id, 20).await.unwrap();
    }
    assert_eq!(seen.status, SessionStatus::Expired);
    assert!(seen.end.unwrap().role_gone_at.is_some());
    server.stop().await;
}

#[tokio::test]
async fn a_body_that_never_comes_is_not_waited_for() {
    let server = Server::new().await;
    // Who was met before is counted in memory: from here on nothing happens but that time passes.
    server.ask(CARLA, "GET", "/v1/tiers", None).await;
    tokio::time::pause();
    let mut request = server.request(CARLA, "POST", "/v1/sessions", None);
    request.headers_mut().insert("content-type", "application/json".parse().unwrap());
    *request.body_mut() = Body::from_stream(futures::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    let answer = server.send(request).await;
    assert_eq!((answer.status.as_u16(), answer.json()["code"].clone()), (408, "request-timeout".into()));
}
