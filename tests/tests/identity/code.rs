//! With a browser on the same machine: authorization code and PKCE.

use std::os::unix::fs::PermissionsExt as _;

use daypass_tests::login::{CLIENT_ID, Person, Server, Waiting};
use reqwest::Url;

use crate::browser::{Browser, CARLA, Who, log_in};
use crate::provider::Provider;

const REQUEST: &str = "request --project acme-web --account 111122223333 --tier read-only --reason nightly-job-fails";

#[tokio::test]
async fn somebody_who_logs_in_with_a_browser_and_a_second_factor_gets_access() {
    let provider = Provider::strict().await;
    let (server, person) = (Server::of(&provider.issuer).await, Person::new());
    let done = log_in(&person, &server, CARLA).await;
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stderr.contains("as carla until") && done.stderr.contains("and renews itself"), "{done:?}");
    assert!(!done.stderr.contains("warning:") && done.stdout.is_empty(), "{done:?}");
    let me = person.json("whoami").await;
    assert_eq!((me["user_id"].as_str(), me["method"].as_str()), (Some("carla"), Some("token")));
    assert_eq!(me["issuer"], provider.issuer);
    assert_eq!(me["groups"], serde_json::json!(["acme-web", "contractors"]));
    assert_eq!((me["second_factor"].as_bool(), me["renews_itself"].as_bool()), (Some(true), Some(true)));
    let access = person.run(&format!("{REQUEST} --creds env")).await;
    assert!(access.code == 0 && access.stdout.contains("AWS_SESSION_TOKEN"), "{access:?}");
    let mode = std::fs::metadata(person.logins_file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let login = person.login(&server);
    for secret in ["/token", "/renewal/refresh_token"] {
        let secret = login.pointer(secret).unwrap().as_str().unwrap();
        assert!(!server.said().contains(secret) && !done.stderr.contains(secret));
    }
}

#[tokio::test]
async fn the_browser_that_the_person_chose_is_opened_with_the_address_and_nothing_else() {
    let provider = Provider::any_claims().await;
    let (server, person) = (Server::of(&provider.issuer).await, Person::new());
    let (browser, opened) = (person.path("browser"), person.path("opened"));
    // Whole at once: it is written under another name first.
    let script = format!("#!/bin/sh\necho \"$#\" \"$1\" > '{0}.new' && mv '{0}.new' '{0}'\n", opened.display());
    std::fs::write(&browser, script).unwrap();
    std::fs::set_permissions(&browser, std::fs::Permissions::from_mode(0o700)).unwrap();
    let mut command = person.daypass(&format!("login --server {}", server.url));
    let mut waiting = Waiting::on(command.env("BROWSER", &browser).env("PATH", "/usr/bin:/bin"));
    let address = waiting.address().await;
    while !opened.exists() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(std::fs::read_to_string(&opened).unwrap().trim(), format!("1 {address}"));
    Browser::new().open(&address).await.is_the_end();
    assert_eq!(waiting.end().await.code, 0);
}

#[tokio::test]
async fn without_a_second_factor_one_is_told_at_login_and_refused_by_the_rules() {
    let provider = Provider::strict().await;
    let (server, person) = (Server::of(&provider.issuer).await, Person::new());
    let done = log_in(&person, &server, Who { second_factor: false, ..CARLA }).await;
    assert!(done.code == 0 && done.stderr.contains("warning: no second factor was shown"), "{done:?}");
    let refused = person.run(REQUEST).await;
    assert!(refused.code == 4 && refused.stderr.contains("a second factor"), "{refused:?}");
}

#[tokio::test]
async fn a_code_is_worth_nothing_to_whoever_steals_it() {
    let provider = Provider::any_claims().await;
    let (server, person) = (Server::of(&provider.issuer).await, Person::new());
    let mut waiting = person.begin_login(&server, "--no-browser");
    let address: Url = waiting.address().await.parse().unwrap();
    let asked = |name: &str| address.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    assert_eq!(asked("code_challenge_method").as_deref(), Some("S256"));
    assert_eq!(asked("response_type").as_deref(), Some("code"));
    // The thief sees where the browser is sent, and is faster.
    let stolen = crate::provider::http().get(address.clone()).send().await.unwrap();
    let stolen: Url = stolen.headers()["location"].to_str().unwrap().parse().unwrap();
    let code = stolen.query_pairs().find(|(key, _)| key == "code").unwrap().1.into_owned();
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let fields =
        [("grant_type", "authorization_code"), ("code", &code), ("client_id", CLIENT_ID), ("code_verifier", verifier)];
    let (status, answer) = provider.post("/token", &fields).await;
    assert!(status == 400 && answer["error_description"].to_string().contains("does not match"), "{answer}");
    // The provider verifies the same of us, with a code that was not used up.
    Browser::new().open(address.as_str()).await.is_the_end();
    let done = waiting.end().await;
    assert!(done.code == 0 && done.stderr.contains("as johndoe until"), "{done:?}");
}

