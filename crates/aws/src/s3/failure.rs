//! Why an object cannot be read, and what to do about it.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::errors::Failure;

/// Why something in S3 cannot be read. `what` is its address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ObjectError {
    /// It is not there.
    #[error("`{what}` is not there")]
    NotFound {
        /// The address.
        what: String,
        /// What AWS said.
        said: String,
    },
    /// AWS does not let us.
    #[error("`{what}` cannot be read: {said}")]
    Refused {
        /// The address.
        what: String,
        /// What AWS said, with its code and the request id.
        said: String,
    },
    /// It is larger than what it is for ever is.
    #[error("`{what}` has more than {limit} bytes")]
    TooLarge {
        /// The address.
        what: String,
        /// How many bytes it may have.
        limit: usize,
    },
    /// It is no text.
    #[error("`{what}` is not UTF-8")]
    NotText {
        /// The address.
        what: String,
    },
    /// S3 did not answer, or not fully.
    #[error("`{what}` could not be read: {why}")]
    Unavailable {
        /// The address.
        what: String,
        /// What went wrong.
        why: String,
    },
}

impl ObjectError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "put it there, or correct the address",
            Self::Refused { said, .. } if is_elsewhere(said) => {
                "the bucket is in another region than `AWS_REGION` or the configuration says"
            }
            // Who may not list a bucket is told that keys that are not there are forbidden
            // (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_RequestSyntax>).
            Self::Refused { .. } => {
                "allow this identity s3:GetObject and s3:GetObjectVersion on the object, s3:ListBucketVersions on the \
                 bucket, and kms:Decrypt on the bucket's key if it has one; without s3:ListBucket S3 also refuses what \
                 is not there, and it refuses a bucket of another owner than expected"
            }
            Self::TooLarge { .. } => "look whether the address is that of another file",
            Self::NotText { .. } => "save it as UTF-8",
            Self::Unavailable { .. } => "try again; if it goes on, look at the network and at AWS' health",
        }
    }
}

/// What a failed call about this address means.
pub(super) fn object_error<E>(what: &impl ToString, error: &SdkError<E, HttpResponse>) -> ObjectError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let what = what.to_string();
    match Failure::of(error) {
        Failure::Refused { code, message } => {
            let said = format!("{code}: {message}");
            if MISSING.contains(&code.as_str()) {
                ObjectError::NotFound { what, said }
            } else {
                ObjectError::Refused { what, said }
            }
        }
        // Reading changes nothing, so that it does not matter whether it happened.
        failure => ObjectError::Unavailable { what, why: failure.to_string() },
    }
}

/// Codes of what is not there (<https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>). A deletion marker
/// is asked for by its version in vain with `MethodNotAllowed`.
const MISSING: &[&str] = &["MethodNotAllowed", "NoSuchBucket", "NoSuchKey", "NoSuchVersion"];

/// Codes by which S3 says that a bucket is in another region.
const ELSEWHERE: &[&str] =
    &["AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "PermanentRedirect", "TemporaryRedirect"];

fn is_elsewhere(said: &str) -> bool {
    ELSEWHERE.iter().any(|code| said.starts_with(code))
}
