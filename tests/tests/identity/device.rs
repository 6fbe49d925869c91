//! With a browser on another device: device codes.

use daypass_tests::login::{Person, Server, Waiting};

use crate::browser::{Browser, CARLA, Page};
use crate::provider::Provider;

/// Enter the code that the terminal shows, on another device.
async fn enter_code(browser: &mut Browser, waiting: &mut Waiting) -> Page {
    let line = waiting.line_with("Log in on any device: open http", "/device").await;
    let address = line.split_whitespace().find(|word| word.starts_with("http")).unwrap().to_owned();
    let code = waiting.line_with("", "-").await;
    let page = browser.open(&address).await;
    let page = browser.submit(&page.url, &[("xsrf", &page.hidden("xsrf")), ("user_code", code.trim())]).await;
    let confirmed = [("xsrf", &*page.hidden("xsrf")), ("user_code", &page.hidden("user_code")), ("confirm", "yes")];
    browser.submit(&page.url, &confirmed).await
}

#[tokio::test]
async fn somebody_without_a_browser_logs_in_on_another_device() {
    let provider = Provider::strict().await;
    let (server, person) = (Server::of(&provider.issuer).await, Person::new());
    let (mut waiting, mut browser) = (person.begin_login(&server, "--device"), Browser::new());
    let page = enter_code(&mut browser, &mut waiting).await;
    let page = browser.log_in(&page, CARLA).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let done = waiting.end().await;
    assert!(done.code == 0 && done.stderr.contains("as carla until"), "{done:?}");
    let me = person.json("whoami").await;
    assert_eq!((me["user_id"].as_str(), me["second_factor"].as_bool()), (Some("carla"), Some(true)));
}

#[tokio::test]
async fn who_says_no_on_the_other_device_is_not_logged_in() {
    let provider = Provider::strict().await;
    let (server, person) = (Server::of(&provider.issuer).await, Person::new());
    let (mut waiting, mut browser) = (person.begin_login(&server, "--device"), Browser::new());
    let page = enter_code(&mut browser, &mut waiting).await;
    browser.submit(&page.url, &[("abort", "1")]).await;
    let done = waiting.end().await;
    assert!(done.code == 3 && done.stderr.contains("refused on the other device"), "{done:?}");
    assert!(!person.logins_file().exists());
}

#[tokio::test]
async fn a_provider_without_device_codes_is_told_from_one_that_fails() {
    let provider = Provider::any_claims().await;
    let server = Server::of(&provider.issuer).await;
    let done = Person::new().run(&format!("login --device --server {}", server.url)).await;
    assert!(done.code == 1 && done.stderr.contains("has no login by device code"), "{done:?}");
}
