//! Providers that change their keys, are asked for keys they never had, and are away.

use std::collections::BTreeSet;

use daypass_vending::ports::AuthenticationError;
use futures::future::join_all;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;

use super::*;
use crate::doors::Doors;
use crate::sources::Sources;
use crate::testing::{NOW, Provider, Signer, doors, present};

const HOUR: i64 = 3600;

fn settings(provider: &Provider) -> IssuerSettings {
    IssuerSettings {
        url: provider.url.parse().unwrap(),
        audience: "daypass".to_owned(),
        clients: BTreeSet::new(),
        keys: KeySource::Discovered,
        kind: Kind::People(People::default()),
    }
}

fn trusting(provider: &Provider) -> Doors {
    doors(Sources::of(vec![settings(provider)]))
}

fn token(provider: &Provider, signer: &Signer, at: i64) -> String {
    signer.sign(&provider.claims(at, json!({})))
}

fn is_rejected<T>(outcome: Result<T, AuthenticationError>) -> bool {
    matches!(outcome, Err(AuthenticationError::Rejected(_)))
}

fn is_unavailable<T>(outcome: Result<T, AuthenticationError>) -> bool {
    matches!(outcome, Err(AuthenticationError::Unavailable(_)))
}

#[tokio::test]
async fn each_accepted_algorithm_verifies_with_its_own_key_alone() {
    let signers = [Signer::ed25519("a", 1), Signer::p256("b"), Signer::rsa("c")];
    let provider = Provider::start(&signers.each_ref()).await;
    let doors = trusting(&provider);
    for (signer, id) in signers.iter().zip(["a", "b", "c"]) {
        let claims = provider.claims(NOW, json!({}));
        let ann = present(&doors, &signer.sign(&claims), NOW).await.unwrap();
        assert_eq!((ann.user.as_str(), ann.issuer.as_str()), ("ann", provider.url.as_str()));
        for other in ["a", "b", "c"].iter().filter(|other| **other != id) {
            assert!(is_rejected(present(&doors, &signer.sign_as(other, &claims), NOW).await), "{id} as {other}");
        }
        let public = serde_json::to_string(&signer.public()).unwrap();
        let header = Header { kid: Some(id.to_owned()), ..Header::new(Algorithm::HS256) };
        let forged = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(public.as_bytes())).unwrap();
        assert!(is_rejected(present(&doors, &forged, NOW).await), "{id} as a secret");
    }
    assert_eq!(provider.asked(), 1, "one key set for all of them");
}

#[tokio::test]
async fn new_keys_are_found_when_a_token_names_one_and_withdrawn_ones_end() {
    let (old, new) = (Signer::ed25519("old", 1), Signer::ed25519("new", 2));
    let provider = Provider::start(&[&old]).await;
    let doors = trusting(&provider);
    assert!(present(&doors, &token(&provider, &old, NOW), NOW).await.is_ok());
    provider.publishes(&[&new]);
    let at = NOW + 60;
    assert!(present(&doors, &token(&provider, &old, at), at).await.is_ok(), "still kept");
    assert!(present(&doors, &token(&provider, &new, at), at).await.is_ok());
    assert_eq!(provider.asked(), 2);
    assert!(is_rejected(present(&doors, &token(&provider, &old, at), at).await), "no longer published");
}

#[tokio::test]
async fn keys_are_asked_for_again_when_the_provider_said_so() {
    let (old, new) = (Signer::ed25519("old", 1), Signer::ed25519("new", 2));
    let provider = Provider::start(&[&old]).await;
    let doors = trusting(&provider);
    assert!(present(&doors, &token(&provider, &old, NOW), NOW).await.is_ok());
    provider.publishes(&[&new]);
    let at = NOW + HOUR - 1;
    assert!(present(&doors, &token(&provider, &old, at), at).await.is_ok());
    let at = NOW + HOUR;
    assert!(is_rejected(present(&doors, &token(&provider, &old, at), at).await));
    assert_eq!(provider.asked(), 2);
}

#[tokio::test]
async fn a_flood_of_unknown_keys_costs_one_question() {
    let (known, forger) = (Signer::ed25519("known", 1), Signer::ed25519("forged", 2));
    let provider = Provider::start(&[&known]).await;
    let doors = trusting(&provider);
    let claims = provider.claims(NOW, json!({}));
    let names: Vec<String> = (0..50).map(|number| format!("key-{number}")).collect();
    let forged: Vec<String> = names.iter().map(|name| forger.sign_as(name, &claims)).collect();
    let outcomes = join_all(forged.iter().map(|token| present(&doors, token, NOW))).await;
    assert!(outcomes.into_iter().all(is_rejected));
    assert_eq!(provider.asked(), 1);
    for second in 0..30 {
        assert!(is_rejected(present(&doors, &forged[0], NOW + second).await));
    }
    assert!(present(&doors, &token(&provider, &known, NOW), NOW).await.is_ok(), "who is good is not held up");
    assert_eq!(provider.asked(), 1);
    assert!(is_rejected(present(&doors, &forged[1], NOW + 30).await));
    assert_eq!(provider.asked(), 2);
}

