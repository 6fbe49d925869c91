//! What an error of IAM or STS means to the domain.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use daypass_vending::ports::CloudError;

use super::vendor::VendorError;
use crate::errors::Failure;

/// The change is not made now and can be made later
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html#API_PutRolePolicy_Errors>).
const BUSY: &[&str] = &["ConcurrentModification", "ConcurrentModificationException", "EntityTemporarilyUnmodifiable"];

/// AWS does not accept *our* credentials, or not at this time
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html>). That is our trouble, not the session's: it is
/// tried again, and nothing is given up for it.
const OURSELVES: &[&str] = &[
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "MissingAuthenticationToken",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

/// The error of a call about `what`, such as `role dp-acme-web-…`.
pub(super) fn cloud_error<E>(what: &str, error: &SdkError<E, HttpResponse>) -> CloudError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    if let Some(error) = vendor_error(error) {
        return CloudError::Unavailable(error);
    }
    match Failure::of(error) {
        Failure::Throttled(_) => CloudError::Throttled,
        Failure::NotSent(text) => CloudError::Unavailable(text),
        Failure::Unknown(text) => CloudError::Unknown(text),
        Failure::Refused { code, message } => refused(what, code, message),
    }
}

fn refused(what: &str, code: String, message: String) -> CloudError {
    match code.as_str() {
        "NoSuchEntity" => CloudError::NotFound(what.to_owned()),
        "EntityAlreadyExists" => CloudError::AlreadyExists(what.to_owned()),
        code if BUSY.contains(&code) || OURSELVES.contains(&code) => {
            CloudError::Unavailable(format!("{code}: {message}"))
        }
        _ => CloudError::Refused { code, message },
    }
}

/// Why an account did not let us in, when that is why a call was never sent.
fn vendor_error<E: std::error::Error + 'static>(error: &SdkError<E, HttpResponse>) -> Option<String> {
    let first: &(dyn std::error::Error + 'static) = error;
    let mut causes = std::iter::successors(Some(first), |error| error.source());
    causes.find_map(|cause| cause.downcast_ref::<VendorError>()).map(ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_become_what_the_domain_can_do_about_them() {
        let of = |code: &str| refused("role dp-x", code.to_owned(), "no (request r-1)".to_owned());
        assert_eq!(of("NoSuchEntity"), CloudError::NotFound("role dp-x".to_owned()));
        assert_eq!(of("EntityAlreadyExists"), CloudError::AlreadyExists("role dp-x".to_owned()));
        for code in ["AccessDenied", "DeleteConflict", "LimitExceeded", "MalformedPolicyDocument", "UnmodifiableEntity"]
        {
            let refused = CloudError::Refused { code: code.to_owned(), message: "no (request r-1)".to_owned() };
            assert_eq!(of(code), refused);
        }
        for code in ["ConcurrentModification", "EntityTemporarilyUnmodifiable", "ExpiredToken", "InvalidClientTokenId"]
        {
            assert_eq!(of(code), CloudError::Unavailable(format!("{code}: no (request r-1)")));
            assert!(of(code).is_transient() && !of(code).may_have_applied());
        }
        assert!(of("AccessDenied").is_access_denied());
    }
}
