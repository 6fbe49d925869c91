//! Logging in on another device: device authorization grant (RFC 8628, <https://www.rfc-editor.org/rfc/rfc8628>).

use daypass_api::Masked;
use daypass_vending::ports::Clock;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::tokens::{self, Expected, Refusal, TokenError, Tokens};
use super::web::no_provider;
use super::{Oidc, Proved, refused};
use crate::escape::escape;
use crate::exit::ExitStatus;
use crate::failure::Failure;

/// How long to wait between two questions when the provider does not say (section 3.2).
const INTERVAL_SECONDS: i64 = 5;

/// How much longer after each `slow_down` (section 3.5).
const SLOWER_SECONDS: i64 = 5;

/// However slow a provider wants us, and however long its codes live.
const LONGEST_INTERVAL_SECONDS: i64 = 60;
const LONGEST_LIFE_SECONDS: i64 = 1800;

/// What a provider gives to show to a person (section 3.2).
#[derive(Debug, Deserialize)]
struct Codes {
    device_code: Masked,
    user_code: String,
    verification_uri: String,
    #[serde(default)]
    verification_uri_complete: Option<String>,
    expires_in: i64,
    #[serde(default)]
    interval: Option<i64>,
}

/// How often to ask, and until when.
#[derive(Clone, Copy, Debug)]
struct Polling {
    interval_seconds: i64,
    until: Timestamp,
}

/// Log somebody in who has a browser elsewhere.
///
/// # Errors
/// When they do not log in, or not in time.
pub(crate) async fn log_in(oidc: &Oidc<'_>) -> Result<Proved, Failure> {
    let codes = codes(oidc).await?;
    let now = oidc.clock.now();
    let life = SignedDuration::from_secs(codes.expires_in.clamp(1, LONGEST_LIFE_SECONDS));
    let until = now.checked_add(life).unwrap_or(now);
    let (user_code, uri) = (escape(&codes.user_code), escape(&codes.verification_uri));
    let mut text = format!("Log in on any device: open {uri} and enter the code\n\n  {user_code}\n");
    if let Some(complete) = &codes.verification_uri_complete {
        text.push_str(&format!("\nor open {}\n", escape(complete)));
    }
    oidc.printer.tell(text);
    let fields = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", codes.device_code.reveal()),
        ("client_id", &oidc.offer.client_id),
    ];
    let interval_seconds = codes.interval.unwrap_or(INTERVAL_SECONDS).clamp(1, LONGEST_INTERVAL_SECONDS);
    let ask = async || tokens::ask(oidc.web, oidc.provider, &fields).await;
    let tokens = poll(oidc.clock, Polling { interval_seconds, until }, ask).await?;
    // There is no browser of ours that a nonce could be tied to; the device code ties the answer to this login.
    let expected =
        Expected { issuer: &oidc.provider.issuer, client_id: &oidc.offer.client_id, nonce: None, subject: None };
    oidc.proved(tokens, &expected)
}

async fn codes(oidc: &Oidc<'_>) -> Result<Codes, Failure> {
    let endpoint = oidc.provider.device_authorization_endpoint.as_ref().ok_or_else(|| {
        Failure::plain(format!("{} has no login by device code", escape(&oidc.provider.issuer)))
            .hint("log in with a browser on this machine: `daypass login`")
    })?;
    let scopes = oidc.offer.scopes.join(" ");
    let mut fields = vec![("client_id", oidc.offer.client_id.as_str()), ("scope", scopes.as_str())];
    fields.extend(oidc.audience());
    let answer = oidc.web.form(endpoint, &fields).await.map_err(|error| no_provider(&error))?;
    if answer.is_success() {
        return answer.json().ok_or_else(|| no_provider(&answer.unexpected(endpoint)));
    }
    match answer.json::<Refusal>() {
        Some(refusal) => Err(refused(&TokenError::Refused(refusal))),
        None => Err(no_provider(&answer.unexpected(endpoint))),
    }
}

