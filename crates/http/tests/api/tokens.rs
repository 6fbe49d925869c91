//! Who proves nothing gets nothing, and always the same answer.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::support::{Answer, CARLA, Server, claims, public_jwk, sign};

async fn present(server: &Server, authorization: &str) -> Answer {
    let mut request = server.request(CARLA, "GET", "/v1/tiers", None);
    request.headers_mut().insert("authorization", authorization.parse().unwrap());
    server.send(request).await
}

fn header() -> Header {
    Header::new(Algorithm::EdDSA)
}

/// The claims of a good token, changed.
fn changed(server: &Server, change: impl FnOnce(&mut Value)) -> String {
    let mut claims = claims(CARLA, server.now());
    change(&mut claims);
    sign(&header(), &claims)
}

#[tokio::test]
async fn good_tokens_are_accepted() {
    let server = Server::new().await;
    let now = server.now().as_second();
    for (what, token) in [
        ("as it is", changed(&server, |_| {})),
        ("several audiences", {
            let several =
                |claims: &mut Value| (claims["aud"], claims["azp"]) = (json!(["other", "daypass"]), "daypass".into());
            changed(&server, several)
        }),
        ("a group that is none", changed(&server, |claims| claims["groups"] = json!(["a\"b"]))),
        ("a clock a little ahead", changed(&server, |claims| claims["iat"] = json!(now + 30))),
        ("just expired", changed(&server, |claims| claims["exp"] = json!(now - 30))),
        ("access token type", sign(&Header { typ: Some("at+jwt".into()), ..header() }, &claims(CARLA, server.now()))),
    ] {
        let answer = present(&server, &format!("Bearer {token}")).await;
        assert_eq!(answer.status, 200, "{what}: {answer:?}");
    }
}

#[tokio::test]
async fn forged_and_foreign_tokens_all_get_the_same_answer() {
    let server = Server::new().await;
    let now = server.now().as_second();
    let good = changed(&server, |_| {});
    let mut parts = good.splitn(3, '.');
    let (head, body, signature) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    let unsigned = {
        use base64::Engine;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
        let head = BASE64.encode(r#"{"alg":"none","typ":"JWT"}"#);
        [format!("{head}.{body}."), format!("{head}.{body}.{signature}")]
    };
    let by_public_key = {
        let jwk = serde_json::to_string(&public_jwk()).unwrap();
        let key = EncodingKey::from_secret(jwk.as_bytes());
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims(CARLA, server.now()), &key).unwrap()
    };
    let by_raw_public_key = {
        use base64::Engine;
        let jwk = serde_json::to_value(public_jwk()).unwrap();
        let x = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(jwk["x"].as_str().unwrap()).unwrap();
        let key = EncodingKey::from_secret(&x);
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims(CARLA, server.now()), &key).unwrap()
    };
    let by_another_key = {
        let mut der = vec![0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
        der.extend([8; 32]);
        jsonwebtoken::encode(&header(), &claims(CARLA, server.now()), &EncodingKey::from_ed_der(&der)).unwrap()
    };
    let other_body = changed(&server, |claims| claims["groups"] = json!(["daypass-admins"]));
    let other_body = other_body.split('.').nth(1).unwrap();
    let bad = vec![
        ("another audience", changed(&server, |claims| claims["aud"] = "other".into())),
        ("no audience", changed(&server, |claims| drop(claims["aud"].take()))),
        ("another issuer", changed(&server, |claims| claims["iss"] = "https://evil.example.com".into())),
        ("long expired", changed(&server, |claims| claims["exp"] = json!(now - 61))),
        ("no expiry", changed(&server, |claims| drop(claims.as_object_mut().unwrap().remove("exp")))),
        ("expiry as text", changed(&server, |claims| claims["exp"] = "never".into())),
        ("not yet", changed(&server, |claims| claims["nbf"] = json!(now + 120))),
        ("issued in the future", changed(&server, |claims| claims["iat"] = json!(now + 120))),
        ("factor in the future", changed(&server, |claims| claims["auth_time"] = json!(now + 120))),
        ("a name that is none", changed(&server, |claims| claims["sub"] = "carla*\"".into())),
        ("several audiences without a party", changed(&server, |claims| claims["aud"] = json!(["other", "daypass"]))),
        ("a logout token", sign(&Header { typ: Some("logout+jwt".into()), ..header() }, &claims(CARLA, server.now()))),
        ("an unknown key", sign(&Header { kid: Some("other".into()), ..header() }, &claims(CARLA, server.now()))),
        ("another key", by_another_key),
        ("the public key as secret", by_public_key),
        ("the raw public key as secret", by_raw_public_key),
        ("alg none", unsigned[0].clone()),
        ("alg none with a signature", unsigned[1].clone()),
        ("another body", format!("{head}.{other_body}.{signature}")),
        ("cut off", good[..good.len() - 4].to_owned()),
        ("no token at all", "nonsense".to_owned()),
        ("huge", "a".repeat(9000)),
    ];
    let reference = present(&server, "Basic Y2FybGE6cGFzc3dvcmQ=").await;
    assert_eq!((reference.status.as_u16(), reference.wrong_fields().len()), (401, 0));
    assert_eq!(reference.headers["www-authenticate"], "Bearer realm=\"daypass\"");
    let mut reference = reference.json();
    reference["request_id"].take();
    for (what, token) in bad {
        let answer = present(&server, &format!("Bearer {token}")).await;
        let mut said = answer.json();
        said["request_id"].take();
        assert_eq!((answer.status.as_u16(), &said), (401, &reference), "{what}");
    }
    let (_, events) = server.stored().await;
    assert_eq!(events, 21, "whatever was presented and refused is on record; what was too long was not looked at");
}

#[tokio::test]
async fn an_address_that_guesses_is_slowed_down_and_others_behind_it_are_not() {
    let server = Server::new().await;
    let mut statuses = Vec::new();
    for _ in 0..40 {
        statuses.push(present(&server, "Bearer nonsense").await.status.as_u16());
    }
    assert_eq!((statuses[0], statuses[39]), (401, 429), "{statuses:?}");
    let (_, events) = server.stored().await;
    assert!(events < 40, "guessing does not fill the trail: {events}");
    let good = changed(&server, |_| {});
    assert_eq!(present(&server, &format!("Bearer {good}")).await.status, 200);
}