#[tokio::test]
async fn while_a_provider_is_away_its_last_keys_count_for_half_a_day() {
    let (known, new) = (Signer::ed25519("known", 1), Signer::ed25519("new", 2));
    let provider = Provider::start(&[&known]).await;
    let doors = trusting(&provider);
    assert!(present(&doors, &token(&provider, &known, NOW), NOW).await.is_ok());
    provider.change(|published| published.instead = Some((503, String::new())));
    for hours in [1, 2, 11] {
        let at = NOW + hours * HOUR;
        assert!(present(&doors, &token(&provider, &known, at), at).await.is_ok(), "after {hours} h");
        assert!(is_unavailable(present(&doors, &token(&provider, &new, at), at).await), "nobody knows a new key");
    }
    let at = NOW + 12 * HOUR;
    assert!(is_unavailable(present(&doors, &token(&provider, &known, at), at).await));
    provider.change(|published| published.instead = None);
    assert!(present(&doors, &token(&provider, &known, at), at + 30).await.is_ok());
}

#[tokio::test]
async fn only_a_token_that_could_be_good_is_told_that_nobody_knows() {
    let signer = Signer::ed25519("a", 1);
    let provider = Provider::start(&[&signer]).await;
    provider.change(|published| published.instead = Some((503, String::new())));
    let doors = trusting(&provider);
    for change in [
        json!({"aud": "other"}),
        json!({"iss": "https://evil.example.com"}),
        json!({"nbf": NOW + 1000}),
        json!({"iat": null}),
    ] {
        assert!(
            is_rejected(present(&doors, &signer.sign(&provider.claims(NOW, change.clone())), NOW).await),
            "{change}"
        );
    }
    assert!(is_rejected(present(&doors, &token(&provider, &signer, NOW), NOW + 1000).await), "expired");
    assert_eq!(provider.asked(), 0, "nobody is asked for them");
    let good = token(&provider, &signer, NOW);
    assert!(is_unavailable(present(&doors, &good, NOW).await));
    assert!(is_unavailable(present(&doors, &good, NOW + 29).await));
    assert_eq!(provider.asked(), 1, "nor is anybody asked all the time");
}

#[tokio::test]
async fn what_is_no_key_set_of_this_issuer_is_none() {
    let signer = Signer::ed25519("a", 1);
    let provider = Provider::start(&[&signer]).await;
    let doors = trusting(&provider);
    let keys = json!({"keys": [signer.public()]}).to_string();
    let long = format!("{}{keys}", " ".repeat(300 * 1024));
    for (minute, (status, body)) in [(200, "<html>".to_owned()), (302, keys), (200, long)].into_iter().enumerate() {
        let at = NOW + 60 * i64::try_from(minute).unwrap();
        provider.change(|published| published.instead = Some((status, body)));
        assert!(is_unavailable(present(&doors, &token(&provider, &signer, at), at).await), "{minute}");
    }
    assert_eq!(provider.asked(), 3, "nobody is followed elsewhere");
    let url = provider.url.clone();
    provider.change(|published| (published.instead, published.issuer) = (None, format!("{url}/")));
    let at = NOW + 300;
    assert!(is_unavailable(present(&doors, &token(&provider, &signer, at), at).await), "another issuer's document");
    provider.change(|published| published.issuer = url);
    assert!(present(&doors, &token(&provider, &signer, at), at + 30).await.is_ok());
}

#[tokio::test]
async fn an_issuer_vouches_with_its_own_keys_for_its_own_people() {
    let (signer_a, signer_b) = (Signer::ed25519("same", 1), Signer::ed25519("same", 2));
    let (a, b) = (Provider::start(&[&signer_a]).await, Provider::start(&[&signer_b]).await);
    let with_prefix = |provider: &Provider, prefix: &str| IssuerSettings {
        kind: Kind::People(People { user_prefix: prefix.to_owned(), ..People::default() }),
        ..settings(provider)
    };
    let doors = doors(Sources::of(vec![with_prefix(&a, "a."), with_prefix(&b, "b.")]));
    let user = async |provider: &Provider, signer: &Signer| {
        present(&doors, &token(provider, signer, NOW), NOW).await.map(|identity| identity.user.to_string())
    };
    assert_eq!(user(&a, &signer_a).await.unwrap(), "a.ann");
    assert_eq!(user(&b, &signer_b).await.unwrap(), "b.ann");
    assert!(is_rejected(user(&a, &signer_b).await));
    assert!(is_rejected(user(&b, &signer_a).await));
}

#[tokio::test]
async fn refusals_name_the_issuer_and_nothing_that_was_sent() {
    let signer = Signer::ed25519("a", 1);
    let provider = Provider::start(&[&signer]).await;
    let doors = trusting(&provider);
    let sent = json!({"aud": "marker-audience", "sub": "marker-subject", "groups": ["marker-group"]});
    let refused = present(&doors, &signer.sign(&provider.claims(NOW, sent)), NOW).await.unwrap_err().to_string();
    assert!(refused.contains(&provider.url) && !refused.contains("marker"), "{refused}");
    let foreign = json!({"iss": "https://marker.example.com"});
    let refused = present(&doors, &signer.sign(&provider.claims(NOW, foreign)), NOW).await.unwrap_err().to_string();
    assert!(!refused.contains("marker"), "{refused}");
}
