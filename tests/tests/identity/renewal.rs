//! Logins that renew themselves, with a provider that takes each refresh token once and suspects a thief otherwise.

use daypass_tests::login::{CLIENT_ID, Person, Server};
use futures::future::join_all;

use crate::browser::{CARLA, log_in};
use crate::provider::Provider;

/// Long over.
const PAST: &str = "2020-01-01T00:00:00Z";

#[tokio::test]
async fn a_login_that_is_over_is_renewed_without_asking_anybody() {
    let provider = Provider::strict().await;
    let (server, person) = (Server::of(&provider.issuer).await, Person::new());
    // Shorter than what is renewed ahead of time: every command has to.
    provider.set_lifetime(2).await;
    log_in(&person, &server, CARLA).await;
    let first = person.login(&server);
    for renewals in 1..=2 {
        let me = person.json("whoami").await;
        assert_eq!((me["user_id"].as_str(), me["second_factor"].as_bool()), (Some("carla"), Some(true)));
        assert_eq!(provider.renewals().await, renewals);
    }
    provider.set_lifetime(3600).await;
    person.change_login(&server, "expires_at", PAST);
    assert_eq!(person.run("tiers").await.code, 0);
    let now = person.login(&server);
    for part in ["/token", "/expires_at", "/renewal/refresh_token"] {
        assert_ne!(now.pointer(part), first.pointer(part), "{part}");
    }
    assert_eq!(person.run("tiers").await.code, 0);
    assert_eq!(provider.renewals().await, 3, "a login that is good for an hour is left alone");
}

#[tokio::test]
async fn commands_at_the_same_time_renew_a_login_once_and_lose_it_to_nobody() {
    let provider = Provider::strict().await;
    let (server, person) = (Server::of(&provider.issuer).await, Person::new());
    log_in(&person, &server, CARLA).await;
    person.change_login(&server, "expires_at", PAST);
    for done in join_all((0..6).map(|_| person.run("whoami"))).await {
        assert_eq!(done.code, 0, "{done:?}");
    }
    assert_eq!(provider.renewals().await, 1);
    // The token that was kept is the one that is good for the next renewal.
    person.change_login(&server, "expires_at", PAST);
    assert_eq!(person.run("whoami").await.code, 0);
}

#[tokio::test]
async fn a_login_that_the_provider_does_not_renew_says_how_to_log_in_again() {
    let provider = Provider::strict().await;
    let (server, person) = (Server::of(&provider.issuer).await, Person::new());
    log_in(&person, &server, CARLA).await;
    let refresh_token = person.login(&server)["renewal"]["refresh_token"].as_str().unwrap().to_owned();
    let (status, _) = provider.post("/token/revocation", &[("token", &refresh_token), ("client_id", CLIENT_ID)]).await;
    assert_eq!(status, 200);
    assert_eq!(person.run("whoami").await.code, 0, "it is good until it ends");
    person.change_login(&server, "expires_at", PAST);
    let done = person.run("whoami").await;
    assert!(done.code == 3 && done.stderr.contains("could not be renewed"), "{done:?}");
    assert!(done.stderr.contains("hint: log in again with `daypass login`"), "{done:?}");
    assert!(!done.stderr.contains(&refresh_token), "{done:?}");
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_told_from_one_that_says_no() {
    let provider = Provider::strict().await;
    let (server, person) = (Server::of(&provider.issuer).await, Person::new());
    log_in(&person, &server, CARLA).await;
    drop(provider);
    assert_eq!(person.run("whoami").await.code, 0, "the server knows the keys");
    person.change_login(&server, "expires_at", PAST);
    let done = person.run("whoami").await;
    assert!(done.code == 7 && done.stderr.contains("does not answer"), "{done:?}");
    let done = person.run("logout").await;
    assert!(done.code == 0 && done.stderr.contains("it was forgotten here"), "{done:?}");
}
