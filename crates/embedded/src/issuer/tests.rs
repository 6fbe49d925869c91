//! Logging in, from the outside.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

use super::*;
use crate::entropy::SeededEntropy;

const STEP: i64 = 30;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_010 + second).unwrap()
}

fn user(name: &str) -> UserId {
    name.parse().unwrap()
}

async fn issuer_in(database: Arc<Database>, seed: u64) -> Result<DevelopmentIssuer, IssuerError> {
    let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(seed));
    // The key file stays the same, whatever else is drawn.
    let keys = Arc::new(LocalKeys::ephemeral(Arc::new(SeededEntropy::new(7))));
    let settings = IssuerSettings { issuer: "http://127.0.0.1:8080/dev".to_owned(), audience: "daypass".to_owned() };
    DevelopmentIssuer::start(database, keys, entropy, settings, sample_people().unwrap()).await
}

async fn issuer() -> DevelopmentIssuer {
    issuer_in(Database::open_in_memory().unwrap(), 1).await.unwrap()
}

async fn password(issuer: &DevelopmentIssuer, name: &str) -> Secret {
    let logins = issuer.logins().await.unwrap();
    logins.into_iter().find(|login| login.person.user.as_str() == name).unwrap().password
}

fn claims(issuer: &DevelopmentIssuer, token: &SignedToken) -> Value {
    let keys: JwkSet = serde_json::from_value(issuer.jwks()).unwrap();
    let kid = jsonwebtoken::decode_header(token.token.reveal()).unwrap().kid.unwrap();
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&["daypass"]);
    validation.set_issuer(&["http://127.0.0.1:8080/dev"]);
    validation.validate_exp = false;
    let key = DecodingKey::from_jwk(keys.find(&kid).unwrap()).unwrap();
    jsonwebtoken::decode::<Value>(token.token.reveal(), &key, &validation).unwrap().claims
}

#[tokio::test]
async fn a_login_with_password_and_code_vouches_for_a_second_factor() {
    let issuer = issuer().await;
    let carla = user("carla");
    let code = issuer.totp_now(&carla, at(0)).await.unwrap();
    let token = issuer.login(&carla, &password(&issuer, "carla").await, Some(&code), at(0)).await.unwrap();
    assert!(token.mfa);
    assert_eq!(token.expires_at, at(8 * 3600));
    let claims = claims(&issuer, &token);
    assert_eq!(claims["sub"], "carla");
    assert_eq!(claims["groups"], json!(["contractors", "acme-web"]));
    assert_eq!(claims["amr"], json!(["pwd", "otp", "mfa"]));
    let now = at(0).as_second();
    assert_eq!([&claims["iat"], &claims["nbf"], &claims["auth_time"]], [&json!(now); 3]);
    assert_eq!(claims["exp"], json!(now + 8 * 3600));
    assert_eq!(claims["jti"].as_str().unwrap().len(), 22);
}

#[tokio::test]
async fn a_login_without_a_code_does_not() {
    let issuer = issuer().await;
    let token = issuer.login(&user("ada"), &password(&issuer, "ada").await, None, at(0)).await.unwrap();
    assert!(!token.mfa);
    assert_eq!(claims(&issuer, &token)["amr"], json!(["pwd"]));
}

#[tokio::test]
async fn wrong_secrets_and_strangers_are_refused_alike() {
    let issuer = issuer().await;
    let good = password(&issuer, "carla").await;
    let wrong = [
        ("carla", password(&issuer, "carl").await),
        ("carla", Secret::new(String::new())),
        ("carla", Secret::new(format!("{} ", good.reveal()))),
        ("mallory", good.clone()),
        ("mallory", Secret::new(String::new())),
    ];
    for (name, password) in wrong {
        let error = issuer.login(&user(name), &password, None, at(0)).await.unwrap_err();
        assert!(matches!(error, LoginError::Wrong), "{name}: {error:?}");
    }
    for code in ["", "000000", "12345", "1234567", "abcdef", "１２３４５６"] {
        // Enough time between that the count of failures does not get in the way.
        let mut now = at(0);
        let error = loop {
            match issuer.login(&user("carla"), &good, Some(code), now).await.unwrap_err() {
                LoginError::Wait { until } => now = until,
                error => break error,
            }
        };
        assert!(matches!(error, LoginError::WrongCode), "{code}: {error:?}");
    }
}

