//! Secrets stay out of the log, whatever happens (invariant 8). One test, because a process has one global subscriber and
//! everything the server does must go through it.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{ADA, CARLA, Server, wish};

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn the_log_knows_who_did_what_and_no_secret() {
    let captured = Captured::default();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_max_level(tracing::Level::TRACE)
        .with_writer(captured.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let server = Server::new().await;
    let token = server.token(CARLA);
    let id = server.active(CARLA, "read-only").await;
    let credentials = server.ask(CARLA, "POST", &format!("/v1/sessions/{id}/credentials"), None).await.json();
    let secret_reason = "the passphrase is correct horse battery staple";
    let mut bad = wish("read-only");
    bad["reason"] = secret_reason.into();
    bad["account_id"] = "tell-no-one".into();
    server.ask(CARLA, "POST", "/v1/sessions", Some(bad)).await;
    let forged = format!("{}x", &token[..token.len() - 1]);
    let mut request = server.request(CARLA, "GET", "/v1/sessions?cursor=do-not-log-me", None);
    request.headers_mut().insert("authorization", format!("Bearer {forged}").parse().unwrap());
    server.send(request).await;
    server.ask(ADA, "DELETE", &format!("/v1/sessions/{id}"), Some(json!({"reason": secret_reason}))).await;

    let log = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains(r#""route":"/v1/sessions/{session_id}/credentials""#), "{log}");
    assert!(log.contains(r#""user.id":"carla""#) && log.contains(&format!(r#""session.id":"{id}""#)));
    let signature = |token: &str| token.rsplit('.').next().unwrap()[..40].to_owned();
    for secret in [
        credentials["secret_access_key"].as_str().unwrap(),
        credentials["session_token"].as_str().unwrap(),
        &signature(&token),
        &signature(&server.token(ADA)),
        "authorization",
        secret_reason,
        "tell-no-one",
        "do-not-log-me",
    ] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}
