//! What an error of the SDK means for us: whether the change is known not to have happened, and what AWS said.
//!
//! Texts carry AWS' error code, message and request id, which is what its support asks for. They never carry a request, a
//! response body or credentials: of what a call consists of, only what AWS itself chose to say about it is repeated.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_dynamodb::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use daypass_vending::ports::StoreError;

use crate::client::EarlierUnanswered;

/// How a call failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// AWS asks for patience. Nothing happened.
    #[error("AWS is throttling: {0}")]
    Throttled(String),
    /// Nothing was sent, or nobody was there. Nothing happened.
    #[error("AWS cannot be reached: {0}")]
    NotSent(String),
    /// AWS said no. Nothing happened.
    #[error("{code}: {message}")]
    Refused {
        /// The error code, such as `ValidationException`.
        code: String,
        /// What AWS said, with the request id.
        message: String,
    },
    /// It was sent, and may have happened.
    #[error("AWS did not say whether it happened: {0}")]
    Unknown(String),
}

/// Codes by which AWS asks for patience, whichever service says it
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>).
const THROTTLING: &[&str] = &[
    "BandwidthLimitExceeded",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
];

/// DynamoDB still works on an earlier attempt with the same token.
const IN_PROGRESS: &str = "TransactionInProgressException";

/// Codes that tell how things are now. They say so truly even if an earlier attempt of the same call had its effect.
const STATE: &[&str] = &[
    "ConditionalCheckFailedException",
    "DeleteConflict",
    "EntityAlreadyExists",
    "NoSuchEntity",
    "ResourceInUseException",
    "ResourceNotFoundException",
    "TransactionCanceledException",
];

impl Failure {
    /// What this error of the SDK means.
    pub(crate) fn of<E: Error + ProvideErrorMetadata + 'static>(error: &SdkError<E, HttpResponse>) -> Self {
        match error {
            SdkError::ConstructionFailure(_) => Self::NotSent(joined(error)),
            SdkError::DispatchFailure(failure) if failure.as_connector_error().is_some_and(never_sent) => {
                Self::NotSent(joined(error))
            }
            SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) => Self::Unknown(joined(error)),
            SdkError::ServiceError(failure) => Self::answer(failure.err(), failure.raw(), error.request_id()),
            // Its cause may quote the body, and a body may hold credentials.
            _ => Self::Unknown(with_request_id("the answer cannot be read", error.request_id())),
        }
    }

    fn answer(error: &impl ProvideErrorMetadata, raw: &HttpResponse, request_id: Option<&str>) -> Self {
        let Some(code) = error.code().map(str::to_owned) else {
            return Self::Unknown(with_request_id("the answer cannot be read", request_id));
        };
        let message = with_request_id(error.message().unwrap_or("no message"), request_id);
        let is_state = STATE.contains(&code.as_str());
        if !is_state && raw.extension::<EarlierUnanswered>().is_some() {
            return Self::Unknown(format!("{EarlierUnanswered}, a later one: {code}: {message}"));
        }
        if THROTTLING.contains(&code.as_str()) {
            Self::Throttled(format!("{code}: {message}"))
        } else if raw.status().is_server_error() || code == IN_PROGRESS {
            Self::Unknown(format!("{code}: {message}"))
        } else {
            Self::Refused { code, message }
        }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unknown(text) => Self::Unknown(text),
            known => Self::Unavailable(known.to_string()),
        }
    }
}

/// Whether this attempt ended before there was a connection to send it on, or credentials to sign it with.
pub(crate) fn never_sent(error: &ConnectorError) -> bool {
    let no_connection = |cause: &(dyn Error + 'static)| {
        cause.downcast_ref::<hyper_util::client::legacy::Error>().is_some_and(|error| error.is_connect())
    };
    error.is_user() || causes(error).any(|cause| cause.is::<CredentialsError>() || no_connection(cause))
}

fn with_request_id(text: &str, request_id: Option<&str>) -> String {
    request_id.map_or_else(|| text.to_owned(), |id| format!("{text} (request {id})"))
}

/// An error and its causes. What made credentials fail may quote them, and so is left out.
fn joined(error: &(dyn Error + 'static)) -> String {
    let mut texts = Vec::new();
    for cause in causes(error) {
        texts.push(cause.to_string());
        if cause.is::<CredentialsError>() {
            break;
        }
    }
    texts.join(": ")
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

#[cfg(test)]
mod tests;