#[tokio::test]
async fn a_code_counts_once_and_only_around_its_time() {
    let issuer = issuer().await;
    let (carla, password) = (user("carla"), password(&issuer, "carla").await);
    let code = issuer.totp_now(&carla, at(0)).await.unwrap();
    let login = async |code: &str, now| issuer.login(&carla, &password, Some(code), now).await;
    assert!(matches!(login(&code, at(2 * STEP)).await, Err(LoginError::WrongCode)), "too old");
    assert!(matches!(login(&code, at(-2 * STEP)).await, Err(LoginError::WrongCode)), "too early");
    login(&code, at(STEP)).await.unwrap();
    assert!(matches!(login(&code, at(STEP)).await, Err(LoginError::CodeUsed)));
    let next = issuer.totp_now(&carla, at(0)).await.unwrap();
    assert_ne!(next, code, "the app does not show a used code again");
    login(&next, at(0)).await.unwrap();
    assert!(matches!(login(&code, at(0)).await, Err(LoginError::CodeUsed)), "older ones are used up as well");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_logins_with_one_code_one_succeeds() {
    let issuer = Arc::new(issuer().await);
    let password = password(&issuer, "olga").await;
    let code = issuer.totp_now(&user("olga"), at(0)).await.unwrap();
    let logins = (0..4).map(|_| {
        let (issuer, password, code) = (Arc::clone(&issuer), password.clone(), code.clone());
        tokio::spawn(async move { issuer.login(&user("olga"), &password, Some(&code), at(0)).await.is_ok() })
    });
    let mut succeeded = 0;
    for login in logins.collect::<Vec<_>>() {
        succeeded += u32::from(login.await.unwrap());
    }
    assert_eq!(succeeded, 1);
}

#[tokio::test]
async fn after_five_failures_each_next_attempt_waits() {
    let issuer = issuer().await;
    let (carla, good) = (user("carla"), password(&issuer, "carla").await);
    let login = async |code: Option<&str>, now| issuer.login(&carla, &good, code, now).await;
    for _ in 0..5 {
        assert!(matches!(login(Some("000000"), at(0)).await, Err(LoginError::WrongCode)));
        // Knowing the password does not clear the count.
        drop(login(None, at(0)).await);
    }
    let code = issuer.totp_now(&carla, at(59)).await.unwrap();
    for (code, now) in [(None, at(0)), (Some(code.as_str()), at(59))] {
        let error = login(code, now).await.unwrap_err();
        assert!(matches!(error, LoginError::Wait { until } if until == at(60)), "{error:?}");
    }
    assert!(matches!(login(Some("000000"), at(60)).await, Err(LoginError::WrongCode)));
    assert!(matches!(login(None, at(61)).await, Err(LoginError::Wait { until }) if until == at(120)));
    let code = issuer.totp_now(&carla, at(120)).await.unwrap();
    login(Some(&code), at(120)).await.unwrap();
    assert!(matches!(login(Some("000000"), at(120)).await, Err(LoginError::WrongCode)), "the count starts anew");
    login(None, at(120)).await.unwrap();
    // Others are not held up.
    issuer.login(&user("ada"), &password(&issuer, "ada").await, None, at(0)).await.unwrap();
}

#[tokio::test]
async fn a_restart_keeps_secrets_and_used_codes_and_the_file_shows_neither() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("test.db");
    let first = issuer_in(Database::open(&path).unwrap(), 1).await.unwrap();
    let logins = first.logins().await.unwrap();
    let code = first.totp_now(&user("carla"), at(0)).await.unwrap();
    first.login(&user("carla"), &logins[0].password, Some(&code), at(0)).await.unwrap();
    drop(first);

    let file = std::fs::read(&path).unwrap();
    for login in &logins {
        for secret in [&login.password, &login.totp_secret] {
            assert!(!file.windows(8).any(|part| part == &secret.reveal().as_bytes()[..8]));
        }
    }
    let second = issuer_in(Database::open(&path).unwrap(), 2).await.unwrap();
    assert_eq!(second.logins().await.unwrap(), logins);
    let again = second.login(&user("carla"), &logins[0].password, Some(&code), at(0)).await;
    assert!(matches!(again, Err(LoginError::CodeUsed)));
}

#[tokio::test]
async fn codes_are_those_of_any_authenticator_app() {
    let issuer = issuer().await;
    let login = issuer.logins().await.unwrap().remove(0);
    let secret = totp_rs::Secret::try_from_base32(login.totp_secret.reveal()).unwrap();
    let app = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    let now = u64::try_from(at(0).as_second()).unwrap();
    assert_eq!(issuer.totp_now(&user("carla"), at(0)).await.unwrap(), app.generate(now).to_string());
    assert!(matches!(issuer.totp_now(&user("mallory"), at(0)).await, Err(IssuerError::Unknown(_))));
}
