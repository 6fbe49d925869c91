//! How every AWS client of ours is configured: region, endpoint, time limits, retries, name, and the HTTPS client.
//!
//! The SDK's own HTTPS client brings `aws-lc-rs`, which takes minutes to compile; ours is the same hyper stack on rustls
//! with `ring`. Credentials come from the SDK's default chain (variables, profiles with `credential_process`, web identity,
//! containers, instances), so that a server in AWS needs no configuration and no secret of its own.

mod attempts;
mod endpoint;

use std::time::Duration;

pub use aws_config::SdkConfig;
use aws_config::{AppName, BehaviorVersion, Region};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

pub(crate) use self::attempts::{EarlierUnanswered, WatchAttempts};
pub(crate) use self::endpoint::endpoint_of;

/// The longest a connection may take to be made: a lost SYN is sent again after one and after three seconds.
const CONNECT: Duration = Duration::from_millis(3_100);

/// The longest one attempt may take. IAM writes take up to two or three seconds; DynamoDB a few milliseconds.
const ATTEMPT: Duration = Duration::from_secs(8);

/// The longest a call may take with all its attempts, so that a saga's step has an end.
const OPERATION: Duration = Duration::from_secs(25);

/// How often a call is tried. Attempts wait for longer and longer.
///
/// The SDK's *adaptive* mode would slow a whole process down to one call in two seconds when a service that was hardly used
/// throttles once, whoever asks next. IAM, which does throttle, has a pace for each account instead
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>).
const ATTEMPTS: u32 = 5;

/// Where AWS is for us. What is absent is up to the SDK's variables and files
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html>).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The region, such as `eu-central-1`.
    pub region: Option<String>,
    /// Where every service answers, instead of AWS itself: an emulator or a proxy. `AWS_ENDPOINT_URL` and its relatives of
    /// single services count when this is absent.
    pub endpoint_url: Option<String>,
}

/// Why there is no client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// Nothing says in which region to work.
    #[error("no AWS region is set: name it in the configuration or in AWS_REGION")]
    NoRegion,
}

/// The configuration that all clients are made from.
///
/// # Errors
/// See [`ClientError`].
pub async fn configuration(place: &Place) -> Result<SdkConfig, ClientError> {
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(
            aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https(),
        )
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT)
                .operation_attempt_timeout(ATTEMPT)
                .operation_timeout(OPERATION)
                .build(),
        )
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS));
    if let Ok(name) = AppName::new(concat!("daypass-", env!("CARGO_PKG_VERSION"))) {
        loader = loader.app_name(name);
    }
    if let Some(region) = &place.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(url) = &place.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    let configuration = loader.load().await;
    if configuration.region().is_none() {
        return Err(ClientError::NoRegion);
    }
    Ok(configuration)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use aws_smithy_runtime_api::client::http::{
        HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
    };
    use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
    use aws_smithy_types::body::SdkBody;
    use tokio::time::Instant;

    use super::*;

    /// A service that throttles once.
    #[derive(Clone, Debug, Default)]
    struct Throttling {
        has_throttled: Arc<AtomicBool>,
    }

    impl HttpConnector for Throttling {
        fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
            let (status, body) = match self.has_throttled.swap(true, Ordering::Relaxed) {
                false => (400, r#"{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException"}"#),
                true => (200, r#"{"TableNames":[]}"#),
            };
            HttpConnectorFuture::ready(Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_throttled_call_delays_nobody_else() {
        let place = Place { region: Some("eu-central-1".to_owned()), endpoint_url: None };
        let service = SharedHttpConnector::new(Throttling::default());
        let credentials = Credentials::new("test", "test", None, None, "test");
        let configuration = configuration(&place)
            .await
            .unwrap()
            .into_builder()
            .http_client(http_client_fn(move |_, _| service.clone()))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build();
        let client = aws_sdk_dynamodb::Client::new(&configuration);
        client.list_tables().send().await.expect("it is tried again");
        let started = Instant::now();
        for _ in 0..10 {
            client.list_tables().send().await.unwrap();
        }
        assert_eq!(started.elapsed(), Duration::ZERO);
    }
}
