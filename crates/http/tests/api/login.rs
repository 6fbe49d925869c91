//! How to log in, told to whoever asks.

use axum::body::Body;
use axum::http::Request;
use daypass_api::{BearerKind, LoginOptions, OidcOffer};

use crate::support::{ISSUER, Server};

#[tokio::test]
async fn strangers_are_told_how_to_log_in_and_nothing_that_is_not_offered() {
    let offer = OidcOffer {
        issuer: ISSUER.to_owned(),
        client_id: "daypass-cli".to_owned(),
        scopes: vec!["openid".to_owned(), "offline_access".to_owned()],
        token: BearerKind::Id,
        audience: None,
    };
    let server = Server::with(|options| options.api.logins = vec![offer.clone()]).await;
    let answer = server.send(Request::get("/v1/login").body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let told: LoginOptions = serde_json::from_slice(&answer.body).unwrap();
    let expected = LoginOptions { deployment: "development".to_owned(), oidc: vec![offer], ..LoginOptions::default() };
    assert_eq!(told, expected);
}
