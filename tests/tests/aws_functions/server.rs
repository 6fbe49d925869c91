//! The server as a function behind an HTTP API.

use std::time::Duration;

use daypass_embedded::clock::SystemClock;
use daypass_vending::ports::Clock as _;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::function::Function;
use crate::installation::{Installation, dynamodb};

const TIME: Duration = Duration::from_secs(29);

#[tokio::test]
async fn the_server_vends_and_kills_as_a_function() {
    let at = Installation::new("server").await;
    let config = at.config(&at.hub.ministack.url(), &dynamodb());
    let function = Function::start("daypass-server", &config, at.key()).await;
    let wish = json!({
        "project_id": "acme-web",
        "account_id": at.account.to_string(),
        "permission_tier": "read-only",
        "reason": "look at the failing nightly job",
    });
    let made = ask(&function, "POST", "/v1/sessions", Some(wish)).await;
    assert_eq!(made.0, 201, "{}", made.1);
    assert_eq!(at.roles().await, 1, "the role is there when the answer is");
    let path = format!("/v1/sessions/{}", made.1["session_id"].as_str().unwrap());
    let credentials = ask(&function, "POST", &format!("{path}/credentials"), None).await;
    assert_eq!(credentials.0, 200, "{}", credentials.1);
    assert!(credentials.1["access_key_id"].is_string());
    let ended = ask(&function, "DELETE", &path, None).await;
    assert_eq!((ended.0, &ended.1["status"]), (200, &json!("revoked")), "{}", ended.1);
    assert_eq!(at.roles().await, 0);
    let stranger = ask(&function, "GET", "/v1/nothing", None).await;
    assert_eq!((stranger.0, &stranger.1["code"]), (404, &json!("not-found")), "{}", stranger.1);
}

/// Whose tokens the server accepts.
pub(crate) fn jwks() -> Value {
    json!({ "keys": [Jwk::from_encoding_key(&signing_key(), Algorithm::EdDSA).unwrap()] })
}

async fn ask(function: &Function, method: &str, path: &str, body: Option<Value>) -> (u64, Value) {
    let event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "authorization": format!("Bearer {}", token()),
            "content-type": "application/json",
            "host": "r3pmxmplak.execute-api.eu-central-1.amazonaws.com",
            "prefer": "wait=20",
            "x-forwarded-for": "127.0.0.1",
        },
        "requestContext": {
            "accountId": "111122223333",
            "apiId": "r3pmxmplak",
            "domainName": "r3pmxmplak.execute-api.eu-central-1.amazonaws.com",
            "domainPrefix": "r3pmxmplak",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "agent"},
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "$default",
            "stage": "$default",
            "time": "10/Mar/2026:05:16:23 +0000",
            "timeEpoch": 1_773_119_783_220_i64,
        },
        "body": body.map(|body| body.to_string()),
        "isBase64Encoded": false,
    });
    let answer = function.api.invoke(&event, TIME).await.1.answer();
    assert_eq!(answer["isBase64Encoded"], false, "JSON comes as text, which a REST API passes on as well");
    let body = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    (answer["statusCode"].as_u64().unwrap(), body)
}

fn token() -> String {
    let now = SystemClock.now().as_second();
    let claims = json!({
        "iss": "https://id.example.com",
        "aud": "daypass",
        "sub": "carla",
        "groups": ["contractors", "acme-web-team"],
        "iat": now,
        "exp": now + 3600,
        "auth_time": now,
        "amr": ["pwd", "otp"],
    });
    jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), &claims, &signing_key()).unwrap()
}

/// A key that signs for these tests and for nothing else: PKCS #8 of an Ed25519 key (RFC 8410), made of a seed that everybody
/// can read here.
fn signing_key() -> EncodingKey {
    let mut der = vec![0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    der.extend([7; 32]);
    EncodingKey::from_ed_der(&der)
}
