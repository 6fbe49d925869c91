//! Tokens of a real provider that says what it should not. The server believes none of it, and tells a stranger nothing.

use daypass_api::{Call, Client, ClientError, NewSession, Problem, ProblemCode};
use daypass_embedded::clock::SystemClock;
use daypass_tests::login::{CLIENT_ID, Server};
use daypass_vending::ports::Clock as _;
use serde_json::{Value, json};

use crate::provider::Provider;

/// An id token that the provider signs, with this in place of what is good.
async fn token(provider: &Provider, change: Value) -> String {
    let mut claims = json!({
        "sub": "carla", "aud": CLIENT_ID, "groups": ["contractors", "acme-web"],
        "amr": ["pwd", "otp"], "auth_time": now(-60),
    });
    claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    provider.say(&claims).await;
    let fields = [("grant_type", "authorization_code"), ("code", "any"), ("client_id", CLIENT_ID)];
    let (_, answer) = provider.post("/token", &fields).await;
    answer["id_token"].as_str().unwrap().to_owned()
}

/// So many seconds from now.
fn now(seconds: i64) -> i64 {
    SystemClock.now().as_second() + seconds
}

/// Ask for access that somebody with a second factor would get.
async fn ask(server: &Server, token: &str) -> Result<(), Problem> {
    let new: NewSession = serde_json::from_value(json!({
        "project_id": "acme-web", "account_id": "111122223333", "permission_tier": "read-only",
        "reason": "look at the failing nightly job",
    }))
    .unwrap();
    let client = Client::new(&server.url).unwrap().with_token(token);
    match client.request_session(&new, &Call::new()).await {
        Ok(_) => Ok(()),
        Err(ClientError::Problem { problem, .. }) => Err(*problem),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn what_no_token_may_say_is_refused_and_nobody_is_told_what_it_was() {
    let provider = Provider::any_claims().await;
    let server = Server::of(&provider.issuer).await;
    assert_eq!(ask(&server, &token(&provider, json!({})).await).await, Ok(()));
    let mut answers = Vec::new();
    for change in [
        json!({"aud": "another-client"}),
        json!({"aud": ["another-client"]}),
        json!({"aud": null}),
        json!({"iss": "https://evil.example.com"}),
        json!({"iss": format!("{}/", provider.issuer)}),
        json!({"exp": now(-3600)}),
        json!({"exp": null}),
        json!({"exp": "never"}),
        json!({"nbf": now(3600)}),
        json!({"iat": now(3600), "nbf": null}),
        json!({"sub": null}),
        json!({"sub": "*"}),
        json!({"groups": 7}),
        json!({"groups": {"daypass-admins": true}}),
        json!({"amr": {"mfa": true}}),
        json!({"auth_time": now(3600)}),
    ] {
        let mut problem = ask(&server, &token(&provider, change.clone()).await).await.expect_err(&change.to_string());
        assert_eq!(problem.code, ProblemCode::Unauthenticated, "{change}");
        problem.request_id = None;
        answers.push(problem);
    }
    let (header, rest) =
        token(&provider, json!({})).await.split_once('.').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
    let claims = rest.split('.').next().unwrap();
    for forged in [
        format!("{none}.{claims}."),
        format!("{header}.{claims}."),
        format!("{header}.{claims}.AAAA"),
        String::from("x"),
    ] {
        let mut problem = ask(&server, &forged).await.expect_err("it is forged");
        problem.request_id = None;
        answers.push(problem);
    }
    let first = answers[0].clone();
    assert!(answers.iter().all(|answer| *answer == first), "{answers:#?}");
}

#[tokio::test]
async fn a_second_factor_that_is_not_proved_or_too_old_is_for_the_rules_to_refuse() {
    let provider = Provider::any_claims().await;
    let server = Server::of(&provider.issuer).await;
    for change in [
        json!({"amr": null}),
        json!({"amr": []}),
        json!({"amr": ["pwd"]}),
        json!({"auth_time": null}),
        json!({"auth_time": now(-24 * 3600)}),
    ] {
        let problem = ask(&server, &token(&provider, change.clone()).await).await.expect_err(&change.to_string());
        assert_eq!(problem.code, ProblemCode::Refused, "{change}: {problem:?}");
        assert!(problem.hint.as_deref().unwrap_or_default().contains("second factor"), "{change}: {problem:?}");
    }
}

#[tokio::test]
async fn groups_are_what_the_provider_says_and_membership_ends_with_the_next_token() {
    let provider = Provider::any_claims().await;
    let server = Server::of(&provider.issuer).await;
    let member = token(&provider, json!({})).await;
    assert_eq!(ask(&server, &member).await, Ok(()));
    let gone = token(&provider, json!({"groups": ["contractors"]})).await;
    assert_eq!(ask(&server, &gone).await.expect_err("they left the project").code, ProblemCode::Refused);
}
