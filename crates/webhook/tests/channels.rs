//! What a receiver gets, and what happens when it fails, hangs, redirects or is one of several.

#![expect(clippy::unwrap_used, reason = "this whole file is test code")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use daypass_embedded::clock::ManualClock;
use daypass_vending::alert::{Alert, Occasion};
use daypass_vending::ids::SessionId;
use daypass_vending::ports::{AlertChannel, AlertError};
use daypass_vending::secret::Secret;
use daypass_webhook::{Several, Webhook, WebhookError};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

#[derive(Clone, Default)]
struct Receiver(Arc<Mutex<Vec<(HeaderMap, Bytes)>>>);

/// A receiver on this machine that answers like this.
async fn receiver(answer: fn() -> Response) -> (Receiver, SocketAddr) {
    let receiver = Receiver::default();
    let got = receiver.clone();
    let take = move |headers: HeaderMap, body: Bytes| async move {
        got.0.lock().unwrap().push((headers, body));
        answer()
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/hook", post(take));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (receiver, address)
}

fn webhook(address: SocketAddr) -> Webhook {
    let clock = ManualClock::new("2026-03-01T09:00:00Z".parse().unwrap());
    let url = format!("http://{address}/hook").parse().unwrap();
    Webhook::new(url, Secret::new(SECRET.to_owned()), Arc::new(clock)).unwrap()
}

fn alert() -> Alert {
    Alert {
        session: SessionId::from_random([7; 16]),
        occasion: Occasion::Grant,
        at: Timestamp::UNIX_EPOCH,
        subject: "Daypass break-glass grant: olga".to_owned(),
        facts: BTreeMap::from([("incident".to_owned(), "INC-4711".to_owned())]),
    }
}

#[tokio::test]
async fn a_receiver_can_verify_what_it_gets_and_knows_repetitions() {
    let (receiver, address) = receiver(|| StatusCode::NO_CONTENT.into_response()).await;
    let webhook = webhook(address);
    for _ in 0..2 {
        webhook.deliver(&alert()).await.unwrap();
    }
    let got = receiver.0.lock().unwrap();
    for (headers, body) in got.iter() {
        let timestamp = headers["daypass-timestamp"].to_str().unwrap();
        assert_eq!(timestamp, "1772355600");
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(timestamp.as_bytes());
        mac.update(b".");
        mac.update(body);
        let signature = headers["daypass-signature"].to_str().unwrap().strip_prefix("v1=").unwrap();
        mac.verify_slice(&hex::decode(signature).unwrap()).unwrap();
        assert_eq!(serde_json::from_slice::<Alert>(body).unwrap(), alert());
    }
    let [first, second] = got.as_slice() else { panic!("{} calls", got.len()) };
    assert_eq!(first.0["daypass-id"], second.0["daypass-id"]);
}

#[tokio::test]
async fn what_is_not_taken_is_an_error_and_nobody_is_followed_elsewhere() {
    let (failing, at) = receiver(|| StatusCode::INTERNAL_SERVER_ERROR.into_response()).await;
    assert!(webhook(at).deliver(&alert()).await.is_err());
    assert_eq!(failing.0.lock().unwrap().len(), 1);
    let (elsewhere, at) = receiver(|| Redirect::temporary("/hook").into_response()).await;
    assert!(webhook(at).deliver(&alert()).await.is_err());
    assert_eq!(elsewhere.0.lock().unwrap().len(), 1, "a redirect is not followed");
    // Nobody listens there any more.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = listener.local_addr().unwrap();
    drop(listener);
    let error = webhook(gone).deliver(&alert()).await.unwrap_err();
    assert!(!error.to_string().contains("hook"), "the path may be a secret: {error}");
}

#[test]
fn alerts_do_not_travel_in_the_open_nor_with_a_guessable_signature() {
    let new = |url: &str, secret: &str| {
        let clock = Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH));
        Webhook::new(url.parse().unwrap(), Secret::new(secret.to_owned()), clock)
    };
    for url in ["https://hooks.example.com/x", "http://127.0.0.1:9/", "http://[::1]:9/", "http://localhost:9/"] {
        assert!(new(url, SECRET).is_ok(), "{url}");
    }
    for url in ["http://hooks.example.com/", "http://10.0.0.1/", "ftp://localhost/", "https://me:secret@example.com/"] {
        assert!(matches!(new(url, SECRET), Err(WebhookError::Address)), "{url}");
    }
    assert!(matches!(new("https://hooks.example.com/", "too short"), Err(WebhookError::Secret)));
    assert!(!format!("{:?}", new("https://hooks.example.com/token", SECRET).unwrap()).contains("token"));
}

/// Counts, and refuses as often as it is told to.
#[derive(Default)]
struct Counting(Mutex<(u32, u32)>);

#[async_trait]
impl AlertChannel for Counting {
    async fn deliver(&self, _: &Alert) -> Result<(), AlertError> {
        let mut state = self.0.lock().unwrap();
        let (calls, refusals) = *state;
        *state = (calls + 1, refusals.saturating_sub(1));
        if refusals > 0 { Err(AlertError("not now".to_owned())) } else { Ok(()) }
    }
}

#[tokio::test]
async fn of_several_channels_only_those_that_failed_are_asked_again() {
    let (well, ill) = (Arc::new(Counting::default()), Arc::new(Counting::default()));
    ill.0.lock().unwrap().1 = 2;
    let several = Several::new(vec![well.clone(), ill.clone()]);
    assert!(several.deliver(&alert()).await.is_err());
    assert!(several.deliver(&alert()).await.is_err());
    several.deliver(&alert()).await.unwrap();
    assert_eq!((well.0.lock().unwrap().0, ill.0.lock().unwrap().0), (1, 3));
    // Delivered is forgotten: whoever delivers it again has a reason.
    several.deliver(&alert()).await.unwrap();
    assert_eq!((well.0.lock().unwrap().0, ill.0.lock().unwrap().0), (2, 4));
}