/// Ask again and again until there are tokens, as section 3.5 has it.
async fn poll(
    clock: &dyn Clock,
    polling: Polling,
    mut ask: impl AsyncFnMut() -> Result<Tokens, TokenError>,
) -> Result<Tokens, Failure> {
    let Polling { mut interval_seconds, until } = polling;
    loop {
        clock.sleep(SignedDuration::from_secs(interval_seconds)).await;
        if clock.now() >= until {
            return Err(too_late());
        }
        let slower = match ask().await {
            Ok(tokens) => return Ok(tokens),
            Err(TokenError::Refused(Refusal { error, .. })) if error == "authorization_pending" => interval_seconds,
            Err(TokenError::Refused(Refusal { error, .. })) if error == "slow_down" => {
                interval_seconds.saturating_add(SLOWER_SECONDS)
            }
            Err(TokenError::Refused(Refusal { error, .. })) if error == "expired_token" => return Err(too_late()),
            Err(TokenError::Refused(Refusal { error, .. })) if error == "access_denied" => {
                return Err(Failure::new(ExitStatus::NotLoggedIn, "the login was refused on the other device"));
            }
            // A provider that does not answer is asked more and more rarely.
            Err(TokenError::Web(_)) => interval_seconds.saturating_mul(2),
            Err(error) => return Err(refused(&error)),
        };
        interval_seconds = slower.min(LONGEST_INTERVAL_SECONDS);
    }
}

fn too_late() -> Failure {
    Failure::new(ExitStatus::NotLoggedIn, "nobody entered the code in time").hint("run `daypass login --device` again")
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;

    use async_trait::async_trait;
    use serde_json::json;

    use super::super::web::WebError;
    use super::*;

    /// Time passes when somebody sleeps, and only then.
    #[derive(Default)]
    struct Skipping(Mutex<Vec<i64>>);

    #[async_trait]
    impl Clock for Skipping {
        fn now(&self) -> Timestamp {
            Timestamp::from_second(self.0.lock().unwrap().iter().sum()).unwrap()
        }

        async fn sleep(&self, duration: SignedDuration) {
            self.0.lock().unwrap().push(duration.as_secs());
        }
    }

    fn no(error: &str) -> Result<Tokens, TokenError> {
        Err(TokenError::Refused(Refusal { error: error.to_owned(), error_description: None }))
    }

    fn yes() -> Result<Tokens, TokenError> {
        Ok(serde_json::from_value(json!({"token_type": "Bearer", "access_token": "a"})).unwrap())
    }

    fn silence() -> Result<Tokens, TokenError> {
        Err(TokenError::Web(WebError::Unexpected { host: "id.example.com".to_owned(), status: 502 }))
    }

    /// How long each pause was, and how it ended.
    async fn polled(answers: Vec<Result<Tokens, TokenError>>) -> (Vec<i64>, Result<Tokens, Failure>) {
        let clock = Skipping::default();
        let mut answers = VecDeque::from(answers);
        let polling = Polling { interval_seconds: 5, until: Timestamp::from_second(300).unwrap() };
        let end =
            poll(&clock, polling, async || answers.pop_front().unwrap_or_else(|| no("authorization_pending"))).await;
        (clock.0.into_inner().unwrap(), end)
    }

    #[tokio::test]
    async fn a_provider_is_asked_as_rarely_as_it_wants() {
        let answers =
            vec![no("authorization_pending"), no("slow_down"), no("authorization_pending"), no("slow_down"), yes()];
        let (pauses, end) = polled(answers).await;
        assert_eq!(pauses, [5, 5, 10, 10, 15]);
        assert!(end.is_ok());
    }

    #[tokio::test]
    async fn a_provider_that_does_not_answer_is_asked_more_and_more_rarely() {
        let (pauses, end) = polled(vec![silence(), silence(), silence(), silence(), silence(), yes()]).await;
        assert_eq!(pauses, [5, 10, 20, 40, 60, 60]);
        assert!(end.is_ok());
    }

    #[tokio::test]
    async fn it_ends_when_the_other_device_says_no_or_nothing() {
        let (pauses, end) = polled(vec![no("authorization_pending"), no("access_denied")]).await;
        assert_eq!(pauses.len(), 2);
        assert!(end.unwrap_err().message.contains("refused on the other device"));
        let (_, end) = polled(vec![no("expired_token")]).await;
        assert!(end.unwrap_err().message.contains("in time"));
        let (pauses, end) = polled(vec![]).await;
        assert_eq!(pauses.len(), 60, "5 seconds each, and not asked once more when 300 are over");
        assert!(end.unwrap_err().message.contains("in time"));
        let (_, end) = polled(vec![no("invalid_client")]).await;
        assert!(end.unwrap_err().message.contains("invalid_client"));
    }
}