#[tokio::test]
async fn an_answer_that_does_not_know_the_state_ends_no_login() {
    let provider = Provider::any_claims().await;
    let (server, person) = (Server::of(&provider.issuer).await, Person::new());
    let mut waiting = person.begin_login(&server, "--no-browser");
    let address: Url = waiting.address().await.parse().unwrap();
    let back = address.query_pairs().find(|(key, _)| key == "redirect_uri").unwrap().1.into_owned();
    let mut browser = Browser::new();
    for forged in ["?code=stolen", "?code=stolen&state=guessed", "?error=access_denied&state=guessed"] {
        assert_eq!(browser.open(&format!("{back}{forged}")).await.status, 404, "{forged}");
    }
    browser.open(address.as_str()).await.is_the_end();
    assert_eq!(waiting.end().await.code, 0);
}

#[tokio::test]
async fn an_id_token_of_another_login_or_for_another_client_is_not_even_shown_to_the_server() {
    let provider = Provider::any_claims().await;
    let (server, person) = (Server::of(&provider.issuer).await, Person::new());
    for (claims, says) in [
        (serde_json::json!({"nonce": "of another login"}), "the nonce differs"),
        (serde_json::json!({"nonce": null}), "the nonce differs"),
        (serde_json::json!({"aud": "another-client"}), "another client"),
        (serde_json::json!({"iss": "https://evil.example.com"}), "another issuer"),
    ] {
        provider.say(&claims).await;
        let mut waiting = person.begin_login(&server, "--no-browser");
        Browser::new().open(&waiting.address().await).await.is_the_end();
        let done = waiting.end().await;
        assert!(done.code == 3 && done.stderr.contains(says), "{claims}: {done:?}");
        assert!(!person.logins_file().exists());
    }
    assert!(!server.said().contains("/v1/whoami"), "{}", server.said());
}

#[tokio::test]
async fn who_says_no_in_the_browser_or_presses_ctrl_c_is_not_logged_in() {
    let provider = Provider::strict().await;
    let (server, person) = (Server::of(&provider.issuer).await, Person::new());
    let mut waiting = person.begin_login(&server, "--no-browser");
    let mut browser = Browser::new();
    let page = browser.open(&waiting.address().await).await;
    let page = browser.submit(&page.url, &[("abort", "1")]).await;
    assert!(page.url.path() == "/callback" && page.body.contains("You are not logged in"), "{}", page.body);
    let done = waiting.end().await;
    assert!(done.code == 3 && done.stderr.contains("access_denied: nobody logged in"), "{done:?}");

    let mut waiting = person.begin_login(&server, "--no-browser");
    waiting.address().await;
    waiting.interrupt().await;
    let done = waiting.end().await;
    assert!(done.code == 130 && done.stderr.contains("nothing was remembered"), "{done:?}");
    assert!(!person.logins_file().exists());
}

#[tokio::test]
async fn a_logout_is_one_at_the_provider_too() {
    let provider = Provider::strict().await;
    let (server, person) = (Server::of(&provider.issuer).await, Person::new());
    log_in(&person, &server, CARLA).await;
    let login = person.login(&server);
    let done = person.run("logout").await;
    assert!(done.code == 0 && done.stderr.contains("renews the login no more"), "{done:?}");
    let refresh_token = login["renewal"]["refresh_token"].as_str().unwrap();
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh_token), ("client_id", CLIENT_ID)];
    let (status, answer) = provider.post("/token", &fields).await;
    assert_eq!((status, answer["error"].as_str()), (400, Some("invalid_grant")));
    assert_eq!(person.run(&format!("whoami --server {}", server.url)).await.code, 3);
}
