//! An identity provider in this process, and keys that sign for tests and for nothing else.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use daypass_embedded::database::Database;
use daypass_embedded::entropy::SeededEntropy;
use daypass_embedded::keys::LocalKeys;
use daypass_embedded::store::SqliteStore;
use daypass_vending::identity::Identity;
use daypass_vending::ports::{AuthenticationError, Authenticator as _, Presented};
use daypass_vending::secret::Secret;
use jiff::Timestamp;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::doors::Doors;
use crate::sources::Sources;

/// When all of it happens, in seconds since 1970.
pub(crate) const NOW: i64 = 1_800_000_000;

/// A key under its name.
#[derive(Clone)]
pub(crate) struct Signer {
    id: &'static str,
    algorithm: Algorithm,
    key: EncodingKey,
}

impl Signer {
    /// An Ed25519 key (RFC 8410), made of a seed that everybody can read here.
    pub(crate) fn ed25519(id: &'static str, seed: u8) -> Self {
        let mut der = vec![0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
        der.extend([seed; 32]);
        Self { id, algorithm: Algorithm::EdDSA, key: EncodingKey::from_ed_der(&der) }
    }

    /// A P-256 key (RFC 5915), likewise.
    pub(crate) fn p256(id: &'static str) -> Self {
        let mut der = vec![0x30, 0x41, 2, 1, 0, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
        der.extend([6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7, 4, 0x27, 0x30, 0x25, 2, 1, 1, 4, 0x20]);
        der.extend([7; 32]);
        Self { id, algorithm: Algorithm::ES256, key: EncodingKey::from_ec_der(&der) }
    }

    /// An RSA key of 2048 bits that nobody uses for anything else.
    pub(crate) fn rsa(id: &'static str) -> Self {
        let base64: String = include_str!("rsa.txt").split_whitespace().collect();
        Self { id, algorithm: Algorithm::RS256, key: EncodingKey::from_rsa_der(&STANDARD.decode(base64).unwrap()) }
    }

    pub(crate) fn public(&self) -> Value {
        let mut jwk = serde_json::to_value(Jwk::from_encoding_key(&self.key, self.algorithm).unwrap()).unwrap();
        jwk["kid"] = self.id.into();
        jwk
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_as(self.id, claims)
    }

    /// Sign, and name another key.
    pub(crate) fn sign_as(&self, id: &str, claims: &Value) -> String {
        let header = Header { kid: Some(id.to_owned()), ..Header::new(self.algorithm) };
        jsonwebtoken::encode(&header, claims, &self.key).unwrap()
    }
}

/// A provider: what it answers can be changed, and what it was asked is counted.
pub(crate) struct Provider {
    pub(crate) url: String,
    state: Arc<Mutex<Published>>,
}

pub(crate) struct Published {
    pub(crate) issuer: String,
    pub(crate) keys: Value,
    pub(crate) cache_control: &'static str,
    /// What it answers instead of the key set.
    pub(crate) instead: Option<(u16, String)>,
    pub(crate) asked: usize,
}

impl Provider {
    pub(crate) async fn start(signers: &[&Signer]) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/realms/acme", listener.local_addr().unwrap());
        let published = Published {
            issuer: url.clone(),
            keys: Value::Null,
            cache_control: "max-age=3600",
            instead: None,
            asked: 0,
        };
        let provider = Self { url, state: Arc::new(Mutex::new(published)) };
        provider.publishes(signers);
        let router = Router::new().fallback(answer).with_state(provider.state.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    pub(crate) fn publishes(&self, signers: &[&Signer]) {
        let keys: Vec<Value> = signers.iter().map(|signer| signer.public()).collect();
        self.change(|published| published.keys = json!({ "keys": keys }));
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Published)) {
        change(&mut self.state.lock().unwrap());
    }

    /// How often it was asked for its keys.
    pub(crate) fn asked(&self) -> usize {
        self.state.lock().unwrap().asked
    }

    /// The claims of a good token, changed.
    pub(crate) fn claims(&self, at: i64, change: Value) -> Value {
        let mut claims =
            json!({"iss": self.url, "aud": "daypass", "sub": "ann", "iat": at, "exp": at + 300, "groups": ["on-call"]});
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims
    }
}

async fn answer(State(state): State<Arc<Mutex<Published>>>, uri: Uri) -> Response {
    let mut published = state.lock().unwrap();
    if uri.path() == "/realms/acme/.well-known/openid-configuration" {
        let keys = format!("{}/keys", published.issuer);
        return axum::Json(json!({"issuer": published.issuer, "jwks_uri": keys})).into_response();
    }
    published.asked += 1;
    if let Some((status, body)) = published.instead.clone() {
        let elsewhere = [("location", format!("{}/elsewhere", published.issuer))];
        return (StatusCode::from_u16(status).unwrap(), elsewhere, body).into_response();
    }
    ([("cache-control", published.cache_control)], axum::Json(published.keys.clone())).into_response()
}

/// Ways in for these sources.
pub(crate) fn doors(sources: Sources) -> Doors {
    let keys = LocalKeys::ephemeral(Arc::new(SeededEntropy::new(1)));
    let memory = SqliteStore::new(Database::open_in_memory().unwrap());
    Doors::new(sources, &"acme".parse().unwrap(), Arc::new(keys), Arc::new(memory)).unwrap()
}

/// Present a token at this second.
pub(crate) async fn present(doors: &Doors, token: &str, second: i64) -> Result<Identity, AuthenticationError> {
    let at = Timestamp::from_second(second).unwrap();
    let address = Ipv4Addr::LOCALHOST.into();
    doors.authenticate(&Presented { token: Secret::new(token.to_owned()), address, at }).await
}
