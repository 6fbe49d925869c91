//! What an error of any of the services means here.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use daypass_vending::ports::CloudError;

use crate::errors::Failure;

/// What the services say when something is not there. Some say it in two ways.
const MISSING: &[&str] = &[
    "DashboardNotFoundError",
    "NoSuchBucket",
    "NoSuchEntity",
    "NotFound",
    "NotFoundException",
    "ResourceNotFound",
    "ResourceNotFoundException",
    "TableNotFoundException",
];

/// The error of a call about `what`.
pub(super) fn error<E>(what: impl ToString, error: &SdkError<E, HttpResponse>) -> CloudError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match Failure::of(error) {
        Failure::Throttled(_) => CloudError::Throttled,
        Failure::NotSent(text) => CloudError::Unavailable(text),
        Failure::Unknown(text) => CloudError::Unknown(text),
        Failure::Refused { code, .. } if MISSING.contains(&code.as_str()) => CloudError::NotFound(what.to_string()),
        Failure::Refused { code, message } => CloudError::Refused { code, message },
    }
}

/// That something is not there, as an answer.
pub(super) fn missing_is_none<T>(answer: Result<T, CloudError>) -> Result<Option<T>, CloudError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(CloudError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// That there is nothing to take away, as success.
pub(super) fn missing_is_done<T>(answer: Result<T, CloudError>) -> Result<(), CloudError> {
    missing_is_none(answer).map(drop)
}
